//! From one published action and a policy to the same decision again.
//!
//! The facts that travel with the action are all that is looked at: whoever has the event and the policy of its version
//! can see how it came about, and whether it is what the policy says. Nothing of the guest's history is needed.

mod account;
mod points;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::events::{RecoveryAction, Severity};
use crate::policy::{Policy, Rule};
use crate::recovery::decision::circumstances::Circumstances;
use crate::recovery::decision::{Facts, rules, severity};

pub use crate::recovery::decision::caps::Caps;
pub use crate::recovery::decision::record::RecordError;
pub use account::{Account, Considered, PassedOver, Step};
pub use points::Point;

/// What the facts of an action come to under a policy, beside what was published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub action_id: String,
    pub revision: i64,
    /// Of the event.
    pub policy_version: String,
    /// Of the policy that it was compared with.
    pub compared_with: String,
    /// What differs; empty: the decision is the same.
    pub differences: Vec<Point>,
    /// What was compared and is the same.
    pub same: Vec<&'static str>,
    /// What could not be recomputed, and why.
    pub left_out: Vec<String>,
    /// How it came about.
    pub account: Account,
    /// The facts that it rests on.
    pub facts: BTreeMap<String, String>,
}

impl Explanation {
    pub fn is_identical(&self) -> bool {
        self.differences.is_empty()
    }

    pub fn is_same_policy(&self) -> bool {
        self.policy_version == self.compared_with
    }
}

/// Everything that a decision is recomputed from.
struct Decided<'a> {
    action: &'a RecoveryAction,
    policy: &'a Policy,
    facts: Facts,
    circumstances: Circumstances,
    severity: Severity,
    rule: Option<&'a Rule>,
}

/// # Errors
/// The event holds no facts, or one that cannot be read.
pub fn explain(action: &RecoveryAction, policy: &Policy) -> Result<Explanation, RecordError> {
    let facts = Facts::from_record(&action.decision.facts)?;
    let circumstances = Circumstances::read(&action.decision.facts)?;
    let graded = severity::grade(&facts, &policy.severity);
    let severity = circumstances.severity_before.unwrap_or(graded);
    let rule = rules::decide(&facts, policy, severity);
    let decided = Decided { action, policy, facts, circumstances, severity, rule };
    let compared = points::compare(&decided);
    let (same, differences): (Vec<Point>, Vec<Point>) = compared.points.into_iter().partition(Point::is_same);
    Ok(Explanation {
        action_id: action.id.clone(),
        revision: action.revision,
        policy_version: action.decision.policy_version.clone(),
        compared_with: policy.version.clone(),
        differences,
        same: same.into_iter().map(|point| point.name).collect(),
        left_out: compared.left_out,
        account: account::account(&decided),
        facts: action.decision.facts.clone(),
    })
}
