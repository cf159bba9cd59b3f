//! Opening hours, closed days, and when somebody asks again.

use jiff::civil::{Date, Time, Weekday};

use crate::document::Field;
use crate::policy::hours::{AskAgain, Hours, Open};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// `"07:00-23:00"` for every day, or a table of weekdays: `{ mon = "07:00-15:00", sun = "closed" }`.
pub fn hours(field: &Field<'_>) -> Option<Hours> {
    if field.value.get_ref().as_str().is_some() {
        return open(field).map(Hours::daily);
    }
    let section = field.section()?;
    let mut hours = Hours::default();
    for (name, day) in DAYS {
        let Some(field) = section.get(name) else {
            hours.set(day, None);
            continue;
        };
        let is_closed = field.value.get_ref().as_str() == Some("closed");
        hours.set(day, if is_closed { None } else { Some(open(&field)?) });
    }
    section.finish();
    Some(hours)
}

fn open(field: &Field<'_>) -> Option<Open> {
    let text = field.text()?;
    let (from, until) = text.split_once('-').unwrap_or_default();
    let times = (time(from), time(until));
    if let (Some(from), Some(until)) = times {
        return Some(Open { from, until });
    }
    field.problem(format!(
        "{text:?} is not a time of opening; write it as \"07:00-23:00\", or \"closed\" for a weekday"
    ));
    None
}

/// `["2026-12-24"]`
pub fn closed_days(field: &Field<'_>, hours: &mut Hours) {
    for item in field.items() {
        let Some(text) = item.text() else { continue };
        match text.parse::<Date>() {
            Ok(date) => hours.close(date),
            Err(_) => item.problem(format!("{text:?} is not a date; write it as \"2026-12-24\"")),
        }
    }
}

/// `"2 h"` after the last action, or `"next 09:30"`.
pub fn ask_again(field: &Field<'_>) -> Option<AskAgain> {
    let Some(clock) = field.value.get_ref().as_str().and_then(|text| text.strip_prefix("next ")) else {
        return field.duration().map(AskAgain::After);
    };
    let Some(time) = time(clock) else {
        field.problem(format!("\"next {clock}\" names no time of day; write it as \"next 09:30\""));
        return None;
    };
    Some(AskAgain::Next(u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())))
}

fn time(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text.trim()).ok()
}
