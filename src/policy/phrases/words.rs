//! Filters that phrases may use: `sentence`, and for English `a`, `plural` and `in_words`.

use minijinja::{Error, State};

/// The first letter in upper case, the rest as it is.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}

/// English: "a salad", "an espresso". A name that brings its own article or number keeps it.
pub fn with_article(name: &str) -> String {
    let first_word = name.split(' ').next().unwrap_or_default();
    if ["a", "an", "the", "some"].contains(&first_word) {
        return name.to_owned();
    }
    let article = if name.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// English, for what a kitchen sells: "smoothies", "club sandwiches", "glasses of wine".
pub fn plural(name: &str) -> String {
    if let Some((head, rest)) = name.split_once(" of ") {
        return format!("{} of {rest}", plural(head));
    }
    let consonant_y = name.ends_with('y') && !ends_in_vowel_y(name);
    if consonant_y {
        return format!("{}ies", &name[..name.len() - 1]);
    }
    if name.ends_with("ss") || name.ends_with("ch") || name.ends_with("sh") || name.ends_with('x') {
        return format!("{name}es");
    }
    if name.ends_with('s') {
        return name.to_owned();
    }
    format!("{name}s")
}

fn ends_in_vowel_y(name: &str) -> bool {
    ["ay", "ey", "oy", "uy"].iter().any(|ending| name.ends_with(ending))
}

/// A number as a word, up to twelve, in the language of the phrase.
pub fn in_words(state: &State<'_, '_>, number: i64) -> Result<String, Error> {
    const EN: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const DA: [&str; 12] = ["en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv"];
    const SV: [&str; 12] = ["en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"];
    let words = match state.name().split('/').next() {
        Some("da") => DA,
        Some("sv") => SV,
        Some("en") => EN,
        _ => return Ok(number.to_string()),
    };
    let index = usize::try_from(number - 1).ok();
    Ok(index.and_then(|index| words.get(index)).map_or_else(|| number.to_string(), ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_plurals_of_what_a_kitchen_sells() {
        for (one, many) in [
            ("strawberry smoothie", "strawberry smoothies"),
            ("club sandwich", "club sandwiches"),
            ("glass of wine", "glasses of wine"),
            ("sherry", "sherries"),
            ("chai tray", "chai trays"),
            ("fish and chips", "fish and chips"),
        ] {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn english_articles_and_sentences() {
        assert_eq!(with_article("espresso"), "an espresso");
        assert_eq!(with_article("salad"), "a salad");
        assert_eq!(with_article("the usual table"), "the usual table");
        assert_eq!(sentence("ærgerligt DKK"), "Ærgerligt DKK");
        assert_eq!(sentence(""), "");
    }
}
