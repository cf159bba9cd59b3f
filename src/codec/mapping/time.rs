//! Times as feeds write them, and the service day that a time belongs to.
//!
//! A local time that clocks go through twice is the earlier of the two; one that they skip moves on by what they
//! skipped. Zones come from the database within the program.

use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::expression::text_of;
use super::number::decimal;
use super::rule::Rule;
use super::scope::Scope;
use super::stop::Stop;
use crate::document::field::time_zone;
use crate::events::Timestamp;

/// One way to write a time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Format {
    /// RFC 3339; without an offset it is local. A number is epoch milliseconds, as in the contracts.
    Iso,
    EpochSeconds,
    EpochMillis,
    /// For `strptime`.
    Pattern {
        pattern: String,
        has_offset: bool,
    },
}

pub(super) const FORMATS: [&str; 3] = ["iso", "epoch_seconds", "epoch_milliseconds"];

/// Where local times are local.
#[derive(Debug, Clone)]
pub(super) enum Zone {
    Fixed(TimeZone),
    /// Named by the record.
    Named(Box<Rule>),
}

#[derive(Debug, Clone)]
pub(super) struct TimeReader {
    /// The first that fits.
    pub formats: Vec<Format>,
    pub zone: Option<Zone>,
}

impl Format {
    /// Reads a format of the mapping.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "iso" => return Ok(Self::Iso),
            "epoch_seconds" => return Ok(Self::EpochSeconds),
            "epoch_milliseconds" => return Ok(Self::EpochMillis),
            _ if !text.contains('%') => {
                let known = crate::document::unknown("time format", text, &FORMATS);
                return Err(format!("{known}, or a pattern as \"%d.%m.%Y %H:%M\""));
            }
            _ => {}
        }
        let sample = DateTime::constant(2026, 11, 23, 14, 5, 59, 0).to_zoned_datetime(TimeZone::UTC);
        let written = sample.and_then(|sample| strtime::format(text, &sample));
        let read = written.and_then(|written| BrokenDownTime::parse(text, written));
        let read = read.map_err(|error| format!("{text:?} is no time format: {error}"))?;
        if read.to_date().is_err() && read.to_timestamp().is_err() {
            return Err(format!("{text:?} does not say the date: give year, month and day, as \"%Y-%m-%d %H:%M:%S\""));
        }
        let has_offset = read.offset().is_some() || read.timestamp().is_some();
        Ok(Self::Pattern { pattern: text.to_owned(), has_offset })
    }

    pub fn needs_zone(&self) -> bool {
        matches!(self, Self::Pattern { has_offset: false, .. })
    }

    /// The instant, when `value` is written like this.
    fn read(&self, value: &Value, zone: Option<&TimeZone>) -> Option<Timestamp> {
        let text = text_of(value)?;
        match self {
            Self::EpochMillis => Timestamp::from_millis(decimal(&text, '.')?.scaled(0)?),
            Self::EpochSeconds => Timestamp::from_millis(decimal(&text, '.')?.scaled(3)?),
            Self::Iso if value.is_number() => Self::EpochMillis.read(value, None),
            Self::Iso => match Timestamp::parse(&text) {
                Ok(instant) => Some(instant),
                Err(_) => local(text.parse().ok()?, zone?),
            },
            Self::Pattern { pattern, .. } => {
                let read = BrokenDownTime::parse(pattern, text.as_bytes()).ok()?;
                if read.offset().is_some() || read.timestamp().is_some() {
                    return Timestamp::from_millis(read.to_timestamp().ok()?.as_millisecond());
                }
                let time = if read.hour().is_some() { read.to_time().ok()? } else { Time::midnight() };
                local(read.to_date().ok()?.to_datetime(time), zone?)
            }
        }
    }
}

/// The instant of a local time.
fn local(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Timestamp::from_millis(zone.to_ambiguous_timestamp(time).compatible().ok()?.as_millisecond())
}

impl TimeReader {
    pub fn read(&self, value: &Value, scope: &Scope<'_>) -> Result<Timestamp, Stop> {
        let zone = self.zone(scope)?;
        let found = self.formats.iter().find_map(|format| format.read(value, zone.as_ref()));
        found.ok_or_else(|| Stop::bad(format!("is no time written as {}", self.describe())))
    }

    /// The service day of a time, as 2026-11-23.
    pub fn day(&self, value: &Value, starts: Time, scope: &Scope<'_>) -> Result<String, Stop> {
        let instant = self.read(value, scope)?;
        let zone = self.zone(scope)?.unwrap_or(TimeZone::UTC);
        let local = instant.to_jiff().to_zoned_datetime(zone).datetime();
        let is_before = local.time() < starts;
        let day = if is_before { local.date().yesterday() } else { Ok(local.date()) };
        day.map(|day| day.to_string()).map_err(|_| Stop::bad("is out of range"))
    }

