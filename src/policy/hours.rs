//! When a site is open, and when somebody asks again: in the local time of the site.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::events::{Millis, Timestamp};

/// Further ahead nobody looks for an open door.
const LOOK_AHEAD_DAYS: i32 = 400;

/// Opening hours by weekday, Monday first. Without any a site is always open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    week: Option<[Option<Open>; 7]>,
    closed: BTreeSet<Date>,
}

/// From opening to closing; a closing time that is not later is of the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub from: Time,
    pub until: Time,
}

impl Hours {
    /// Every day the same.
    pub fn daily(open: Open) -> Self {
        Self { week: Some([Some(open); 7]), closed: BTreeSet::new() }
    }

    /// `None`: closed on that day of the week.
    pub fn set(&mut self, day: Weekday, open: Option<Open>) {
        self.week.get_or_insert([None; 7])[usize::from(day.to_monday_zero_offset().unsigned_abs())] = open;
    }

    /// Closed on this date, whatever the day of the week.
    pub fn close(&mut self, date: Date) {
        self.closed.insert(date);
    }

    /// The first moment from `at` on at which the site is open; `at` itself where it never opens.
    pub fn next_open(&self, zone: &TimeZone, at: Timestamp) -> Timestamp {
        if self.is_always() {
            return at;
        }
        let first = date_of(zone, at).saturating_sub(1.day());
        (0..LOOK_AHEAD_DAYS)
            .filter_map(|days| self.open_on(zone, first.saturating_add(days.days())))
            .find(|(_, until)| *until > at)
            .map_or(at, |(from, _)| from.max(at))
    }

    /// The last moment from `earliest` to `latest` at which the site is open.
    pub fn last_open(&self, zone: &TimeZone, earliest: Timestamp, latest: Timestamp) -> Option<Timestamp> {
        if latest < earliest {
            return None;
        }
        if self.is_always() {
            return Some(latest);
        }
        let last = date_of(zone, latest);
        (0..LOOK_AHEAD_DAYS)
            .map(|days| last.saturating_sub(days.days()))
            .take_while(|date| *date >= date_of(zone, earliest).saturating_sub(1.day()))
            .filter_map(|date| self.open_on(zone, date))
            .map(|(from, until)| (from.max(earliest), if until < latest { until } else { latest }))
            .find(|(from, until)| from <= until)
            .map(|(_, until)| until)
    }

    fn is_always(&self) -> bool {
        self.week.is_none() && self.closed.is_empty()
    }

    fn open_on(&self, zone: &TimeZone, date: Date) -> Option<(Timestamp, Timestamp)> {
        if self.closed.contains(&date) {
            return None;
        }
        let Some(week) = &self.week else {
            return Some((
                instant(zone, date, Time::midnight())?,
                instant(zone, date.tomorrow().ok()?, Time::midnight())?,
            ));
        };
        let open = week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]?;
        let ends_on = if open.until > open.from { date } else { date.tomorrow().ok()? };
        Some((instant(zone, date, open.from)?, instant(zone, ends_on, open.until)?))
    }
}

/// When somebody asks whether it is still all right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AskAgain {
    /// This long after the last action has ended.
    After(Millis),
    /// At the next time of day, in minutes after midnight: "next 09:30".
    Next(u16),
}

impl AskAgain {
    /// The moment, counted from the end of the last action.
    pub fn from(self, zone: &TimeZone, ended_at: Timestamp) -> Timestamp {
        let Self::Next(minutes) = self else {
            let Self::After(after) = self else { return ended_at };
            return ended_at + after;
        };
        let time = Time::midnight().saturating_add(i64::from(minutes).minutes());
        let today = date_of(zone, ended_at);
        (0..3)
            .filter_map(|days| instant(zone, today.saturating_add(days.days()), time))
            .find(|moment| *moment > ended_at)
            .unwrap_or(ended_at)
    }
}

