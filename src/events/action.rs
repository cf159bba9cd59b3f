//! `RecoveryAction`: what staff are asked to say and do. Every revision is a full snapshot: fold by `id`, the highest
//! `revision` wins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{Allowed, InitiatedBy, Severity, Shortfall, Timestamp};

names! {
    /// What a revision is about.
    ActionType {
        Proposed = "proposed", Updated = "updated", Overdue = "overdue", Closed = "closed", Retracted = "retracted",
    }
}
names! {
    ActionState {
        Open = "open", Accepted = "accepted", Done = "done", Substituted = "substituted", Declined = "declined",
        NotPossible = "not_possible", Unreported = "unreported", Expired = "expired", Retracted = "retracted",
        Superseded = "superseded",
    }
}

impl ActionState {
    /// Staff may still act on it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Accepted)
    }
}

names! {
    ActionKind {
        Apology = "apology", EarlyWarning = "early_warning", Explanation = "explanation", StatusUpdate = "status_update",
        Remedy = "remedy", Gesture = "gesture", HumanContact = "human_contact", ChoiceOffer = "choice_offer",
        /// A neutral question to staff: nothing is proven yet.
        Check = "check",
    }
}

impl ActionKind {
    /// Something is given to the guest: one of these an incident.
    pub fn is_gift(self) -> bool {
        matches!(self, Self::Gesture | Self::ChoiceOffer)
    }
}

names! {
    RemedyKind {
        CompleteOrder = "complete_order", Redo = "redo", Replace = "replace", Refund = "refund",
        CorrectBill = "correct_bill", Expedite = "expedite",
    }
}
names! {
    GestureKind {
        HabitItem = "habit_item", HabitUpgrade = "habit_upgrade", HabitService = "habit_service",
        HandwrittenNote = "handwritten_note", LoyaltyPoints = "loyalty_points", Credit = "credit", Donation = "donation",
        GenericTreat = "generic_treat",
    }
}
names! {
    /// A0 automatic, A1 front line, A2 shift lead, A3 duty manager, A4 head office or legal.
    Authority { A0 = "A0", A1 = "A1", A2 = "A2", A3 = "A3", A4 = "A4" }
}

impl Authority {
    /// One level up, at most A4.
    pub fn raised(self) -> Self {
        Self::ALL[(self as usize + 1).min(Self::ALL.len() - 1)]
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoveryAction {
    pub id: String,
    /// From 1, without gaps.
    pub revision: i64,
    pub time: Timestamp,
    #[serde(rename = "type")]
    pub action_type: ActionType,
    pub state: ActionState,
    pub kind: ActionKind,
    pub incident_id: String,
    /// Opaque; copy it to the outcome.
    pub reply_to: String,
    /// The action that must come first: a gesture names its apology.
    pub after: Option<String>,
    pub supersedes: Option<String>,
    pub accepted_by: Option<String>,
    pub customer_id: Option<String>,
    pub visit_id: Option<String>,
    pub order_id: Option<String>,
    pub site_id: String,
    pub location: Option<String>,
    pub touchpoint: Option<String>,
    pub guest: GuestCard,
    /// A role of the site.
    pub assignee: String,
    pub authority: Authority,
    pub allowed: Option<Allowed>,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    /// In the guest's language, `say_language`.
    pub say: String,
    pub say_language: String,
    /// In the site's language.
    #[serde(rename = "do")]
    pub instruction: String,
    pub why: String,
    pub shortfalls: Vec<Shortfall>,
    pub remedy: Option<Remedy>,
    pub gesture: Option<Gesture>,
    pub alternatives: Vec<Alternative>,
    pub initiated_by: InitiatedBy,
    pub severity: Severity,
    /// How old the news was when it was decided.
    pub age_seconds: i64,
    pub decision: Decision,
}

/// Who it is about, as staff need it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GuestCard {
    pub name: Option<String>,
    pub language: Option<String>,
    pub party_size: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    pub kind: RemedyKind,
    pub line_ids: Vec<String>,
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gesture {
    pub kind: GestureKind,
    pub item_id: Option<String>,
    pub name: String,
    pub quantity: i64,
    /// What it is worth to the guest, for all of `quantity`.
    pub value_minor: i64,
    pub currency: String,
    pub personalised: bool,
    /// Of the habit, in decayed occasions.
    pub strength: Option<f64>,
    pub evidence: Vec<Evidence>,
}

/// An order that shows the habit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub order_id: String,
    /// The service day, as 2026-11-23.
    pub date: String,
    pub quantity: i64,
}

/// Another option that passed the same checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    pub kind: GestureKind,
    pub item_id: Option<String>,
    pub name: String,
    pub quantity: i64,
    pub value_minor: i64,
    pub currency: String,
}

/// Why it was decided so: enough to recompute it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Decision {
    pub policy_version: String,
    pub rule: String,
    pub intent: String,
    pub facts: BTreeMap<String, String>,
    pub candidates: Vec<Candidate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub option: String,
    pub score: f64,
    pub rejected_because: Option<String>,
}

impl Gesture {
    /// The gesture as another option.
    pub fn as_alternative(&self) -> Alternative {
        Alternative {
            kind: self.kind,
            item_id: self.item_id.clone(),
            name: self.name.clone(),
            quantity: self.quantity,
            value_minor: self.value_minor,
            currency: self.currency.clone(),
        }
    }
}
