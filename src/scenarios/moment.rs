//! Moments as a scenario writes them: "20:15" on its day, "-2d 20:15" two days before, in the site's time zone.

use jiff::Span;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::document::Field;
use crate::document::field::parse_duration;
use crate::events::{Millis, Timestamp};

/// The day of a scenario, where its site is.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub day: Date,
    pub zone: TimeZone,
}

impl Calendar {
    /// Reads a moment; reports what is none.
    pub fn read(&self, field: &Field<'_>) -> Option<Timestamp> {
        let text = field.text()?;
        let moment = self.parse(&text);
        if moment.is_none() {
            field.problem(format!(
                "{text:?} is not a moment; write it as \"20:15\" (on the scenario's day), \"-2d 20:15\", \
                 \"2026-06-03 20:15\" or \"2026-06-03T20:15:00+02:00\""
            ));
        }
        moment
    }

    /// As [`Calendar::read`], and "+30 min" from `start`.
    pub fn read_from(&self, field: &Field<'_>, start: Timestamp) -> Option<Timestamp> {
        let text = field.text()?;
        let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(rest), _) => (1, rest),
            (_, Some(rest)) => (-1, rest),
            _ => return self.read(field),
        };
        match parse_duration(rest) {
            Some(duration) => Some(start + Millis(sign * duration.0)),
            None => self.read(field),
        }
    }

    pub fn parse(&self, text: &str) -> Option<Timestamp> {
        if let Ok(moment) = Timestamp::parse(text) {
            return Some(moment);
        }
        let (day, clock) = match text.trim().rsplit_once(' ') {
            None => (self.day, text.trim()),
            Some((day, clock)) => (self.parse_day(day.trim())?, clock),
        };
        let time = Time::strptime("%H:%M", clock).or_else(|_| Time::strptime("%H:%M:%S", clock)).ok()?;
        let instant = self.zone.to_timestamp(day.to_datetime(time)).ok()?;
        Timestamp::from_millis(instant.as_millisecond())
    }

    /// "-2d", "+1 d" or "2026-06-01".
    fn parse_day(&self, text: &str) -> Option<Date> {
        if let Some(days) = text.strip_suffix('d') {
            let days: i64 = days.trim().parse().ok()?;
            return self.day.checked_add(Span::new().try_days(days).ok()?).ok();
        }
        text.parse().ok()
    }

    /// As a scenario would write it: two moments that differ read differently.
    pub fn show(&self, moment: Timestamp) -> String {
        let local = self.zone.to_datetime(moment.to_jiff());
        let days = self.day.until(local.date()).map(|span| span.get_days()).unwrap_or_default();
        let time = local.time();
        let clock = match (time.second(), time.millisecond()) {
            (0, 0) => time.strftime("%H:%M").to_string(),
            (_, 0) => time.strftime("%H:%M:%S").to_string(),
            _ => time.strftime("%H:%M:%S%.3f").to_string(),
        };
        if days == 0 { clock } else { format!("{days:+}d {clock}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::field::time_zone;

    #[test]
    fn moments_are_read_in_the_sites_time_and_shown_the_same_way() {
        let calendar = Calendar { day: "2026-03-29".parse().unwrap(), zone: time_zone("Europe/Copenhagen").unwrap() };
        for (text, instant, shown) in [
            ("20:15", "2026-03-29T18:15:00Z", "20:15"),
            ("-1d 20:15", "2026-03-28T19:15:00Z", "-1d 20:15"), // the clocks go forward in the night
            ("+2d 00:00:30", "2026-03-30T22:00:30Z", "+2d 00:00:30"),
            ("2026-03-30 09:00", "2026-03-30T07:00:00Z", "+1d 09:00"),
            ("2026-03-29T12:00:00.250+02:00", "2026-03-29T10:00:00.250Z", "12:00:00.250"),
        ] {
            let moment = calendar.parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(moment, Timestamp::parse(instant).unwrap(), "{text}");
            assert_eq!(calendar.show(moment), shown);
        }
        for text in ["", "soon", "25:00", "-2 20:15", "20.15"] {
            assert_eq!(calendar.parse(text), None, "{text}");
        }
    }
}