    fn zone(&self, scope: &Scope<'_>) -> Result<Option<TimeZone>, Stop> {
        match &self.zone {
            None => Ok(None),
            Some(Zone::Fixed(zone)) => Ok(Some(zone.clone())),
            Some(Zone::Named(rule)) => {
                let Some(name) = rule.value(scope)? else { return Err(Stop::bad("has no time zone")) };
                let zone = name.as_str().and_then(time_zone);
                zone.map(Some).ok_or_else(|| Stop::bad("names no known time zone").about(&rule.source()))
            }
        }
    }

    fn describe(&self) -> String {
        let names = self.formats.iter().map(|format| match format {
            Format::Iso if self.zone.is_some() => "2026-11-23T14:05:00".to_owned(),
            Format::Iso => "2026-11-23T14:05:00+01:00".to_owned(),
            Format::EpochSeconds => "epoch seconds".to_owned(),
            Format::EpochMillis => "epoch milliseconds".to_owned(),
            Format::Pattern { pattern, .. } => pattern.clone(),
        });
        names.collect::<Vec<_>>().join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn instant(format: &str, value: Value, zone: Option<&str>) -> Option<String> {
        let zone = zone.map(|name| time_zone(name).unwrap());
        Format::parse(format).unwrap().read(&value, zone.as_ref()).map(|instant| instant.to_string())
    }

    #[rstest]
    #[case::rfc_3339("iso", json!("2026-11-23T14:05:00+01:00"), None, "2026-11-23T13:05:00Z")]
    #[case::number_as_in_the_contracts("iso", json!(1_795_439_100_000_i64), None, "2026-11-23T13:05:00Z")]
    #[case::local("iso", json!("2026-11-23 14:05:00"), Some("Europe/Copenhagen"), "2026-11-23T13:05:00Z")]
    #[case::seconds("epoch_seconds", json!(1_795_439_100), None, "2026-11-23T13:05:00Z")]
    #[case::seconds_with_a_fraction("epoch_seconds", json!("1795439100.250"), None, "2026-11-23T13:05:00.25Z")]
    #[case::millis("epoch_milliseconds", json!("1795439100000"), None, "2026-11-23T13:05:00Z")]
    #[case::pattern("%d.%m.%Y %H:%M", json!("23.11.2026 14:05"), Some("Europe/Copenhagen"), "2026-11-23T13:05:00Z")]
    #[case::digits("%Y%m%d%H%M%S", json!(20_261_123_140_500_i64), Some("UTC"), "2026-11-23T14:05:00Z")]
    #[case::offset("%Y-%m-%d %H:%M %z", json!("2026-11-23 14:05 +0100"), None, "2026-11-23T13:05:00Z")]
    #[case::a_day("%Y-%m-%d", json!("2026-11-23"), Some("Europe/Copenhagen"), "2026-11-22T23:00:00Z")]
    #[case::twice_is_the_earlier("iso", json!("2026-10-25T02:30:00"), Some("Europe/Copenhagen"), "2026-10-25T00:30:00Z")]
    #[case::skipped_moves_on("iso", json!("2026-03-29T02:30:00"), Some("Europe/Copenhagen"), "2026-03-29T01:30:00Z")]
    fn times_are_read(#[case] format: &str, #[case] value: Value, #[case] zone: Option<&str>, #[case] expected: &str) {
        assert_eq!(instant(format, value, zone).as_deref(), Some(expected));
    }

    #[rstest]
    #[case::local_without_a_zone("iso", json!("2026-11-23T14:05:00"))]
    #[case::another_format("%d.%m.%Y %H:%M", json!("2026-11-23 14:05"))]
    #[case::words("epoch_seconds", json!("soon"))]
    #[case::a_flag("iso", json!(true))]
    #[case::too_far("epoch_milliseconds", json!(9_999_999_999_999_999_i64))]
    fn what_is_no_such_time_is_refused(#[case] format: &str, #[case] value: Value) {
        let zone = if format == "iso" { None } else { Some("UTC") };
        assert_eq!(instant(format, value, zone), None);
    }

    #[rstest]
    #[case::unknown("rfc", "unknown time format")]
    #[case::no_date("%H:%M", "does not say the date")]
    #[case::no_directive("%Y-%m-%d %!", "is no time format")]
    fn a_wrong_format_is_refused(#[case] text: &str, #[case] part: &str) {
        let reason = Format::parse(text).unwrap_err();
        assert!(reason.contains(part), "{reason}");
    }
}
