//! What words in a complaint speak of, by language.
//!
//! They find the right person and the right words sooner; they never say that something was nothing, and nothing is
//! given for them alone.

use std::collections::BTreeMap;

use crate::events::FailureKind;

/// Keywords by language, as "da".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keywords {
    tables: BTreeMap<String, Vec<Keyword>>,
}

/// One or more words in a row; an asterisk at the end of a word stands for any ending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keyword {
    words: Vec<String>,
    kind: FailureKind,
}

impl Keywords {
    /// Adds a keyword; `false` if it has no words, or speaks of something else already.
    pub fn add(&mut self, language: &str, text: &str, kind: FailureKind) -> bool {
        let words: Vec<String> = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let is_empty = words.iter().all(|word| word.trim_end_matches('*').is_empty());
        let table = self.tables.entry(language.to_owned()).or_default();
        let is_taken = table.iter().any(|known| known.words == words && known.kind != kind);
        if is_empty || is_taken {
            return false;
        }
        table.push(Keyword { words, kind });
        true
    }

    /// What a text speaks of: danger first, then bad manners, else what is named first.
    ///
    /// It is read in its stated language; without one, or where that has no table, in the site's language, and in all
    /// others where that finds nothing.
    pub fn read(&self, text: Option<&str>, language: Option<&str>, site_language: &str) -> Option<FailureKind> {
        let text = text?.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let stated = language.and_then(|language| self.tables.get(base(language)));
        if let Some(table) = stated {
            return find(&words, table);
        }
        let of_site = self.tables.get(base(site_language)).and_then(|table| find(&words, table));
        of_site.or_else(|| self.tables.values().filter_map(|table| find(&words, table)).max_by_key(danger))
    }
}

fn find(words: &[&str], table: &[Keyword]) -> Option<FailureKind> {
    let found = table.iter().filter_map(|keyword| Some((keyword, keyword.position(words)?)));
    let first = found.min_by_key(|(keyword, at)| (std::cmp::Reverse(danger(&keyword.kind)), *at));
    first.map(|(keyword, _)| keyword.kind)
}

fn danger(kind: &FailureKind) -> u8 {
    match kind {
        FailureKind::Safety => 2,
        FailureKind::StaffConduct => 1,
        _ => 0,
    }
}

impl Keyword {
    /// Where it stands among these words.
    fn position(&self, words: &[&str]) -> Option<usize> {
        let is_it = |window: &[&str]| window.iter().zip(&self.words).all(|(word, pattern)| matches(word, pattern));
        words.windows(self.words.len()).position(is_it)
    }
}

fn matches(word: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == pattern,
    }
}

/// "da-DK" is read as "da".
fn base(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::presets;

    #[rstest::rstest]
    #[case::cold("The soup is cold", None, Some(FailureKind::QualityDefect))]
    #[case::allergy("I am ALLERGIC to nuts, and it was cold!", None, Some(FailureKind::Safety))]
    #[case::danish("Suppen er kold, og jeg er blevet syg", None, Some(FailureKind::Safety))]
    #[case::swedish("Maten var kall", Some("sv"), Some(FailureKind::QualityDefect))]
    #[case::hair("There was a hair in my soup", Some("en-GB"), Some(FailureKind::Safety))]
    #[case::wine("A glass of wine is missing", Some("en"), Some(FailureKind::ItemMissing))]
    #[case::ice_cream("Ett glass saknas", Some("sv"), Some(FailureKind::ItemMissing))]
    #[case::nobody_came("nobody came", Some("en"), Some(FailureKind::SlowService))]
    #[case::a_part_of_a_word("scolding hot", Some("en"), None)]
    #[case::nothing("It was lovely, thank you", Some("en"), None)]
    #[case::an_unknown_language("es war kalt, allergi", Some("de"), Some(FailureKind::Safety))]
    fn the_shipped_words_are_understood(
        #[case] text: &str,
        #[case] language: Option<&str>,
        #[case] expected: Option<FailureKind>,
    ) {
        let policy = presets::hotel().unwrap();
        assert_eq!(policy.keywords.read(Some(text), language, "en"), expected);
    }

    #[test]
    fn a_keyword_speaks_of_one_thing_and_of_something() {
        let mut keywords = Keywords::default();
        assert!(keywords.add("en", "too cold", FailureKind::QualityDefect));
        assert!(!keywords.add("en", "Too Cold", FailureKind::Safety));
        assert!(!keywords.add("en", " * ", FailureKind::Safety));
        assert_eq!(keywords.read(None, None, "en"), None);
    }
}
