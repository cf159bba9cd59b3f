//! The decisions that a scenario expects, as its `[[expect]]` lists them.

use std::collections::BTreeMap;

use super::fields::{How, Sort};
use super::moment::Calendar;
use crate::document::{Field, Section, unknown};
use crate::events::{Timestamp, money};

/// A line and column of the scenario's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub fn of(field: &Field<'_>) -> Self {
        let (line, column) = field.source.position(field.value.span().start);
        Self { line, column }
    }
}

/// What a key must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// `None` is "none".
    Is(Option<String>),
    Contains(Vec<String>),
    Lacks(Vec<String>),
    List(Vec<String>),
    Pairs(BTreeMap<String, String>),
}

/// One decision, as far as the scenario cares.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub place: Place,
    /// Keys as they are written, with the key of the card that is looked at.
    pub wanted: Vec<(&'static str, &'static str, Want)>,
    /// How many decisions are like this.
    pub count: usize,
}

/// What has been decided up to a moment.
#[derive(Debug, Clone)]
pub struct Expect {
    pub place: Place,
    /// `None`: when nothing is left to come.
    pub at: Option<Timestamp>,
    /// Only decisions about this order.
    pub of: Option<String>,
    /// Only decisions first made at or after this moment.
    pub since: Option<Timestamp>,
    /// All that there are of a kind; a kind that is not named may be anything.
    pub lists: Vec<(Sort, Place, Vec<Expectation>)>,
}

/// Reads one `[[expect]]`.
pub fn read(section: Section<'_>, calendar: &Calendar) -> Expect {
    let (line, column) = section.source.position(section.at);
    let moment = |key: &str| section.get(key).and_then(|field| calendar.read(&field));
    let mut expect = Expect {
        place: Place { line, column },
        at: moment("at"),
        of: section.get("of").and_then(|field| field.text()),
        since: moment("since"),
        lists: Vec::new(),
    };
    for sort in Sort::ALL {
        let Some(field) = section.get(sort.key()) else { continue };
        let list = field.items().iter().filter_map(|item| expectation(item, sort, calendar)).collect();
        expect.lists.push((sort, Place::of(&field), list));
    }
    if let Some(none) = section.get("none") {
        if none.flag() == Some(true) && !expect.lists.is_empty() {
            none.key_problem("`none = true` says that nothing happens: leave the lists out");
        }
        expect.lists = Sort::ALL.map(|sort| (sort, Place::of(&none), Vec::new())).to_vec();
    }
    if expect.lists.is_empty() {
        let keys = Sort::ALL.map(Sort::key).join(", ");
        section.problem(format!("this expects nothing: name one of {keys}, or say `none = true`"));
    }
    section.finish();
    expect
}

fn expectation(field: &Field<'_>, sort: Sort, calendar: &Calendar) -> Option<Expectation> {
    let section = field.section()?;
    let mut expectation = Expectation { place: Place::of(field), wanted: Vec::new(), count: 1 };
    for entry in section.entries() {
        if entry.key == "count" {
            expectation.count = entry.count().unwrap_or(1) as usize;
            continue;
        }
        match sort.fields().iter().find(|(name, _)| *name == entry.key) {
            Some((name, how)) => {
                let looked_at = match how {
                    How::Contains(of) | How::Lacks(of) => of,
                    _ => name,
                };
                if let Some(want) = want(&entry, *how, calendar) {
                    expectation.wanted.push((name, looked_at, want));
                }
            }
            None => {
                let known: Vec<&str> = sort.fields().iter().map(|(name, _)| *name).chain(["count"]).collect();
                entry.key_problem(unknown(&format!("key of an expected {}", sort.noun()), entry.key, &known));
            }
        }
    }
    Some(expectation)
}

fn want(field: &Field<'_>, how: How, calendar: &Calendar) -> Option<Want> {
    let is_none = field.value.get_ref().as_str() == Some("none");
    let one = |text: Option<String>| text.map(|text| Want::Is(Some(text)));
    match how {
        _ if is_none && !matches!(how, How::Contains(_) | How::Lacks(_) | How::List | How::Pairs) => {
            Some(Want::Is(None))
        }
        How::Name(label, known) => {
            let (text, known) = (field.text()?, known());
            if !known.contains(&text.as_str()) {
                field.problem(unknown(label, &text, &known));
            }
            one(Some(text))
        }
        How::Text => one(field.text()),
        How::Number => one(field.count().map(|count| count.to_string())),
        How::Flag => one(field.flag().map(|flag| flag.to_string())),
        How::Amount => one(amount(field)),
        How::Moment => one(calendar.read(field).map(|moment| calendar.show(moment))),
        How::Contains(_) => Some(Want::Contains(field.texts())),
        How::Lacks(_) => Some(Want::Lacks(field.texts())),
        How::List => Some(Want::List(field.texts())),
        How::Pairs => {
            let entries = field.section()?.entries().into_iter();
            Some(Want::Pairs(entries.filter_map(|entry| Some((entry.key.to_owned(), entry.text()?))).collect()))
        }
    }
}

/// "130 DKK".
fn amount(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let read = text.trim().rsplit_once(' ').and_then(|(amount, currency)| {
        crate::document::field::known_currency(currency).ok()?;
        let minor = money::parse(amount, currency).ok()?;
        Some(money::format(minor, currency))
    });
    if read.is_none() {
        field.problem(format!("{text:?} is not an amount; write it as \"130 DKK\""));
    }
    read
}
