//! What cannot both be meant is refused where it stands.

use super::bad::refused;

#[test]
fn times_that_undo_each_other() {
    for (from, to, at, reason) in [
        ("dislike_for   = \"90 d\"", "dislike_for = \"7 d\"", "\"14 d\"", "repeat_after is longer than dislike_for: "),
        ("remember          = \"35 d\"", "remember = \"5 d\"", "\"7 d\"", "half_life is longer than remember: "),
        ("complaint_window    = \"7 d\"", "complaint_window = \"60 d\"", "\"60 d\"", "is longer than dedupe_horizon: "),
    ] {
        let is_before = matches!(at, "\"14 d\"" | "\"7 d\"");
        let (from, to) = if is_before { with_the_line_before(at, from, to) } else { (from.to_owned(), to.to_owned()) };
        refused("policy.toml", &from, &to, at, reason);
    }
}

/// The edit with everything from the last `at` before it, which is where the problem stands.
fn with_the_line_before(at: &str, from: &str, to: &str) -> (String, String) {
    let edited = super::bad::POLICY.find(from).unwrap();
    let start = super::bad::POLICY[..edited].rfind(at).unwrap();
    let between = &super::bad::POLICY[start..edited];
    (format!("{between}{from}"), format!("{between}{to}"))
}

#[test]
fn a_gesture_that_nobody_could_hand_over() {
    let found = super::bad::problems("policy.toml", "hands_over         = true", "hands_over         = false");
    assert!(!found.is_empty());
    let is_told = |problem: &crate::policy::Problem| {
        problem.reason.contains("no touchpoint has hands_over = true") && problem.line.is_some()
    };
    assert!(found.iter().all(is_told), "{found:#?}");
    let generic = "generic       = [\"elderflower-lemonade\", \"espresso\", \"ice-cream\"]";
    let found = super::bad::problems("policy.toml", generic, "");
    assert!(found.iter().all(|problem| problem.reason.contains("gestures.generic lists nothing")), "{found:#?}");
}

#[test]
fn a_tag_that_is_nearly_an_items() {
    refused(
        "policy.toml",
        "never_tags    = [\"sensitive\"]",
        "never_tags = [\"alcohl\", \"sensitive\"]",
        "\"alcohl\"",
        "no item of catalogue.toml has the tag \"alcohl\"; did you mean \"alcohol\"?",
    );
}

#[test]
fn money_without_its_currency() {
    refused(
        "policy.toml",
        "guest_cap     = { DKK = \"600\" }",
        "guest_cap = \"600\"",
        "\"600\"",
        "gestures.guest_cap has no currency; write it as { DKK = \"150\" }",
    );
}

#[test]
fn a_case_that_cannot_occur() {
    refused(
        "policy.toml",
        "[[rule]]\nname   = \"the_bill\"\nwhen   = { failure = \"billing_error\" }",
        "[[rule]]\nname   = \"a_small_bill\"\nwhen   = { failure = \"billing_error\", severity = [\"trivial\", \"minor\"] }\nthen   = { apology = \"now\", authority = \"A1\" }\nintent = { en = \"x\", da = \"x\", sv = \"x\" }\n\n[[rule]]\nname   = \"the_bill\"\nwhen   = { failure = \"billing_error\" }",
        "[[rule]]",
        "rule \"a_small_bill\" is unreachable: billing_error is at least moderate, see [severity]",
    );
}

#[test]
fn a_count_of_failures_that_comes_after_a_smaller_one() {
    let often = "[[rule]]\nname   = \"OFTEN\"\nwhen   = { repeat = COUNT }\nthen   = { apology = \"now\", human_contact = true, authority = \"A3\" }\nintent = { en = \"x\", da = \"x\", sv = \"x\" }\n\n";
    let rule = |name: &str, count: &str| often.replace("OFTEN", name).replace("COUNT", count);
    let critical = "[[rule]]\nname   = \"critical\"\n";
    let edited = format!("{}{}{critical}", rule("twice", "{ at_least = 2 }"), rule("thrice", "{ at_least = 3 }"));
    let found = super::bad::problems("policy.toml", critical, &edited);
    let reasons: Vec<&str> = found.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(
        reasons.contains(&"rule \"thrice\" is unreachable: its cases are all decided above by twice"),
        "{reasons:#?}"
    );
}

#[test]
fn whoever_asks_afterwards_must_be_somebody() {
    let roles = "{ A1 = \"waiter\", A2 = \"shift_lead\", A3 = \"duty_manager\", A4 = \"head_office\" }";
    let found = super::bad::problems("policy.toml", roles, "{ A1 = \"waiter\" }");
    let wanted = "the default site has no role with authority A2 or above";
    assert!(found.iter().filter(|problem| problem.reason.ends_with(wanted)).count() > 1, "{found:#?}");
}

#[test]
fn a_rule_asks_for_a_status_update_or_an_explanation_and_not_for_both() {
    let from = "then   = { apology = \"now\", remedy = \"expedite\", authority = \"A1\" }";
    let to = "then   = { apology = \"now\", status_update = true, explanation = true, remedy = \"expedite\", authority = \"A1\" }";
    refused("policy.toml", from, to, "status_update", "a status update or an explanation");
}
