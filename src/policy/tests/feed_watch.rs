//! `[feed_watch]`: what is wrong with it is said where it stands.

use super::bad::refused;
use crate::policy::*;

const GAPS: &str = "gaps       = 3";

#[test]
fn what_is_wrong_with_the_feed_watch_is_said_where_it_stands() {
    refused("policy.toml", GAPS, "gaps = 0", "0", "feed_watch.gaps must be between 1 and 100");
    refused("policy.toml", "orders     = 5", "orders = 1", "1\n", "feed_watch.orders must be between 2 and 50");
    refused("policy.toml", "orders     = 5", "orders = 51", "51", "feed_watch.orders must be between 2 and 50");
    let never = "silent_for = \"0 min\"";
    refused(
        "policy.toml",
        "silent_for = \"5 min\"",
        never,
        "\"0 min\"",
        "feed_watch.silent_for must be longer than nothing",
    );
    refused("policy.toml", GAPS, "gasp = 3", "gasp", "did you mean \"gaps\"?");
    refused("policy.toml", "catch_up   = \"10 min\"", "catch_up = 10", "10", "feed_watch.catch_up must be");
}

#[test]
fn it_is_off_where_it_is_not_asked_for() {
    assert!(open("hotel").unwrap().feed_watch.is_some());
    assert!(open("bank").unwrap().feed_watch.is_none());
}
