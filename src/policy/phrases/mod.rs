//! Sentences for staff and guests, by language: templates that are compiled and tried out when the policy is read.
//!
//! At run time nothing here can fail: a phrase that does not render falls back to the next language, then to its key.

mod keys;
mod read;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use minijinja::{Environment, State, Value};
use serde::Serialize;

use crate::events::Millis;
use crate::policy::money;
use words::Words;

pub use keys::{Fact, REQUIRED, Sample, required};
pub use read::PhraseFile;
pub(super) use read::read_phrases;

/// Templates by language and key. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Phrases {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// A template's name is "language/key".
    templates: Environment<'static>,
    languages: Vec<String>,
    facts: BTreeMap<String, &'static [Fact]>,
    words: Arc<Words>,
}

impl Phrases {
    /// The languages that have every phrase, sorted.
    pub fn languages(&self) -> &[String] {
        &self.inner.languages
    }

    /// The sentence of `key` in the first of `languages` that has it, filled with `facts`, and the language used.
    ///
    /// "da-DK" falls back to "da"; English is always tried last. Facts that [`required`] names for the key and that
    /// are not given count as absent; others are not seen by the phrase.
    pub fn render(&self, languages: &[&str], key: &str, facts: impl Serialize) -> (String, String) {
        let facts = self.known_facts(key, &Value::from(minijinja::value::Serde(&facts)));
        for language in candidates(languages) {
            if let Ok(text) = render_in(&self.inner.templates, &language, key, &facts) {
                return (text, language);
            }
        }
        (key.to_owned(), "en".to_owned())
    }

    /// Whether the forms of a name ("the salad", "two salads") are listed for a language other than English.
    pub fn knows_word(&self, language: &str, name: &str) -> bool {
        self.inner.words.knows(language, name)
    }

    /// "the salad", or "the salads" for more than one, in the first of the languages.
    pub fn the(&self, languages: &[&str], name: &str, quantity: i64) -> String {
        let language = languages.first().copied().unwrap_or("en");
        let base = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
        self.inner.words.the(&base, name, quantity)
    }

    /// "a, b and c".
    pub fn join(&self, languages: &[&str], parts: &[String]) -> String {
        let Some((last, others)) = parts.split_last() else { return String::new() };
        if others.is_empty() {
            return last.clone();
        }
        let comma = self.render(languages, "list.comma", ()).0;
        let and = self.render(languages, "list.and", ()).0;
        format!("{}{and}{last}", others.join(&comma))
    }

    /// "35 minutes", "3 hours", "2 days": as one would say it, never less than a minute.
    pub fn late(&self, languages: &[&str], late: Millis) -> String {
        let minutes = (late.0 / 60_000).max(1);
        let (key, n) = match minutes {
            0..100 => ("late.minutes", minutes),
            100..2_880 => ("late.hours", (minutes + 30) / 60),
            _ => ("late.days", (minutes + 720) / 1_440),
        };
        self.render(languages, key, BTreeMap::from([("n", n)])).0
    }

    /// "1 June".
    pub fn date(&self, languages: &[&str], date: Date) -> String {
        let facts = BTreeMap::from([("day", date.day()), ("month", date.month())]);
        self.render(languages, "date.day", facts).0
    }

    /// "499.00 DKK", with the decimal mark of the language.
    pub fn money(&self, languages: &[&str], minor: i64, currency: &str) -> String {
        let (whole, fraction) = money::split(minor, currency);
        let fraction = (!fraction.is_empty()).then_some(fraction);
        let facts =
            BTreeMap::from([("whole", Some(whole)), ("fraction", fraction), ("currency", Some(currency.to_owned()))]);
        self.render(languages, "money.amount", facts).0
    }

    /// The same without some phrases, each named "language/key".
    #[cfg(test)]
    pub(crate) fn without(&self, is_gone: impl Fn(&str) -> bool) -> Self {
        let inner = &self.inner;
        let mut templates = inner.templates.clone();
        for (name, _) in inner.templates.templates().filter(|(name, _)| is_gone(name)) {
            templates.remove_template(name);
        }
        let (languages, facts) = (inner.languages.clone(), inner.facts.clone());
        Self { inner: Arc::new(Inner { templates, languages, facts, words: Arc::clone(&inner.words) }) }
    }

    fn known_facts(&self, key: &str, given: &Value) -> Value {
        let names = self.inner.facts.get(key).copied().unwrap_or_default();
        let mut facts: BTreeMap<&str, Value> = BTreeMap::new();
        for fact in names {
            let value = given.get_attr(fact.name).ok().filter(|value| !value.is_undefined());
            facts.insert(fact.name, value.unwrap_or_else(|| Value::from(())));
        }
        Value::from(facts)
    }
}

/// The languages to try, in order: each one, then its base ("da-DK", "da"), at last English.
fn candidates(languages: &[&str]) -> Vec<String> {
    let mut candidates: Vec<String> = Vec::new();
    for language in languages {
        let language = language.to_lowercase().replace('_', "-");
        let base = language.split('-').next().unwrap_or_default().to_owned();
        candidates.push(language);
        candidates.push(base);
    }
    candidates.push("en".to_owned());
    candidates
}

fn render_in(
    templates: &Environment<'_>,
    language: &str,
    key: &str,
    facts: &Value,
) -> Result<String, minijinja::Error> {
    let template = templates.get_template(&format!("{language}/{key}"))?;
    let text = if is_told_who(key) {
        let who = render_in(templates, language, "who", facts)?;
        template.render(minijinja::context! { who, ..facts.clone() })?
    } else {
        template.render(facts)?
    };
    // Line breaks and the gaps of absent facts are not meant; the spaces around list words are.
    if key.starts_with("list.") {
        return Ok(text);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(if keys::is_sentence(key) { words::sentence(&words::one_point(&text)) } else { text })
}

/// Instructions have one fact more: `who`, the guest and the place, as the phrase `who` puts it.
fn is_told_who(key: &str) -> bool {
    key.starts_with("do.")
}

/// An environment with our filters, in which an unknown or an absent fact is an error, never an empty word.
fn environment(words: Arc<Words>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(|out, state, value| {
        if value.is_none() || value.is_undefined() {
            let reason = "a fact that may be absent is printed without asking for it first ({% if ... %})";
            return Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason));
        }
        minijinja::escape_formatter(out, state, value)
    });
    environment.add_filter("sentence", words::sentence);
    let for_the = Arc::clone(&words);
    environment.add_filter("the", move |state: &State<'_, '_>, name: &str, quantity: Option<i64>| {
        for_the.the(language_of(state), name, quantity.unwrap_or(1))
    });
    environment.add_filter("count", move |state: &State<'_, '_>, name: &str, quantity: Option<i64>| {
        words.count(language_of(state), name, quantity.unwrap_or(1))
    });
    environment
}

/// The language of the phrase that is being rendered, from its name.
fn language_of<'a>(state: &'a State<'_, '_>) -> &'a str {
    state.name().split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
