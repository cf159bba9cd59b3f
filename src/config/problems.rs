//! What is wrong with a configuration, all of it.

/// Problems in the order in which they were found, each with the key that it is about.
#[derive(Debug, Default)]
pub struct Problems {
    lines: Vec<String>,
}

impl Problems {
    pub fn add(&mut self, key: &str, problem: impl std::fmt::Display) {
        self.lines.push(format!("{key}: {problem}"));
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// One problem a line, indented.
    pub fn report(&self) -> String {
        self.lines.iter().map(|line| format!("\n  {line}")).collect()
    }

    /// Adds a problem unless the value lies within `range`.
    pub(super) fn check_range<T>(&mut self, key: &str, value: T, range: std::ops::RangeInclusive<T>)
    where
        T: PartialOrd + std::fmt::Display,
    {
        if !range.contains(&value) {
            let (low, high) = range.into_inner();
            self.add(key, format!("{value} is out of range: choose {low} to {high}"));
        }
    }
}
