//! What an expression can see while one record is mapped.

use serde_json::Value;

use super::rule::Rule;
use super::stop::Stop;

#[derive(Debug, Clone)]
pub(super) struct Scope<'s> {
    /// The record's value.
    pub value: &'s Value,
    /// What Kafka knows about the record.
    pub record: &'s Value,
    /// The elements of the `each` around, outermost first, with their positions from 1.
    elements: Vec<(&'s Value, usize)>,
    names: &'s [(String, Rule)],
    /// How many elements the names of `[let]` may see.
    names_depth: usize,
}

impl<'s> Scope<'s> {
    pub fn new(value: &'s Value, record: &'s Value, names: &'s [(String, Rule)], names_depth: usize) -> Self {
        Self { value, record, elements: Vec::new(), names, names_depth }
    }

    pub fn with_element(&self, element: &'s Value, position: usize) -> Self {
        let mut inner = self.clone();
        inner.elements.push((element, position));
        inner
    }

    /// The element `out` levels further out than the nearest.
    pub fn element(&self, out: usize) -> Option<&'s Value> {
        self.elements.iter().rev().nth(out).map(|(element, _)| *element)
    }

    pub fn position(&self) -> usize {
        self.elements.last().map_or(0, |(_, position)| *position)
    }

    pub fn name(&self, index: usize) -> &'s str {
        &self.names[index].0
    }

    /// What a name of `[let]` stands for.
    pub fn named(&self, index: usize) -> Result<Option<String>, Stop> {
        let (name, rule) = &self.names[index];
        let mut outer = self.clone();
        outer.elements.truncate(self.names_depth);
        let value = rule.value(&outer).map_err(|stop| stop.within(&format!(" ({name} in [let])")))?;
        Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
    }
}