impl fmt::Display for AskAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Next(minutes) => write!(f, "at the next {:02}:{:02}", minutes / 60, minutes % 60),
            Self::After(after) => {
                let minutes = after.as_seconds() / 60;
                match (minutes / 60, minutes % 60) {
                    (0, minutes) => write!(f, "{minutes} min after the last action"),
                    (hours, 0) => write!(f, "{hours} h after the last action"),
                    (hours, minutes) => write!(f, "{hours} h {minutes} min after the last action"),
                }
            }
        }
    }
}

fn date_of(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at.to_jiff()).date()
}

/// A time that the clock skips or shows twice is taken as people take it.
fn instant(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()?;
    Timestamp::from_millis(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copenhagen() -> TimeZone {
        crate::document::field::time_zone("Europe/Copenhagen").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn open(from: &str, until: &str) -> Open {
        Open { from: Time::strptime("%H:%M", from).unwrap(), until: Time::strptime("%H:%M", until).unwrap() }
    }

    #[rstest::rstest]
    #[case::open("2026-06-03T12:00:00+02:00", "2026-06-03T12:00:00+02:00")]
    #[case::early("2026-06-03T05:00:00+02:00", "2026-06-03T09:00:00+02:00")]
    #[case::after_midnight("2026-06-04T00:30:00+02:00", "2026-06-04T00:30:00+02:00")]
    #[case::late("2026-06-04T01:00:00+02:00", "2026-06-04T09:00:00+02:00")]
    #[case::a_closed_day("2026-06-05T03:00:00+02:00", "2026-06-06T09:00:00+02:00")]
    #[case::the_clock_goes_back("2026-10-25T02:30:00+01:00", "2026-10-25T09:00:00+01:00")]
    fn the_next_open_moment(#[case] moment: &str, #[case] expected: &str) {
        let mut hours = Hours::daily(open("09:00", "01:00"));
        hours.close(jiff::civil::date(2026, 6, 5));
        assert_eq!(hours.next_open(&copenhagen(), at(moment)), at(expected));
    }

    #[rstest::rstest]
    #[case::inside("2026-06-03T10:00:00+02:00", "2026-06-03T15:00:00+02:00", Some("2026-06-03T15:00:00+02:00"))]
    #[case::after_closing("2026-06-03T10:00:00+02:00", "2026-06-03T23:00:00+02:00", Some("2026-06-03T21:00:00+02:00"))]
    #[case::before_opening("2026-06-03T21:30:00+02:00", "2026-06-04T08:00:00+02:00", None)]
    #[case::backwards("2026-06-03T21:30:00+02:00", "2026-06-03T20:00:00+02:00", None)]
    fn the_last_open_moment(#[case] earliest: &str, #[case] latest: &str, #[case] expected: Option<&str>) {
        let hours = Hours::daily(open("09:00", "21:00"));
        assert_eq!(hours.last_open(&copenhagen(), at(earliest), at(latest)), expected.map(at));
    }

    #[test]
    fn without_hours_it_is_always_open_and_where_it_never_opens_nobody_waits() {
        let moment = at("2026-06-03T03:00:00+02:00");
        assert_eq!(Hours::default().next_open(&copenhagen(), moment), moment);
        let mut never = Hours::default();
        never.set(Weekday::Monday, None);
        assert_eq!(never.next_open(&copenhagen(), moment), moment);
    }

    #[rstest::rstest]
    #[case::this_evening("2026-06-03T20:00:00+02:00", "2026-06-04T09:30:00+02:00")]
    #[case::this_night("2026-06-04T01:00:00+02:00", "2026-06-04T09:30:00+02:00")]
    #[case::on_the_dot("2026-06-04T09:30:00+02:00", "2026-06-05T09:30:00+02:00")]
    #[case::over_the_change_of_clocks("2026-03-28T20:00:00+01:00", "2026-03-29T09:30:00+02:00")]
    fn the_next_morning(#[case] ended: &str, #[case] expected: &str) {
        assert_eq!(AskAgain::Next(9 * 60 + 30).from(&copenhagen(), at(ended)), at(expected));
    }
}
