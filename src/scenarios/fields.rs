//! What a scenario may expect of each kind of decision: the names of its keys, and how each is written.

use crate::events::{
    ActionKind, ActionState, ActionType, Authority, Band, DelayReason, FailureKind, FollowUpType, GestureKind,
    IncidentStatus, InitiatedBy, InsightType, RemedyKind, Severity,
};

/// The kinds of decision that a scenario names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Action,
    Incident,
    FollowUp,
    Insight,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Action, Self::Incident, Self::FollowUp, Self::Insight];

    /// The key of an `[[expect]]` that lists them.
    pub fn key(self) -> &'static str {
        match self {
            Self::Action => "actions",
            Self::Incident => "incidents",
            Self::FollowUp => "follow_ups",
            Self::Insight => "insights",
        }
    }

    /// One of them, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Incident => "incident",
            Self::FollowUp => "follow-up",
            Self::Insight => "insight",
        }
    }

    pub fn fields(self) -> &'static [(&'static str, How)] {
        match self {
            Self::Action => ACTION,
            Self::Incident => INCIDENT,
            Self::FollowUp => FOLLOW_UP,
            Self::Insight => INSIGHT,
        }
    }
}

/// How the value of a key is written, and compared.
#[derive(Clone, Copy)]
pub enum How {
    /// A word of a closed list; what the list is called.
    Name(&'static str, fn() -> Vec<&'static str>),
    Text,
    Number,
    Flag,
    /// "130 DKK".
    Amount,
    Moment,
    /// Texts that the named one must contain.
    Contains(&'static str),
    /// Texts that the named one must not contain.
    Lacks(&'static str),
    /// The whole list, in its order; a word stands for all that begin with it.
    List,
    /// A table; what it does not name may be anything.
    Pairs,
}

macro_rules! names_of {
    ($label:literal, $type:ty) => {
        How::Name($label, || <$type>::ALL.iter().map(|value| value.name()).collect())
    };
}

const KIND: How = names_of!("action kind", ActionKind);
const AUTHORITY: How = names_of!("authority level", Authority);
const SEVERITY: How = names_of!("severity", Severity);
const INITIATED_BY: How = names_of!("initiator", InitiatedBy);
const STATE: How = names_of!("state of an action", ActionState);

const ACTION: &[(&str, How)] = &[
    ("kind", KIND),
    ("state", STATE),
    ("type", names_of!("type of an action", ActionType)),
    ("assignee", How::Text),
    ("authority", AUTHORITY),
    ("allowed", How::Amount),
    ("order", How::Text),
    ("customer", How::Text),
    ("site", How::Text),
    ("location", How::Text),
    ("touchpoint", How::Text),
    ("gesture", names_of!("gesture kind", GestureKind)),
    ("item", How::Text),
    ("quantity", How::Number),
    ("value", How::Amount),
    ("personalised", How::Flag),
    ("evidence", How::List),
    ("alternatives", How::List),
    ("remedy", names_of!("remedy", RemedyKind)),
    ("amount", How::Amount),
    ("initiated_by", INITIATED_BY),
    ("severity", SEVERITY),
    ("rule", How::Text),
    ("facts", How::Pairs),
    ("rejected", How::Pairs),
    ("shortfalls", How::List),
    ("at", How::Moment),
    ("due", How::Moment),
    ("expires", How::Moment),
    ("after", KIND),
    ("supersedes", KIND),
    ("language", How::Text),
    ("says", How::Contains("say")),
    ("not_says", How::Lacks("say")),
    ("does", How::Contains("do")),
    ("not_does", How::Lacks("do")),
    ("whys", How::Contains("why")),
    ("not_whys", How::Lacks("why")),
];

const INCIDENT: &[(&str, How)] = &[
    ("status", names_of!("status of an incident", IncidentStatus)),
    ("severity", SEVERITY),
    ("initiated_by", INITIATED_BY),
    ("order", How::Text),
    ("customer", How::Text),
    ("site", How::Text),
    ("shortfalls", How::List),
    ("history", How::Flag),
    ("occurred", How::Moment),
    ("detected", How::Moment),
    ("complained", How::Moment),
    ("given", How::Amount),
    ("score", How::Number),
    ("band", names_of!("band", Band)),
    ("merged", How::Flag),
];

const FOLLOW_UP: &[(&str, How)] = &[
    ("type", names_of!("type of a follow-up", FollowUpType)),
    ("state", STATE),
    ("order", How::Text),
    ("customer", How::Text),
    ("site", How::Text),
    ("assignee", How::Text),
    ("authority", AUTHORITY),
    ("severity", SEVERITY),
    ("attempt", How::Number),
    ("at", How::Moment),
    ("due", How::Moment),
    ("expires", How::Moment),
    ("language", How::Text),
    ("asks", How::Contains("ask")),
    ("not_asks", How::Lacks("ask")),
    ("tells", How::Contains("background")),
    ("not_tells", How::Lacks("background")),
];

const INSIGHT: &[(&str, How)] = &[
    ("type", names_of!("type of an insight", InsightType)),
    ("owner", How::Text),
    ("failure", names_of!("failure kind", FailureKind)),
    ("item", How::Text),
    ("modifier", How::Text),
    ("reason", names_of!("reason", DelayReason)),
    ("site", How::Text),
    ("carrier", How::Text),
    ("failures", How::Number),
    ("guests", How::Number),
    ("mass_event", How::Flag),
    ("at", How::Moment),
    ("advises", How::Contains("advice")),
    ("not_advises", How::Lacks("advice")),
];

impl std::fmt::Debug for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::Name(label, _) => label,
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "flag",
            Self::Amount => "amount",
            Self::Moment => "moment",
            Self::Contains(_) => "contains",
            Self::Lacks(_) => "lacks",
            Self::List => "list",
            Self::Pairs => "pairs",
        };
        f.write_str(name)
    }
}
