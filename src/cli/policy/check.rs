//! `policy check`: everything that is wrong with a policy, before it is used.

use clap::Args;

use crate::cli::Failure;
use crate::policy::{self, Policy, PolicyErrors, Problem};

/// Reads a policy and lists every problem with its file, line and column.
///
/// Exit code 0: the policy can be used. 2: it cannot.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  service-recovery policy check policies/hotel")]
pub(super) struct Check {
    /// The directory with policy.toml, or the name of a preset (hotel, delivery, evaluation).
    #[arg(value_name = "DIR")]
    policy: String,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, serde::Serialize)]
struct Verdict<'a> {
    ok: bool,
    summary: Option<Summary>,
    problems: &'a [Problem],
}

#[derive(Debug, serde::Serialize)]
struct Summary {
    version: String,
    rules: usize,
    languages: Vec<String>,
    sites: Vec<String>,
    touchpoints: Vec<String>,
    items: usize,
    owners: Vec<String>,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let outcome = policy::open(&self.policy);
        if self.json {
            print_json(&outcome)?;
        }
        match outcome {
            Ok(policy) => {
                if !self.json {
                    anstream::println!("{}", describe(&self.policy, &summary(&policy)));
                }
                Ok(())
            }
            Err(errors) => Err(Failure::usage(complaint(&errors, self.json))),
        }
    }
}

fn print_json(outcome: &Result<Policy, PolicyErrors>) -> Result<(), Failure> {
    let verdict = match outcome {
        Ok(policy) => Verdict { ok: true, summary: Some(summary(policy)), problems: &[] },
        Err(errors) => Verdict { ok: false, summary: None, problems: &errors.problems },
    };
    anstream::println!("{}", serde_json::to_string_pretty(&verdict)?);
    Ok(())
}

/// The problems for people; only their number when a program has read them from standard output.
fn complaint(errors: &PolicyErrors, json: bool) -> String {
    let count = errors.problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    if json { format!("{count} {noun} in the policy") } else { format!("{count} {noun} in the policy\n{errors}") }
}

fn summary(policy: &Policy) -> Summary {
    Summary {
        version: policy.version.clone(),
        rules: policy.rules.len(),
        languages: policy.phrases.languages().to_vec(),
        sites: policy.sites.keys().cloned().collect(),
        touchpoints: policy.touchpoints.keys().cloned().collect(),
        items: policy.catalogue.items().count(),
        owners: owners(policy),
    }
}

/// Who hears of what fails again and again, each once.
fn owners(policy: &Policy) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for owner in &policy.owners {
        if !roles.contains(&owner.role) {
            roles.push(owner.role.clone());
        }
    }
    roles
}

fn describe(name: &str, summary: &Summary) -> String {
    let or_default = |names: &[String]| if names.is_empty() { "default only".to_owned() } else { names.join(", ") };
    format!(
        "OK: {name}, version {}\n  rules        {}\n  sites        {}\n  touchpoints  {}\n  languages    {}\n  items        {}\n  owners       {}",
        summary.version,
        summary.rules,
        or_default(&summary.sites),
        or_default(&summary.touchpoints),
        summary.languages.join(", "),
        summary.items,
        if summary.owners.is_empty() { "none: causes are not counted".to_owned() } else { summary.owners.join(", ") },
    )
}
