//! Names of things within a sentence: "the salad", "a salad", "two salads", in each language.
//!
//! English forms are worked out. Danish and Swedish ones cannot be (en or et, -en or -et): a phrase file lists them
//! under `[words]`, and a name that is not listed stands bare ("salat", "2 x salat"), which is plain but never wrong.

use std::collections::BTreeMap;

/// The forms of one name. What is absent is worked out.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    /// "a salad".
    pub a: Option<String>,
    /// "the salad".
    pub the: Option<String>,
    /// "salads", after a number.
    pub many: Option<String>,
    /// "the salads".
    pub all: Option<String>,
}

/// Forms by language and by name in lower case.
#[derive(Debug, Clone, Default)]
pub struct Words {
    forms: BTreeMap<(String, String), Forms>,
}

impl Words {
    pub fn insert(&mut self, language: &str, name: &str, forms: Forms) {
        self.forms.insert((language.to_owned(), name.to_lowercase()), forms);
    }

    /// "the salad", or "the salads" for more than one.
    pub fn the(&self, language: &str, name: &str, quantity: i64) -> String {
        let forms = self.forms(language, name);
        let listed = if quantity > 1 { forms.all } else { forms.the };
        match (listed, language) {
            (Some(form), _) => form,
            (None, "en") if quantity > 1 => format!("the {}", forms.many.unwrap_or_else(|| english_plural(name))),
            (None, "en") => format!("the {}", without_article(name)),
            _ => name.to_owned(),
        }
    }

    /// "a salad", "two salads".
    pub fn count(&self, language: &str, name: &str, quantity: i64) -> String {
        let forms = self.forms(language, name);
        if quantity == 1 {
            return match (forms.a, language) {
                (Some(form), _) => form,
                (None, "en") => english_article(name),
                _ => name.to_owned(),
            };
        }
        let number = in_words(language, quantity);
        match (forms.many, language) {
            (Some(form), _) => format!("{number} {form}"),
            (None, "en") => format!("{number} {}", english_plural(name)),
            _ => format!("{quantity} x {name}"),
        }
    }

    /// Whether the forms of a name are listed.
    pub fn knows(&self, language: &str, name: &str) -> bool {
        self.forms.contains_key(&(language.to_owned(), name.to_lowercase()))
    }

    fn forms(&self, language: &str, name: &str) -> Forms {
        self.forms.get(&(language.to_owned(), name.to_lowercase())).cloned().unwrap_or_default()
    }
}

/// The first letter in upper case, the rest as it is.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}

/// One point where an abbreviation ends its sentence ("499,00 kr."); three of them stay.
pub fn one_point(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for run in text.split_inclusive(|letter| letter != '.') {
        let points = run.chars().take_while(|letter| *letter == '.').count();
        written.push_str(if points == 2 { &run[1..] } else { run });
    }
    written
}

fn without_article(name: &str) -> &str {
    for article in ["the ", "a ", "an "] {
        if let Some(rest) = name.strip_prefix(article) {
            return rest;
        }
    }
    name
}

/// "a salad", "an espresso".
fn english_article(name: &str) -> String {
    if name != without_article(name) {
        return name.to_owned();
    }
    let article = if name.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// For what a kitchen sells: "smoothies", "club sandwiches", "glasses of wine".
fn english_plural(name: &str) -> String {
    if let Some((head, rest)) = name.split_once(" of ") {
        return format!("{} of {rest}", english_plural(head));
    }
    let vowel_y = ["ay", "ey", "oy", "uy"].iter().any(|ending| name.ends_with(ending));
    if let Some(stem) = name.strip_suffix('y').filter(|_| !vowel_y) {
        return format!("{stem}ies");
    }
    if ["ss", "ch", "sh", "x"].iter().any(|ending| name.ends_with(ending)) {
        return format!("{name}es");
    }
    if name.ends_with('s') {
        return name.to_owned();
    }
    format!("{name}s")
}

/// A number as a word, up to twelve.
fn in_words(language: &str, number: i64) -> String {
    const EN: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const DA: [&str; 12] = ["en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv"];
    const SV: [&str; 12] = ["en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"];
    let words = match language {
        "en" => EN,
        "da" => DA,
        "sv" => SV,
        _ => return number.to_string(),
    };
    let index = usize::try_from(number - 1).ok();
    index.and_then(|index| words.get(index)).map_or_else(|| number.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_forms_are_worked_out() {
        let words = Words::default();
        for (one, many) in [
            ("strawberry smoothie", "strawberry smoothies"),
            ("club sandwich", "club sandwiches"),
            ("glass of wine", "glasses of wine"),
            ("sherry", "sherries"),
            ("chai tray", "chai trays"),
            ("fish and chips", "fish and chips"),
        ] {
            assert_eq!(words.count("en", one, 2), format!("two {many}"));
            assert_eq!(words.the("en", one, 2), format!("the {many}"));
        }
        assert_eq!(words.count("en", "espresso", 1), "an espresso");
        assert_eq!(words.count("en", "salad", 13), "13 salads");
        assert_eq!(words.count("en", "the usual table", 1), "the usual table");
        assert_eq!(words.the("en", "the usual table", 1), "the usual table");
    }

    #[test]
    fn listed_forms_win_and_an_unlisted_name_stands_bare() {
        let mut words = Words::default();
        let form = |text: &str| Some(text.to_owned());
        words.insert(
            "da",
            "Salat",
            Forms { a: form("en salat"), the: form("salaten"), many: form("salater"), all: form("salaterne") },
        );
        assert_eq!(words.the("da", "salat", 1), "salaten");
        assert_eq!(words.the("da", "SALAT", 2), "salaterne");
        assert_eq!(words.count("da", "salat", 1), "en salat");
        assert_eq!(words.count("da", "salat", 2), "to salater");
        assert_eq!(words.the("da", "smørrebrød", 2), "smørrebrød");
        assert_eq!(words.count("da", "smørrebrød", 2), "2 x smørrebrød");
        assert_eq!(words.count("sv", "salat", 1), "salat");
    }

    #[test]
    fn an_abbreviation_ends_its_sentence_with_one_point() {
        assert_eq!(one_point("Vi retter 499,00 kr.. Er det nok?.."), "Vi retter 499,00 kr. Er det nok?.");
        assert_eq!(one_point("nobody came..."), "nobody came...");
        assert_eq!(one_point("..og så. kr.."), ".og så. kr.");
    }

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!(sentence("ærgerligt DKK"), "Ærgerligt DKK");
        assert_eq!(sentence(""), "");
    }
}
