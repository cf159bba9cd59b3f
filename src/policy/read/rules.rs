//! The rules: when, then, and the spirit in which they are meant.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::hours;
use crate::events::{Authority, RemedyKind};
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::model::{Amounts, Repeat, Rule, Then, When};

pub fn read(root: &Section<'_>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for section in root.sections("rule") {
        let name = section.need("name").and_then(|field| field.text()).unwrap_or_default();
        if rules.iter().any(|rule| rule.name == name) {
            section.problem(format!("a rule named {name:?} stands above already"));
        }
        let when = section.section("when").map(read_when).unwrap_or_default();
        let then = section.need("then").and_then(|field| field.section()).map(read_then);
        let intent = section.need("intent").and_then(|field| field.section()).map(read_intent).unwrap_or_default();
        section.finish();
        rules.push(Rule { name, when, then: then.unwrap_or_else(nothing), intent });
    }
    rules
}

fn read_when(section: Section<'_>) -> When {
    let when = When {
        failure: section.get("failure").map(|field| field.names("failure kind")).unwrap_or_default(),
        severity: section.get("severity").map(|field| field.names("severity")).unwrap_or_default(),
        responsibility: section.get("responsibility").map(|field| field.names("responsibility")).unwrap_or_default(),
        repeat: section.get("repeat").and_then(|field| read_repeat(&field)),
    };
    if section.entries().is_empty() {
        section.problem("an empty `when` matches everything; leave it out to say so");
    }
    section.finish();
    when
}

/// `true`, `false`, or how many failures before this one.
fn read_repeat(field: &Field<'_>) -> Option<Repeat> {
    let DeValue::Table(_) = field.value.get_ref() else {
        return field.flag().map(|repeat| if repeat { Repeat::AtLeast(1) } else { Repeat::First });
    };
    let section = field.section()?;
    let at_least = section.need("at_least");
    section.finish();
    let at_least = at_least?;
    let count = at_least.count()?;
    if count == 0 {
        at_least.problem("at least none is always so: leave `repeat` out, or say how many came before");
    }
    Some(Repeat::AtLeast(count))
}

fn read_then(section: Section<'_>) -> Then {
    let apology = section.get("apology").and_then(|field| field.one_of("time of an apology", &[("now", true)]));
    let follow_up = section.get("follow_up").and_then(|field| hours::ask_again(&field));
    let refund = section.get("refund").and_then(|field| {
        let share = field.share()?;
        if !(0.01..=1.0).contains(&share) {
            field.problem("a refund pays back between \"1 %\" and \"100 %\"");
        }
        Some((share * 100.0).round() as i64)
    });
    let then = Then {
        apology: apology.unwrap_or(false),
        human_contact: section.get("human_contact").and_then(|field| field.flag()).unwrap_or(false),
        explanation: section.get("explanation").and_then(|field| field.flag()).unwrap_or(false),
        status_update: section.get("status_update").and_then(|field| field.flag()).unwrap_or(false),
        remedy: section.get("remedy").map(|field| field.names("remedy")).unwrap_or_default(),
        refund_percent: refund.unwrap_or(100),
        gesture: section.get("gesture").map(|field| field.names("gesture kind")).unwrap_or_default(),
        cap: section.get("cap").and_then(|field| field.amounts()).unwrap_or_default(),
        authority: section.need("authority").and_then(|field| read_authority(&field)).unwrap_or(Authority::A1),
        follow_up,
    };
    if let Some(field) = section.get("refund").filter(|_| !then.remedy.contains(&RemedyKind::Refund)) {
        field.key_problem("`refund` says how much is paid back, but \"refund\" is not among the remedies");
    }
    if let Some(field) = section.get("status_update").filter(|_| then.status_update && then.explanation) {
        field.key_problem("a status update or an explanation: both together are too much, so a rule asks for one");
    }
    section.finish();
    then
}

fn read_authority(field: &Field<'_>) -> Option<Authority> {
    field.name("authority level")
}

fn read_intent(section: Section<'_>) -> BTreeMap<String, String> {
    let mut intent = BTreeMap::new();
    for field in section.entries() {
        if let Some(text) = field.text() {
            intent.insert(field.key.to_owned(), text);
        }
    }
    intent
}

fn nothing() -> Then {
    Then {
        apology: false,
        human_contact: false,
        explanation: false,
        status_update: false,
        remedy: Vec::new(),
        refund_percent: 100,
        gesture: Vec::new(),
        cap: Amounts::new(),
        authority: Authority::A1,
        follow_up: None,
    }
}
