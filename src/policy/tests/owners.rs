//! What is wrong with insights, owners, refunds and credits is refused with its place.

use super::bad::{CATALOGUE, POLICY, refused, source};
use crate::policy::*;

#[test]
fn insights_need_owners_and_numbers_that_make_sense() {
    let refused = |from: &str, to: &str, at: &str, reason: &str| refused("policy.toml", from, to, at, reason);
    refused("threshold     = 5", "threshold = 0", "0", "insights.threshold must be at least 1");
    refused("resolve_at    = 1", "resolve_at = 5", "5", "insights.resolve_at must be less than the threshold of 5");
    refused("mass_guests   = 10", "mass_guests = 1", "1", "insights.mass_guests must be at least 2");
    refused("resolve_after = \"24 h\"", "resolve_after = \"0 h\"", "\"0 h\"", "must be longer than nothing");
    refused(
        "mass_window   = \"10 min\"",
        "mass_window = \"2 d\"",
        "\"2 d\"",
        "must not be longer than insights.window",
    );
    refused("threshold     = 5", "treshold = 5", "treshold", "did you mean \"threshold\"?");
    let without_owners = POLICY.split("[[owner]]").next().unwrap();
    let sources =
        Sources { policy: source("p", without_owners), catalogue: Some(source("c", CATALOGUE)), phrases: vec![] };
    let errors = from_sources(&sources).unwrap_err().to_string();
    assert!(errors.contains("nobody hears of these insights: add [[owner]] entries"), "{errors}");
}

#[test]
fn every_cause_has_an_owner_and_every_owner_a_cause() {
    let refused = |from: &str, to: &str, at: &str, reason: &str| refused("policy.toml", from, to, at, reason);
    let last = "[[owner]]\nrole = \"duty_manager\"";
    let picky = "[[owner]]\nwhen = { failure = \"safety\" }\nrole = \"duty_manager\"";
    refused(last, picky, "[[owner]]", "the last owner must be without `when`");
    let billing = "[[owner]]\nwhen = { failure = \"billing_error\" }\nrole";
    refused(billing, "[[owner]]\nrole", "[[owner]]", "only the last owner may be without `when`");
    refused(
        &format!("{billing} = \"accounts\""),
        billing.trim_end_matches("role"),
        "[[owner]]",
        "missing \"owner.role\"",
    );
    let when = |condition: &str| format!("[[owner]]\nwhen = {{ {condition} }}\nrole");
    refused(billing, &when("failure = \"biling_error\""), "\"biling_error\"", "did you mean \"billing_error\"?");
    refused(billing, &when("touchpoint = \"pool-bar\""), "\"pool-bar\"", "did you mean \"pool_bar\"?");
    refused(billing, &when("item_tag = \"alcool\""), "\"alcool\"", "did you mean \"alcohol\"?");
    refused(
        billing,
        &when("reason = \"wether\""),
        "\"wether\"",
        "unknown reason \"wether\"; did you mean \"weather\"?",
    );
    refused(billing, &when("carier = \"any\""), "carier", "did you mean \"carrier\"?");
    refused(billing, &when(""), "{", "an empty `when` matches everything");
}

#[test]
fn a_share_of_a_refund_needs_a_refund_and_a_credit_its_worth() {
    let refused = |from: &str, to: &str, at: &str, reason: &str| refused("policy.toml", from, to, at, reason);
    let bill = "remedy = \"correct_bill\", gesture";
    refused(bill, "remedy = \"correct_bill\", refund = \"25 %\", gesture", "refund", "not among the remedies");
    let late = "remedy = [\"expedite\", \"refund\"], gesture";
    refused(
        late,
        "remedy = [\"expedite\", \"refund\"], refund = \"120 %\", gesture",
        "\"120 %\"",
        "between \"1 %\" and",
    );
    let note = "gesture = \"handwritten_note\", authority";
    refused(note, "gesture = \"credit\", authority", "\"credit\"", "gestures.credit does not say how much");
}
