//! `explain`: why one action was decided as it was, recomputed from the event and the policy alone.

mod text;

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize as _;
use serde_json::Value;

use super::{Failure, files};
use crate::events::RecoveryAction;
use crate::policy::{self, Policy};
use crate::recovery::explain::{self, Explanation};

/// Recomputes the decision of one action from its event and a policy, and says what happened, how bad it was and why,
/// which rule decided and in which spirit, and what was considered.
///
/// Exit code 0: the same decision. 1: something differs; the output says what. 2: the event or the policy cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  service-recovery explain action.json --policy policies/hotel
  service-recovery explain results/recovery-actions.ndjson --policy hotel --action ID --json")]
pub struct ExplainArgs {
    /// An action as it was published (JSON), or recorded events (NDJSON) with one among them; `-` for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy that decided: its directory, or the name of a preset.
    #[arg(long, value_name = "DIR")]
    policy: String,
    /// Which action, where the file has several.
    #[arg(long, value_name = "ID")]
    action: Option<String>,
    /// Which revision of it; without it, the last.
    #[arg(long, value_name = "N")]
    revision: Option<i64>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl ExplainArgs {
    /// # Errors
    /// Nothing to explain, no policy to explain it by, or a decision that is not what the policy says.
    pub fn run(self) -> Result<(), Failure> {
        let (name, mut file) = files::open(&self.file)?;
        let mut content = String::new();
        file.read_to_string(&mut content).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let action = self.choose(actions(&content, &name)?, &name)?;
        let policy = policy::open(&self.policy)
            .map_err(|errors| Failure::usage(format!("the policy cannot be used: {errors}")))?;
        let explanation = explain::explain(&action, &policy)
            .map_err(|error| Failure::usage(format!("{name}: action {} cannot be explained: {error}", action.id)))?;
        if self.json {
            anstream::println!("{}", serde_json::to_string_pretty(&explanation)?);
        } else {
            anstream::print!("{}", text::render(&action, &policy, &explanation));
        }
        verdict(&explanation, &policy)
    }

    fn choose(&self, mut actions: Vec<RecoveryAction>, name: &str) -> Result<RecoveryAction, Failure> {
        if actions.is_empty() {
            return Err(Failure::usage(format!("{name}: no action in it: give an event of recovery-actions, as JSON")));
        }
        if let Some(id) = &self.action {
            actions.retain(|action| action.id == *id);
        }
        if let Some(revision) = self.revision {
            actions.retain(|action| action.revision == revision);
        }
        let mut choices: Vec<String> =
            actions.iter().map(|action| format!("--action {} ({})", action.id, action.kind)).collect();
        choices.sort();
        choices.dedup();
        if choices.len() > 1 {
            let count = choices.len();
            choices.truncate(10);
            return Err(Failure::usage(format!(
                "{name}: {count} actions in it, choose one:\n  {}",
                choices.join("\n  ")
            )));
        }
        let last = actions.into_iter().max_by_key(|action| action.revision);
        last.ok_or_else(|| Failure::usage(format!("{name}: no such action or revision in it")))
    }
}

/// Every action among the values of a file, one a line or written over many.
fn actions(content: &str, name: &str) -> Result<Vec<RecoveryAction>, Failure> {
    let mut actions = Vec::new();
    for value in serde_json::Deserializer::from_str(content).into_iter::<Value>() {
        let value = value.map_err(|error| Failure::usage(format!("{name}: not JSON: {error}")))?;
        let is_recorded = value.get("topic").is_some();
        let event = if is_recorded { value.get("value").unwrap_or(&Value::Null) } else { &value };
        if is_recorded && event.get("decision").is_none() {
            continue; // something else that was recorded beside it
        }
        let action = RecoveryAction::deserialize(event);
        actions.push(action.map_err(|error| Failure::usage(format!("{name}: not an action: {error}")))?);
    }
    Ok(actions)
}

fn verdict(explanation: &Explanation, policy: &Policy) -> Result<(), Failure> {
    if explanation.is_identical() {
        return Ok(());
    }
    let names: Vec<&str> = explanation.differences.iter().map(|point| point.name).collect();
    let hint = if explanation.is_same_policy() {
        "the facts were changed, or the policy was changed without a new version".to_owned()
    } else {
        format!("give the policy of version {}, this is {}", explanation.policy_version, policy.version)
    };
    Err(Failure::new(format!("not the same decision ({}): {hint}", names.join(", "))))
}
