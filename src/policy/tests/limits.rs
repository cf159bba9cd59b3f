//! Shifts, alarms and switches of a site.

use super::bad::refused;
use crate::events::Timestamp;
use crate::policy::*;

const ALARM: &str = "budget_alarm = \"80 %\"";

#[test]
fn what_is_wrong_with_shifts_is_said_where_it_stands() {
    let with = |shifts: &str| format!("{ALARM}\nshifts = [{shifts}]");
    let early = "{ starts = \"07:00\", budget = { DKK = \"100\" } }";
    let again = "{ starts = \"07:00\", budget = { DKK = \"99\" } }";
    refused("policy.toml", ALARM, &with(&format!("{early}, {again}")), again, "another shift starts at 07:00 already");
    refused("policy.toml", ALARM, &with("{ starts = \"07:00\" }"), "{ starts", "missing");
    refused("policy.toml", ALARM, &with("{ starts = \"7\", budget = { DKK = \"1\" } }"), "\"7\"", "time of day");
    let foreign = "{ starts = \"07:00\", budget = { SEK = \"100\" } }";
    refused("policy.toml", ALARM, &with(foreign), "[{ starts", "no amount for DKK, the currency of the site");
    refused("policy.toml", ALARM, "budget_alarm = \"0 %\"", "\"0 %\"", "between \"1 %\" and \"100 %\"");
}

#[test]
fn a_shift_lasts_until_the_next_one_starts() {
    let shift = |hour| Shift { starts: jiff::civil::time(hour, 0, 0, 0), budget: Amounts::new() };
    let mut site = open("hotel").unwrap().default_site;
    assert!(site.shift(Timestamp::MIN).is_none());
    site.limits.shifts = vec![shift(7), shift(22)];
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let start = |text: &str| site.shift(at(text)).map(|(date, shift)| format!("{date} {}", shift.starts)).unwrap();
    assert_eq!(start("2026-06-03T07:00:00+02:00"), "2026-06-03 07:00:00");
    assert_eq!(start("2026-06-03T22:00:00+02:00"), "2026-06-03 22:00:00");
    assert_eq!(start("2026-06-04T06:59:00+02:00"), "2026-06-03 22:00:00");
    assert!(!site.is_same_shift(at("2026-06-03T08:00:00+02:00"), at("2026-06-04T08:00:00+02:00")));
}
