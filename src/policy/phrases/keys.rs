//! Every sentence that the service says, with the facts it is given. A phrase may use these facts and no others.

use crate::events::{ActionKind, DelayReason, FailureKind, RemedyKind};

/// A fact and what it looks like when a phrase is tried out.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    pub name: &'static str,
    pub sample: Sample,
    /// The phrase must also read well without it.
    pub optional: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Sample {
    Text(&'static str),
    /// Tried with each of these.
    Numbers(&'static [i64]),
    /// Tried both ways.
    Flag,
}

const fn text(name: &'static str, sample: &'static str) -> Fact {
    Fact { name, sample: Sample::Text(sample), optional: false }
}

const fn maybe(name: &'static str, sample: &'static str) -> Fact {
    Fact { name, sample: Sample::Text(sample), optional: true }
}

const fn number(name: &'static str, samples: &'static [i64]) -> Fact {
    Fact { name, sample: Sample::Numbers(samples), optional: false }
}

const fn maybe_number(name: &'static str, samples: &'static [i64]) -> Fact {
    Fact { name, sample: Sample::Numbers(samples), optional: true }
}

const fn flag(name: &'static str) -> Fact {
    Fact { name, sample: Sample::Flag, optional: false }
}

const fn maybe_flag(name: &'static str) -> Fact {
    Fact { name, sample: Sample::Flag, optional: true }
}

const PARTY: Fact = maybe_number("party_size", &[1, 2]);
const FAILURE: &[Fact] = &[
    maybe("name", "blue cheese"),
    maybe("of", "salad"),
    maybe_number("quantity", &[1, 2]),
    maybe_number("parcels", &[1, 2]),
    maybe("late", "35 minutes"),
    maybe("amount", "499.00 DKK"),
];
const FIX: &[Fact] = &[maybe("what_items", "salad"), maybe("amount", "499.00 DKK")];
const SAY: &[Fact] = &[
    maybe("guest", "Ms Holm"),
    maybe("what", "the blue cheese was missing from the salad"),
    maybe("fix", "we are bringing what was missing now"),
    maybe("gift", "two strawberry smoothies"),
    maybe("because", "bad weather"),
    maybe("eta", "20:15"),
    maybe("promise", "We have told the kitchen, and they are working on it."),
    maybe("opening", "Is the rest as you like it?"),
    maybe_flag("because_stay"),
    maybe_flag("note_only"),
    PARTY,
];
const DO: &[Fact] = &[
    maybe("guest", "Ms Holm"),
    maybe("location", "sunbed 14"),
    maybe("what", "the blue cheese was missing from the salad"),
    maybe("fix", "we are bringing what was missing now"),
    maybe("gift", "two strawberry smoothies"),
    maybe("because", "bad weather"),
    maybe("eta", "20:15"),
    maybe("guidance", "Ask whether they would still like it."),
    maybe_flag("note_only"),
    PARTY,
];
const WHY: &[Fact] = &[
    maybe("rule_intent", "Show that we saw it."),
    maybe("evidence", "strawberry smoothie on 1 June and 2 June"),
    maybe_flag("note_only"),
    maybe_flag("personalised"),
];

const MANY: &[Fact] = &[text("what", "the order came late"), text("guests", "120"), text("orders", "500")];
const BUDGET: &[Fact] = &[text("percent", "82"), text("spent", "2,460.00 DKK"), text("budget", "3,000.00 DKK")];
const FEED: &[Fact] = &[text("since", "13:05"), text("orders", "5")];
const CARRIER: Fact = maybe("carrier", "Nordpost");
const OVER: &[Fact] = &[text("what", "the salad came without extra dressing"), CARRIER];

/// Phrases that come one for each name of a closed list.
struct Family {
    prefix: &'static str,
    names: fn() -> Vec<&'static str>,
    facts: &'static [Fact],
}

const FAMILIES: &[Family] = &[
    Family { prefix: "failure", names: failures, facts: FAILURE },
    Family { prefix: "fix", names: remedies, facts: FIX },
    Family { prefix: "done", names: remedies, facts: FIX },
    Family { prefix: "say", names: actions, facts: SAY },
    Family { prefix: "do", names: actions, facts: DO },
    Family { prefix: "why", names: actions, facts: WHY },
    Family { prefix: "advice", names: failures, facts: &[CARRIER] },
    Family { prefix: "guidance", names: failures, facts: &[] },
    Family { prefix: "opening", names: failures, facts: &[PARTY] },
    Family { prefix: "reason", names: reasons, facts: &[] },
];

/// Phrases that stand alone.
pub const REQUIRED: &[(&str, &[Fact])] = &[
    ("who", &[maybe("guest", "Ms Holm"), maybe("location", "sunbed 14"), PARTY]),
    ("list.and", &[]),
    ("list.comma", &[]),
    ("date.day", &[number("day", &[1, 31]), number("month", &[1, 6, 12])]),
    ("money.amount", &[text("whole", "499"), maybe("fraction", "00"), text("currency", "DKK")]),
    ("late.minutes", &[number("n", &[1, 2, 35])]),
    ("late.hours", &[number("n", &[1, 2])]),
    ("late.days", &[number("n", &[1, 2])]),
    ("do.gesture_note", DO),
    ("say.gesture_credit", SAY),
    ("do.gesture_credit", DO),
    ("why.gesture_credit", WHY),
    ("say.gesture_service", SAY),
    ("do.gesture_service", DO),
    ("say.gesture_points", SAY),
    ("do.gesture_points", DO),
    ("why.gesture_points", WHY),
    ("say.gesture_donation", SAY),
    ("do.gesture_donation", DO),
    ("why.gesture_donation", WHY),
    ("approval.ask", &[text("amount", "400.00 DKK"), text("clock", "13:25")]),
    ("why.evidence", &[text("name", "strawberry smoothie"), text("dates", "1 June and 2 June")]),
    ("gift.item", &[text("name", "strawberry smoothie"), number("quantity", &[1, 2, 12])]),
    ("promise.improvement", &[]),
    ("opening.afterwards", &[PARTY]),
    ("gift.choice", &[text("one", "two strawberry smoothies"), text("other", "two espressos")]),
    ("gift.note", &[]),
    ("gift.credit", &[text("amount", "25.00 DKK")]),
    ("gift.points", &[number("points", &[1, 500])]),
    ("gift.donation", &[text("amount", "25.00 DKK"), text("cause", "the lifeboats")]),
    ("follow_up.ask", &[maybe("guest", "Ms Holm"), maybe("what", "the blue cheese was missing from the salad"), PARTY]),
    ("follow_up.ask_received", &[maybe("guest", "Ms Holm"), maybe("gift", "two strawberry smoothies"), PARTY]),
    (
        "follow_up.background",
        &[maybe("what", "the blue cheese was missing from the salad"), maybe("done", "two strawberry smoothies")],
    ),
    ("unmatched.do", &[maybe("location", "room 214"), maybe("text", "nobody came")]),
    ("unmatched.why", &[]),
    ("unmatched.say", &[]),
    (
        "insight.report",
        &[
            text("what", "the salad came without extra dressing"),
            CARRIER,
            maybe("reason", "bad weather"),
            number("count", &[1, 2, 40]),
            number("guests", &[1, 2, 30]),
            text("date", "3 June"),
            text("clock", "13:20"),
            flag("many_at_once"),
            text("advice", "Look at how it is checked."),
        ],
    ),
    ("call.do_many_at_once", MANY),
    ("call.why_many_at_once", MANY),
    ("call.do_feed_silent", FEED),
    ("call.why_feed_silent", FEED),
    ("call.do_budget", BUDGET),
    ("call.why_budget", BUDGET),
    ("insight.fixed", OVER),
    ("insight.rare", OVER),
    ("question.enough", &[maybe("guest", "Ms Holm"), maybe("done", "two strawberry smoothies"), PARTY]),
];

/// A phrase that stands alone: it begins with a capital letter. Others are parts of sentences.
pub fn is_sentence(key: &str) -> bool {
    let family = key.split('.').next().unwrap_or_default();
    [
        "say",
        "do",
        "why",
        "follow_up",
        "unmatched",
        "question",
        "insight",
        "advice",
        "guidance",
        "promise",
        "opening",
        "approval",
        "call",
    ]
    .contains(&family)
        && key != "why.evidence"
}

/// Every key that a language must have, with its facts.
pub fn required() -> Vec<(String, &'static [Fact])> {
    let mut keys = Vec::new();
    for family in FAMILIES {
        for name in (family.names)() {
            keys.push((format!("{}.{name}", family.prefix), family.facts));
        }
    }
    for (key, facts) in REQUIRED {
        keys.push(((*key).to_owned(), *facts));
    }
    keys
}

fn failures() -> Vec<&'static str> {
    FailureKind::ALL.iter().map(|kind| kind.name()).collect()
}

fn reasons() -> Vec<&'static str> {
    DelayReason::ALL.iter().map(|reason| reason.name()).collect()
}

fn remedies() -> Vec<&'static str> {
    RemedyKind::ALL.iter().map(|kind| kind.name()).collect()
}

fn actions() -> Vec<&'static str> {
    ActionKind::ALL.iter().map(|kind| kind.name()).collect()
}
