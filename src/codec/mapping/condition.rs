//! `when`: which records, or which elements, something is about.

use super::expression::{Expression, text_of};
use super::scope::Scope;
use super::stop::Stop;

/// All tests of one of the alternatives; without an alternative it always holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    pub any_of: Vec<Vec<Test>>,
}

#[derive(Debug, Clone)]
pub(super) struct Test {
    pub source: Expression,
    pub expected: Expected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    OneOf(Vec<String>),
    /// Also when there is nothing.
    NoneOf(Vec<String>),
    Present(bool),
}

impl Condition {
    pub fn is_always(&self) -> bool {
        self.any_of.is_empty()
    }

    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, Stop> {
        if self.is_always() {
            return Ok(true);
        }
        for tests in &self.any_of {
            if all_hold(tests, scope)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn all_hold(tests: &[Test], scope: &Scope<'_>) -> Result<bool, Stop> {
    for test in tests {
        if !test.holds(scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Test {
    /// Compares as text: a column of a CSV file knows no numbers.
    fn holds(&self, scope: &Scope<'_>) -> Result<bool, Stop> {
        let found = self.source.value(scope)?;
        let text = found.as_deref().and_then(text_of);
        let is_among = |words: &[String]| text.as_deref().is_some_and(|text| words.iter().any(|word| word == text));
        Ok(match &self.expected {
            Expected::OneOf(words) => is_among(words),
            Expected::NoneOf(words) => !is_among(words),
            Expected::Present(present) => found.is_some() == *present,
        })
    }
}
