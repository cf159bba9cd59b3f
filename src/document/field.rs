//! One value of a file, read as what it should be: a duration, an amount, a name of a closed list.
//!
//! Every reader reports what is wrong, where it stands and how to write it, and then returns `None`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, SpanRelativeTo};
use toml::Spanned;
use toml::de::DeValue;

use super::problems::{Report, Source, unknown, unknown_name};
use super::section::Section;
use crate::events::{Millis, UnknownName, money};

#[derive(Debug, Clone)]
pub struct Field<'a> {
    pub source: &'a Source,
    pub report: &'a Report,
    /// For messages, as `gestures.due_after`.
    pub path: String,
    pub key: &'a str,
    pub key_at: usize,
    pub value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// Reports a problem with the value.
    pub fn problem(&self, reason: impl Into<String>) {
        self.report.add(self.source, self.value.span().start, reason);
    }

    /// Reports a problem with the key.
    pub fn key_problem(&self, reason: impl Into<String>) {
        self.report.add(self.source, self.key_at, reason);
    }

    fn expected(&self, what: &str) {
        self.problem(format!("{} must be {what}, not {}", self.path, with_article(self.value.get_ref().type_str())));
    }

    pub fn section(&self) -> Option<Section<'a>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            self.expected("a table");
            return None;
        };
        Some(Section::new(self.source, self.report, self.path.clone(), self.key_at.max(self.value.span().start), table))
    }

    pub fn text(&self) -> Option<String> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.expected("a text in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.problem(format!("{} is empty", self.path));
            return None;
        }
        Some(text.to_owned())
    }

    pub fn flag(&self) -> Option<bool> {
        let flag = self.value.get_ref().as_bool();
        if flag.is_none() {
            self.expected("true or false");
        }
        flag
    }

    /// A whole number, not negative.
    pub fn count(&self) -> Option<u32> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            self.expected("a whole number");
            return None;
        };
        let count = u32::from_str_radix(number.as_str(), number.radix()).ok();
        if count.is_none() {
            self.problem(format!("{} must be a whole number that is not negative", self.path));
        }
        count
    }

    /// "40 %" as 0.4.
    pub fn share(&self) -> Option<f64> {
        let percent = self.value.get_ref().as_str().and_then(|text| text.trim().strip_suffix('%'));
        let share = percent.and_then(|percent| percent.trim().parse::<f64>().ok()).map(|percent| percent / 100.0);
        let share = share.filter(|share| (0.0..=1_000.0).contains(share));
        if share.is_none() {
            self.problem(format!("{} must be a percentage, as \"40 %\"", self.path));
        }
        share
    }

    /// "1 h 30 min". A day is 24 hours.
    pub fn duration(&self) -> Option<Millis> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.problem(format!("{} must be a duration in quotes, as \"10 min\"", self.path));
            return None;
        };
        let duration = parse_duration(text);
        if duration.is_none() {
            self.problem(format!(
                "{text:?} is not a duration; write it as \"90 s\", \"10 min\", \"1 h 30 min\" or \"45 d\""
            ));
        }
        duration
    }

    /// A duration, or "none" for no limit.
    pub fn duration_or_none(&self) -> Option<Option<Millis>> {
        if self.value.get_ref().as_str() == Some("none") { Some(None) } else { self.duration().map(Some) }
    }

    /// "04:00".
    pub fn time_of_day(&self) -> Option<Time> {
        let text = self.value.get_ref().as_str().unwrap_or_default();
        let time = Time::strptime("%H:%M", text).ok();
        if time.is_none() {
            self.problem(format!("{} must be a time of day in quotes, as \"04:00\"", self.path));
        }
        time
    }

    pub fn time_zone(&self) -> Option<TimeZone> {
        match known_time_zone(&self.text()?) {
            Ok(zone) => Some(zone),
            Err(reason) => {
                self.problem(reason);
                None
            }
        }
    }

    pub fn currency(&self) -> Option<String> {
        let code = self.text()?;
        if let Err(reason) = known_currency(&code) {
            self.problem(reason);
            return None;
        }
        Some(code)
    }

    /// `{ DKK = "150", EUR = "20" }` in minor units.
    pub fn amounts(&self) -> Option<BTreeMap<String, i64>> {
        if !matches!(self.value.get_ref(), DeValue::Table(_)) {
            self.problem(format!("{} has no currency; write it as {{ DKK = \"150\" }}", self.path));
            return None;
        }
        let section = self.section()?;
        let mut amounts = BTreeMap::new();
        for field in section.entries() {
            if let Err(reason) = known_currency(field.key) {
                field.key_problem(reason);
                continue;
            }
            if let Some(amount) = field.amount(field.key) {
                amounts.insert(field.key.to_owned(), amount);
            }
        }
        Some(amounts)
    }

    /// "150.50", or a bare number, in minor units of `currency`.
    pub fn amount(&self, currency: &str) -> Option<i64> {
        let text = match self.value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => {
                self.expected("an amount, as \"150.50\"");
                return None;
            }
        };
        match money::parse(text, currency) {
            Ok(minor) => Some(minor),
            Err(reason) => {
                self.problem(reason);
                None
            }
        }
    }

    /// A name of a closed list; `kind` says what it names.
    pub fn name<T: FromStr<Err = UnknownName>>(&self, kind: &str) -> Option<T> {
        match self.text()?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(unknown_name(kind, &error));
                None
            }
        }
    }

    /// One of these words.
    pub fn one_of<T: Copy>(&self, kind: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problem(unknown(kind, &text, &known));
        }
        found.map(|(_, value)| *value)
    }

    /// The key as a name of a closed list.
    pub fn key_name<T: FromStr<Err = UnknownName>>(&self, kind: &str) -> Option<T> {
        match self.key.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.key_problem(unknown_name(kind, &error));
                None
            }
        }
    }

    /// One name or a list of them, without repetition.
    pub fn names<T: FromStr<Err = UnknownName> + PartialEq>(&self, kind: &str) -> Vec<T> {
        let mut names = Vec::new();
        for field in self.items() {
            let Some(name) = field.name(kind) else { continue };
            if names.contains(&name) {
                field.problem(format!("{} names it twice", self.path));
            } else {
                names.push(name);
            }
        }
        names
    }

    /// One text or a list of them.
    pub fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Field::text).collect()
    }

    /// The elements of a list; a single value counts as a list of one.
    pub fn items(&self) -> Vec<Field<'a>> {
        match self.value.get_ref() {
            DeValue::Array(values) => values.iter().map(|value| Field { value, ..self.clone() }).collect(),
            _ => vec![self.clone()],
        }
    }
}

