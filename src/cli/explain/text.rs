//! An explanation on one page, for a duty manager.

use std::fmt::Write as _;

use crate::events::{Candidate, InitiatedBy, Millis, RecoveryAction, Shortfall};
use crate::policy::Policy;
use crate::recovery::explain::{Account, Considered, Explanation};

pub(super) fn render(action: &RecoveryAction, policy: &Policy, explanation: &Explanation) -> String {
    let mut page = Page::default();
    let account = &explanation.account;
    page.line(format!(
        "{} for {} at {}, revision {}, {} at {}",
        words(action.kind.name()),
        action.assignee,
        action.location.as_deref().unwrap_or(&action.site_id),
        action.revision,
        action.state,
        action.time
    ));

    page.heading("What happened");
    for shortfall in &action.shortfalls {
        page.item(what_happened(shortfall));
    }
    page.item(match action.initiated_by {
        InitiatedBy::Company => "We found it ourselves.",
        InitiatedBy::Customer => "The guest told us.",
    });

    page.heading(&format!("How bad, and why: {}", account.severity));
    for step in &account.steps {
        page.item(format!("{}: {}", because(step.because), step.severity));
    }
    if account.is_severity_from_before {
        page.item(format!("it was {} before, and that does not change back", account.severity));
    }

    let rule = account.rule.as_deref().unwrap_or("none");
    page.heading(&format!("Which rule: {rule}"));
    page.item(format!("in this spirit: {}", account.intent));
    page.item(format!(
        "it asks for: {}",
        or_none(&account.asks_for.iter().map(|name| words(name)).collect::<Vec<_>>())
    ));
    for part in ["failure", "severity", "responsibility", "repeat"] {
        let passed = account.passed_over.iter().filter(|passed| passed.does_not_fit == part);
        let names: Vec<String> = passed.map(|passed| passed.rule.clone()).collect();
        if !names.is_empty() {
            page.item(format!("rules above it whose {part} does not fit: {}", names.join(", ")));
        }
    }

    page.heading("What was considered");
    options(&mut page, account, &action.decision.candidates);

    page.heading("What it may cost");
    costs(&mut page, action, policy, account);

    page.heading(verdict(explanation));
    for point in &explanation.differences {
        page.item(format!("{}: published {:?}, recomputed {:?}", words(point.name), point.published, point.recomputed));
    }
    if explanation.is_identical() {
        page.item(format!(
            "compared: {}",
            explanation.same.iter().map(|name| words(name)).collect::<Vec<_>>().join(", ")
        ));
    }
    for left_out in &explanation.left_out {
        page.item(left_out);
    }
    if !explanation.is_same_policy() {
        page.item(format!(
            "The event was decided by policy version {:?}, this is version {:?}: what differs may be due to that alone.",
            explanation.policy_version, explanation.compared_with
        ));
    }
    page.0
}

fn verdict(explanation: &Explanation) -> &'static str {
    match (explanation.is_identical(), explanation.is_same_policy()) {
        (true, true) => "The same decision, recomputed from the event and the policy",
        (true, false) => "The same decision, under another version of the policy",
        (false, true) => "NOT the same decision, though the policy has the same version",
        (false, false) => "Not the same decision, but this is another version of the policy",
    }
}

fn what_happened(shortfall: &Shortfall) -> String {
    let mut text = words(shortfall.kind.name());
    if let Some(name) = shortfall.name.as_ref().or(shortfall.item_id.as_ref()) {
        let _ = write!(text, ": {name}");
    }
    if let Some(quantity) = shortfall.quantity {
        let _ = write!(text, " x {quantity}");
    }
    if let Some(seconds) = shortfall.late_by_seconds {
        let _ = write!(text, ", {} past the promise", span(Millis::seconds(seconds)));
    }
    let _ = write!(text, " (by {}, responsible: {})", shortfall.source, shortfall.responsibility);
    text
}

fn because(reason: &str) -> &'static str {
    match reason {
        "worst_shortfall" => "what went wrong, taken alone",
        "earlier_failure" => "it is not the first time for this guest",
        "habit_broken" => "it is what this guest always takes",
        "central_item" => "it is what the order was about",
        "many_people" => "it hit many people at once",
        _ => "the guest said how much it bothered them",
    }
}

fn options(page: &mut Page, account: &Account, candidates: &[Candidate]) {
    let mut is_taken = false;
    for remedy in &account.remedies {
        page.item(option("remedy", remedy, &mut is_taken));
    }
    let mut is_taken = false;
    for candidate in candidates {
        let considered =
            Considered { option: candidate.option.clone(), rejected_because: candidate.rejected_because.clone() };
        page.item(option("gesture", &considered, &mut is_taken));
    }
    if account.remedies.is_empty() && candidates.is_empty() {
        page.item("nothing beside the words: the rule names no remedy and no gesture");
    }
}

fn option(what: &str, considered: &Considered, is_taken: &mut bool) -> String {
    let name = words(&considered.option);
    match &considered.rejected_because {
        Some(reason) => format!("{what} {name}: no, {}", words(reason)),
        None if std::mem::replace(is_taken, true) => format!("{what} {name}: would do, too"),
        None => format!("{what} {name}: yes"),
    }
}

fn costs(page: &mut Page, action: &RecoveryAction, policy: &Policy, account: &Account) {
    let money = |minor: i64| policy.phrases.money(&["en"], minor, &account.currency);
    if let Some(amount) = action.remedy.as_ref().and_then(|remedy| remedy.amount_minor) {
        page.item(format!("the remedy: {}", money(amount)));
    }
    if let Some(gesture) = &action.gesture {
        page.item(format!("the gesture, at its price for the guest: {}", money(gesture.value_minor)));
    }
    match account.caps {
        Some(caps) => {
            let of_rule = caps.of_rule.map_or_else(|| "none".to_owned(), money);
            page.item(format!(
                "a gesture at most: {} (for this severity {}, by this rule {of_rule}, by the price of what failed {})",
                money(caps.least()),
                money(caps.of_severity),
                money(caps.of_price)
            ));
        }
        None => page.item("no gesture: the policy has no cap for this severity and currency, or no price is known"),
    }
    if let Some(allowed) = &action.allowed {
        page.item(format!("{} may give without asking: {}", action.assignee, money(allowed.max_value_minor)));
    }
    if let Some(when) = &account.follow_up {
        page.item(format!("{when} somebody asks whether it is still all right"));
    }
}

fn span(millis: Millis) -> String {
    let minutes = millis.as_seconds() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A name of the contract as people read it.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.line(format!("\n{text}"));
    }

    fn item(&mut self, text: impl AsRef<str>) {
        self.line(format!("  - {}", text.as_ref()));
    }
}
