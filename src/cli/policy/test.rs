//! `policy test`: does the policy decide each scenario as it should?

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::cli::Failure;
use crate::codec::Codec;
use crate::document::unknown;
use crate::policy;
use crate::scenarios::{self, Failure as Wrong, Finding, Scenario, ScenarioFiles};

/// Plays the scenarios of a policy, and tells which of them it decides otherwise than they say.
///
/// A scenario is a TOML file in DIR/scenarios: events, answers of staff, and the decisions that are expected. The engine
/// is that of `backtest`. Exit code 0: all pass. 1: some fail. 2: the policy or a scenario cannot be read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  service-recovery policy test policies/hotel
  service-recovery policy test policies/hotel H1 room-service
  service-recovery policy test hotel --json")]
pub(super) struct Test {
    /// The directory with policy.toml and scenarios/, or the name of a preset.
    #[arg(value_name = "DIR")]
    policy: String,
    /// Only these: the name of a scenario's file or a part of it, or a word of its `covers`.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// What became of one scenario.
#[derive(Debug, serde::Serialize)]
struct Verdict<'a> {
    name: &'a str,
    file: &'a str,
    title: &'a str,
    covers: &'a [String],
    passed: bool,
    findings: Vec<Finding>,
}

#[derive(Debug, serde::Serialize)]
struct Verdicts<'a> {
    policy_version: &'a str,
    passed: usize,
    failed: usize,
    scenarios: Vec<Verdict<'a>>,
}

impl Test {
    pub(super) fn run(self) -> Result<(), Failure> {
        let policy = Arc::new(policy::open(&self.policy).map_err(Failure::usage)?);
        let codec = Codec::new(None)?;
        let files = self.files()?;
        let scenarios = scenarios::read_all(&files, &policy, &codec).map_err(Failure::usage)?;
        let mut verdicts = Verdicts { policy_version: &policy.version, passed: 0, failed: 0, scenarios: Vec::new() };
        for scenario in self.chosen(&scenarios)? {
            let findings = scenario.play(&policy, &codec);
            let verdict = Verdict {
                name: &scenario.name,
                file: &scenario.file,
                title: &scenario.title,
                covers: &scenario.covers,
                passed: findings.is_empty(),
                findings,
            };
            *if verdict.passed { &mut verdicts.passed } else { &mut verdicts.failed } += 1;
            if !self.json {
                anstream::println!("{}", verdict.text().trim_end());
            }
            verdicts.scenarios.push(verdict);
        }
        if self.json {
            anstream::println!("{}", serde_json::to_string_pretty(&verdicts)?);
        } else {
            anstream::println!("\n{} passed, {} failed", verdicts.passed, verdicts.failed);
        }
        match verdicts.failed {
            0 => Ok(()),
            1 => Err(Failure::new("1 scenario was decided otherwise")),
            failed => Err(Failure::new(format!("{failed} scenarios were decided otherwise"))),
        }
    }

    fn files(&self) -> Result<ScenarioFiles, Failure> {
        let directory = Path::new(&self.policy);
        let files = if directory.is_dir() {
            scenarios::beside(directory).map_err(Failure::usage)?
        } else {
            scenarios::of_preset(&self.policy)
        };
        if files.scenarios.is_empty() {
            let reason = format!("no scenario in {}/scenarios: put a *.toml there (docs/scenarios.md)", self.policy);
            return Err(Failure::usage(reason));
        }
        Ok(files)
    }

    /// Those that were named; all of them when none was.
    fn chosen<'a>(&self, scenarios: &'a [Scenario]) -> Result<Vec<&'a Scenario>, Failure> {
        let is_meant = |scenario: &Scenario, name: &str| {
            scenario.name.contains(name) || scenario.covers.iter().any(|covered| covered == name)
        };
        for name in &self.names {
            if !scenarios.iter().any(|scenario| is_meant(scenario, name)) {
                let known = scenarios.iter().flat_map(|one| one.covers.iter().chain([&one.name]));
                let known: Vec<&str> = known.map(String::as_str).collect();
                return Err(Failure::usage(unknown("scenario", name, &known)));
            }
        }
        let is_chosen = |one: &&Scenario| self.names.is_empty() || self.names.iter().any(|name| is_meant(one, name));
        Ok(scenarios.iter().filter(is_chosen).collect())
    }
}

impl Verdict<'_> {
    fn text(&self) -> String {
        let word = if self.passed { "ok  " } else { "FAIL" };
        let covers = if self.covers.is_empty() { String::new() } else { format!("{} ", self.covers.join(" ")) };
        let mut text = format!("{word}  {}: {covers}{}\n", self.name, self.title);
        for finding in &self.findings {
            // writing to a string cannot fail
            let _ = write_finding(&mut text, self.file, finding);
        }
        text
    }
}

fn write_finding(text: &mut String, file: &str, finding: &Finding) -> std::fmt::Result {
    let place = format!("{file}:{}:{}", finding.place.line, finding.place.column);
    match &finding.failure {
        Wrong::Story { reason } => writeln!(text, "  {place}: {reason}"),
        Wrong::Unexpected { sort, got, reasons } => {
            writeln!(text, "  {place}: nobody expected this {}: {got}", sort.noun())?;
            write_reasons(text, reasons)
        }
        Wrong::Missing { sort, expected, got: None, .. } => {
            writeln!(text, "  {place}: no such {}: {expected}", sort.noun())
        }
        Wrong::Missing { sort, expected, got: Some(got), differences, reasons } => {
            writeln!(text, "  {place}: no such {}: {expected}", sort.noun())?;
            writeln!(text, "    nearest is {got}")?;
            for difference in differences {
                writeln!(text, "      {}: expected {}", difference.key, difference.expected)?;
                writeln!(text, "      {:indent$}  got {}", "", difference.got, indent = difference.key.len())?;
            }
            write_reasons(text, reasons)
        }
    }
}

fn write_reasons(text: &mut String, reasons: &[String]) -> std::fmt::Result {
    for reason in reasons {
        writeln!(text, "      {reason}")?;
    }
    Ok(())
}
