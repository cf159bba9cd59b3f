//! `[breaker]`: when gestures wait because many guests are hit at once. Without it they never do.

use super::set;
use crate::events::{Authority, Millis};
use crate::policy::document::Section;
use crate::policy::{Amounts, BreakerPolicy};

pub fn breaker(root: &Section<'_>) -> Option<BreakerPolicy> {
    let section = root.section("breaker")?;
    let mut breaker = BreakerPolicy {
        share_percent: 20,
        least: 20,
        window: Millis::minutes(10),
        cool_down: Millis::minutes(15),
        orders_within: Millis::hours(2),
        sample: 1,
        equal: Amounts::new(),
        authority: Authority::A3,
    };
    let count = |key: &str, least: u32| {
        let field = section.get(key)?;
        let count = field.count()?;
        if count < least {
            field.problem(format!("breaker.{key} must be at least {least}"));
        }
        Some(count)
    };
    let time = |key: &str| {
        let field = section.get(key)?;
        let time = field.duration()?;
        if time == Millis::ZERO {
            field.problem(format!("breaker.{key} must be longer than nothing"));
        }
        Some(time)
    };
    if let Some(field) = section.get("share") {
        let percent = field.share().map(|share| (share * 100.0).round() as i64);
        if percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            field.problem("a share of the orders lies between \"1 %\" and \"100 %\"");
        }
        set(&mut breaker.share_percent, percent);
    }
    set(&mut breaker.least, count("least", 2));
    set(&mut breaker.window, time("window"));
    set(&mut breaker.cool_down, time("cool_down"));
    set(&mut breaker.orders_within, time("orders_within"));
    set(&mut breaker.sample, count("sample", 1));
    set(&mut breaker.equal, section.need("equal").and_then(|field| field.amounts()));
    set(&mut breaker.authority, section.get("authority").and_then(|field| field.name("authority level")));
    section.finish();
    Some(breaker)
}
