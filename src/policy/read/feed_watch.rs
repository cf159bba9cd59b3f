//! `[feed_watch]`: when silence is that of the feed. Without it all silence is believed.

use super::set;
use crate::events::{Authority, Millis};
use crate::policy::FeedWatchPolicy;
use crate::policy::document::Section;

/// The watch of a site remembers this many orders of which nothing was heard.
pub const MOST_ORDERS: u32 = 50;

pub fn feed_watch(root: &Section<'_>) -> Option<FeedWatchPolicy> {
    let section = root.section("feed_watch")?;
    let mut watch = FeedWatchPolicy {
        orders: 5,
        silent_for: Millis::minutes(5),
        gaps: 3,
        catch_up: Millis::minutes(10),
        authority: Authority::A3,
    };
    let count = |key: &str, least: u32, most: u32| {
        let field = section.get(key)?;
        let count = field.count()?;
        if !(least..=most).contains(&count) {
            field.problem(format!("feed_watch.{key} must be between {least} and {most}"));
        }
        Some(count)
    };
    let time = |key: &str| {
        let field = section.get(key)?;
        let time = field.duration()?;
        if time == Millis::ZERO {
            field.problem(format!("feed_watch.{key} must be longer than nothing"));
        }
        Some(time)
    };
    set(&mut watch.orders, count("orders", 2, MOST_ORDERS));
    set(&mut watch.silent_for, time("silent_for"));
    set(&mut watch.gaps, count("gaps", 1, 100));
    set(&mut watch.catch_up, time("catch_up"));
    set(&mut watch.authority, section.get("authority").and_then(|field| field.name("authority level")));
    section.finish();
    Some(watch)
}