/// # Errors
/// A sentence that says what is known.
pub fn known_currency(code: &str) -> Result<(), String> {
    let known = money::known_currencies();
    if known.contains(&code) { Ok(()) } else { Err(unknown("currency", code, &known)) }
}

/// Within the program, so that every machine agrees on where a day begins.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

pub fn time_zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// As [`time_zone`], for what people write.
///
/// # Errors
/// A sentence that says how to write it.
pub fn known_time_zone(name: &str) -> Result<TimeZone, String> {
    if let Some(zone) = time_zone(name) {
        return Ok(zone);
    }
    let names: Vec<String> = ZONES.available().map(|name| name.as_str().to_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let reason = unknown("time zone", name, &names);
    if names.len() > 20 && !reason.contains("did you mean") {
        return Err(format!("unknown time zone {name:?}; write it as \"Europe/Copenhagen\""));
    }
    Err(reason)
}

/// "1 h 30 min"; a day is 24 hours. Never negative.
pub fn parse_duration(text: &str) -> Option<Millis> {
    let span: Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let millis = i64::try_from(duration.as_millis()).ok()?;
    (millis >= 0).then_some(Millis(millis))
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("10 min", Millis::minutes(10)),
            ("2 h", Millis::hours(2)),
            ("45 d", Millis::days(45)),
            ("90 s", Millis::seconds(90)),
            ("1 h 30 min", Millis::minutes(90)),
            ("250 ms", Millis(250)),
            ("0 s", Millis::ZERO),
            ("2 weeks", Millis::days(14)),
        ] {
            assert_eq!(parse_duration(text), Some(millis), "{text}");
        }
        for text in ["", "10", "soon", "-5 min", "1 month", "10 mins ago"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
