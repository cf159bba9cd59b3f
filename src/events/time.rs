//! Instants and durations, in milliseconds.
//!
//! JSON writes an instant as RFC 3339 with an offset and accepts epoch milliseconds too; binary
//! encodings (Avro's `timestamp-millis`, the state and the mailbox) hold the milliseconds themselves.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds between two instants. May be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Millis(pub i64);

impl Millis {
    pub const ZERO: Self = Self(0);

    pub const fn seconds(n: i64) -> Self {
        Self(n * 1_000)
    }
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60_000)
    }
    pub const fn hours(n: i64) -> Self {
        Self(n * 3_600_000)
    }
    pub const fn days(n: i64) -> Self {
        Self(n * 86_400_000)
    }
    /// Whole seconds, rounded towards zero.
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000
    }
    pub fn as_days_f64(self) -> f64 {
        self.0 as f64 / 86_400_000.0
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every instant that an event may carry.
    pub const MIN: Self = Self(-377_705_023_201_000);
    /// After every instant that an event may carry (the last millisecond of the year 9999, less a day for offsets).
    pub const MAX: Self = Self(253_402_207_200_000);

    /// The instant, or `None` outside of [`Timestamp::MIN`]..=[`Timestamp::MAX`].
    pub fn from_millis(millis: i64) -> Option<Self> {
        let instant = Self(millis);
        (Self::MIN..=Self::MAX).contains(&instant).then_some(instant)
    }

    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset, as `2026-11-23T14:05:00+01:00`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| format!("{text:?} is not an RFC 3339 date and time with an offset"))?;
        Self::from_millis(instant.as_millisecond()).ok_or_else(|| format!("{text:?} is out of range"))
    }

    /// The same instant for calendar arithmetic.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }

    pub fn max(self, other: Self) -> Self {
        Ord::max(self, other)
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    /// Saturates at [`Timestamp::MIN`] and [`Timestamp::MAX`].
    fn add(self, delta: Millis) -> Self {
        Self(self.0.saturating_add(delta.0).clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Self;
    /// Saturates as addition does.
    fn sub(self, delta: Millis) -> Self {
        Self(self.0.saturating_sub(delta.0).clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl Sub for Timestamp {
    type Output = Millis;
    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(InstantVisitor)
        } else {
            deserializer.deserialize_i64(InstantVisitor)
        }
    }
}

struct InstantVisitor;

impl de::Visitor<'_> for InstantVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 date and time with an offset, or epoch milliseconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Timestamp, E> {
        Timestamp::from_millis(millis).ok_or_else(|| E::custom(format!("{millis} ms is out of range")))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Timestamp, E> {
        i64::try_from(millis)
            .ok()
            .and_then(Timestamp::from_millis)
            .ok_or_else(|| E::custom(format!("{millis} ms is out of range")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_an_offset_and_epoch_milliseconds_as_the_same_instant() {
        let text: Timestamp = serde_json::from_str("\"2026-11-23T14:05:00+01:00\"").unwrap();
        let millis: Timestamp = serde_json::from_str("1795439100000").unwrap();
        assert_eq!(text, millis);
        assert_eq!(serde_json::to_string(&text).unwrap(), "\"2026-11-23T13:05:00Z\"");
    }

    #[test]
    fn a_local_time_without_an_offset_is_refused() {
        assert!(serde_json::from_str::<Timestamp>("\"2026-11-23T14:05:00\"").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"tomorrow\"").is_err());
        assert!(serde_json::from_str::<Timestamp>("9999999999999999").is_err());
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX + Millis::days(1), Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Millis(i64::MIN), Timestamp::MAX);
    }
}
