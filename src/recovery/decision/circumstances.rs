//! What the decision of one action rests on beside the facts of its case, and how it is brought up to date.
//!
//! What nobody has taken up is decided anew when more becomes known. What staff have accepted, and a gesture, stay as
//! they were decided, with the facts of then.

use std::collections::BTreeMap;

use super::record::{Reader, RecordError, Writer};
use super::{Case, measures, remedy};
use crate::events::{
    ActionKind, ActionState, Allowed, Authority, Decision, RecoveryAction, Remedy, RemedyKind, Severity,
};
use crate::policy::Rule;

/// Written among the facts of an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The incident's severity, where these facts alone would give another: once decided, it only rises.
    pub severity_before: Option<Severity>,
    /// The incident's severity since, where this action is not decided anew.
    pub severity_since: Option<Severity>,
    /// Whose authority was not enough: this is one level up, with apology and redress in one.
    pub authority_before: Option<Authority>,
    /// Whoever has it keeps it, whoever the rule would ask by now.
    pub authority_kept: Option<Authority>,
    /// Staff are on their way with this remedy, whatever the rule would put first by now.
    pub remedy_kept: Option<RemedyKind>,
    /// Somebody had said sorry: only then may the guest be given a choice (R24).
    pub first_step_taken: bool,
}

const SEVERITY_SINCE: &str = "severity_since";

impl Circumstances {
    pub fn write(&self, facts: &mut BTreeMap<String, String>) {
        let mut writer = Writer(facts);
        writer.put_if_known("severity_before", self.severity_before);
        writer.put_if_known(SEVERITY_SINCE, self.severity_since);
        writer.put_if_known("authority_before", self.authority_before);
        writer.put_if_known("authority_kept", self.authority_kept);
        writer.put_if_known("remedy_kept", self.remedy_kept);
        writer.put_if("first_step_taken", "yes", self.first_step_taken);
    }

    /// # Errors
    /// A fact is not what its name says.
    pub fn read(facts: &BTreeMap<String, String>) -> Result<Self, RecordError> {
        let reader = Reader(facts);
        Ok(Self {
            severity_before: reader.get("severity_before", "a severity")?,
            severity_since: reader.get(SEVERITY_SINCE, "a severity")?,
            authority_before: reader.get("authority_before", "an authority level")?,
            authority_kept: reader.get("authority_kept", "an authority level")?,
            remedy_kept: reader.get("remedy_kept", "a remedy")?,
            first_step_taken: reader.is("first_step_taken", "yes")?,
        })
    }
}

/// An open action as it is decided now.
pub struct Renewed {
    pub assignee: String,
    pub remedy: Option<Remedy>,
    pub allowed: Option<Allowed>,
    pub decision: Decision,
}

impl Case<'_> {
    /// What a rule decides, with the facts that it decides by.
    pub fn decision(&self, rule: &Rule) -> Decision {
        Decision {
            policy_version: self.policy.version.clone(),
            rule: rule.name.clone(),
            intent: rule.intent_in(&self.site.language).to_owned(),
            facts: self.facts.to_record(),
            candidates: Vec::new(),
        }
    }

    /// The severity, where these facts alone would give another.
    pub fn severity_before(&self, severity: Severity) -> Option<Severity> {
        (self.severity() != severity).then_some(severity)
    }

    /// What an action is now. Notes that are not facts of the case stay with it.
    pub fn renewed(&self, action: &RecoveryAction, rule: &Rule, severity: Severity) -> Renewed {
        let percent = rule.then.refund_percent;
        let kept = action.remedy.as_ref().map(|remedy| remedy.kind);
        let remedy = kept.and_then(|kind| remedy::choose(&self.facts, &[kind], percent));
        let is_helpless = kept.is_some() && remedy.is_none();
        if action.state != ActionState::Open || action.kind.is_gift() || is_helpless {
            return self.as_it_was(action, severity);
        }
        let before = Circumstances::read(&action.decision.facts).unwrap_or_default();
        let first = match before.authority_before {
            Some(_) => remedy::of_second_failure(&self.facts, rule),
            None => remedy::choose(&self.facts, &rule.then.remedy, percent),
        };
        // whoever is asked after a second failure brings the redress that has become possible since
        let remedy = if before.authority_before.is_some() { remedy.or_else(|| first.clone()) } else { remedy };
        let is_first = first.map(|remedy| remedy.kind) == kept;
        let raised = before.authority_before.map(Authority::raised);
        let authority = raised.unwrap_or_else(|| measures::authority(action.kind, rule));
        let circumstances = Circumstances {
            severity_before: self.severity_before(severity),
            authority_kept: (authority != action.authority).then_some(action.authority),
            remedy_kept: kept.filter(|_| !is_first),
            authority_before: before.authority_before,
            severity_since: None,
            first_step_taken: false,
        };
        let mut decision = self.decision(rule);
        circumstances.write(&mut decision.facts);
        decision.candidates.clone_from(&action.decision.candidates);
        for (name, noted) in &action.decision.facts {
            if super::record::is_note(name) {
                decision.facts.insert(name.clone(), noted.clone());
            }
        }
        let allowed = measures::allowed(&self.facts, self.policy, severity, action.authority);
        // what belongs to nobody any more is the desk's, and the other way round
        let assignee = match action.kind {
            ActionKind::HumanContact => measures::assignee(action.kind, action.authority, &self.facts, self.policy),
            _ => &action.assignee,
        };
        Renewed { assignee: assignee.to_owned(), remedy, allowed, decision }
    }

    /// Only what staff read about it follows what is known now.
    fn as_it_was(&self, action: &RecoveryAction, severity: Severity) -> Renewed {
        let mut decision = action.decision.clone();
        self.facts.write_told(&mut decision.facts);
        if severity != action.severity {
            decision.facts.insert(SEVERITY_SINCE.to_owned(), severity.to_string());
        }
        Renewed {
            assignee: action.assignee.clone(),
            remedy: action.remedy.clone(),
            allowed: action.allowed.clone(),
            decision,
        }
    }
}
