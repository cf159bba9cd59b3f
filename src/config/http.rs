//! `[http]`: metrics, health and status; and, where switched on, the intake and the look-ups.
//!
//! Neither starts without tokens, and a token is never printed: not by `Display`, not by `Debug`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use config::{Value, ValueKind};
use serde::{Deserialize, Deserializer};

use super::{Content, InputConfig, Problems};
use crate::codec::MAX_VALUE_BYTES;
use crate::events::Contract;

/// Shorter tokens can be guessed.
const MIN_TOKEN_CHARS: usize = 16;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// As `0.0.0.0:8080`; port 0 takes a free one, which the log names.
    pub listen: String,
    pub intake: IntakeConfig,
    pub lookups: LookupsConfig,
}

/// `[http.intake]`: complaints and outcomes by HTTP, for tablets without Kafka.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntakeConfig {
    pub enabled: bool,
    /// By the name of who uses them; a name may have several, so that they can be changed one after the other.
    #[serde(deserialize_with = "tokens")]
    pub tokens: TokenTable,
    /// More of them: a name and a token a line.
    pub tokens_file: Option<PathBuf>,
    /// Where complaints are written. Default: the one input that holds complaints.
    pub complaints_topic: Option<String>,
    /// Where outcomes are written. Default: the one input that holds recovery-outcomes.
    pub outcomes_topic: Option<String>,
    /// How long the brokers may take to acknowledge an event.
    pub timeout_ms: u64,
    /// Requests at the same time; more are asked to come again.
    pub max_concurrent: usize,
    pub max_body_bytes: usize,
}

/// `[http.lookups]`: what this instance knows of a guest or an order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LookupsConfig {
    pub enabled: bool,
    /// As those of the intake, which do not open this door.
    #[serde(deserialize_with = "tokens")]
    pub tokens: TokenTable,
    pub tokens_file: Option<PathBuf>,
    /// How long a worker may take to answer between its transactions.
    pub timeout_ms: u64,
    /// Requests at the same time; more are asked to come again.
    pub max_concurrent: usize,
}

pub type TokenTable = BTreeMap<String, Vec<Secret>>;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: "0.0.0.0:8080".to_owned(), intake: IntakeConfig::default(), lookups: LookupsConfig::default() }
    }
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            tokens: TokenTable::new(),
            tokens_file: None,
            complaints_topic: None,
            outcomes_topic: None,
            timeout_ms: 5_000,
            max_concurrent: 64,
            max_body_bytes: 64 * 1024,
        }
    }
}

impl Default for LookupsConfig {
    fn default() -> Self {
        Self { enabled: false, tokens: TokenTable::new(), tokens_file: None, timeout_ms: 2_000, max_concurrent: 8 }
    }
}

impl IntakeConfig {
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The topic that events of `contract` are written to, or what is wrong with it; one that a mapping reads holds
    /// something else. `Ok(None)`: no input reads such events, so none are taken.
    pub fn topic<'a>(&'a self, contract: Contract, inputs: &'a [InputConfig]) -> Result<Option<&'a str>, String> {
        let name = contract.name();
        let mut readers =
            inputs.iter().filter(|input| input.content == Content::Contract(contract)).map(|input| &*input.topic);
        let named = if contract == Contract::Complaints { &self.complaints_topic } else { &self.outcomes_topic };
        if let Some(topic) = named {
            let is_read = readers.any(|reader| reader == topic);
            return if is_read { Ok(Some(topic)) } else { Err(format!("no input reads {name} from {topic:?}")) };
        }
        match (readers.next(), readers.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(format!("several inputs hold {name}: say which of them the intake writes to")),
        }
    }

    fn validate(&self, inputs: &[InputConfig], problems: &mut Problems) {
        check_tokens("http.intake", self.enabled, &self.tokens, self.tokens_file.is_some(), problems);
        problems.check_range("http.intake.timeout_ms", self.timeout_ms, 500..=60_000);
        problems.check_range("http.intake.max_concurrent", self.max_concurrent, 1..=10_000);
        problems.check_range("http.intake.max_body_bytes", self.max_body_bytes, 1_024..=MAX_VALUE_BYTES);
        if !self.enabled {
            return;
        }
        let complaints = self.topic(Contract::Complaints, inputs);
        let outcomes = self.topic(Contract::RecoveryOutcomes, inputs);
        if complaints == Ok(None) && outcomes == Ok(None) {
            problems.add("http.intake", "no input holds complaints or recovery-outcomes: nothing could be taken in");
        }
        if let Err(problem) = complaints {
            problems.add("http.intake.complaints_topic", problem);
        }
        if let Err(problem) = outcomes {
            problems.add("http.intake.outcomes_topic", problem);
        }
    }
}

impl LookupsConfig {
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    fn validate(&self, problems: &mut Problems) {
        check_tokens("http.lookups", self.enabled, &self.tokens, self.tokens_file.is_some(), problems);
        problems.check_range("http.lookups.timeout_ms", self.timeout_ms, 100..=60_000);
        problems.check_range("http.lookups.max_concurrent", self.max_concurrent, 1..=1_000);
    }
}

impl HttpConfig {
    pub(super) fn validate(&self, inputs: &[InputConfig], problems: &mut Problems) {
        let port =
            self.listen.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
        if port.is_none() {
            problems.add("http.listen", format!("{:?} is no address: write it as \"0.0.0.0:8080\"", self.listen));
        }
        self.intake.validate(inputs, problems);
        self.lookups.validate(problems);
    }
}

impl fmt::Display for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |table: &TokenTable| table.keys().cloned().collect::<Vec<_>>().join(",");
        write!(f, "http.listen={} http.intake.enabled={}", self.listen, self.intake.enabled)?;
        if self.intake.enabled {
            write!(f, " http.intake.tokens=(hidden):{}", names(&self.intake.tokens))?;
        }
        write!(f, " http.lookups.enabled={}", self.lookups.enabled)?;
        if self.lookups.enabled {
            write!(f, " http.lookups.tokens=(hidden):{}", names(&self.lookups.tokens))?;
        }
        Ok(())
    }
}

/// What is wrong with the name of a token, if anything: it becomes part of the source of events.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_fine = (1..=64).contains(&name.len()) && name.chars().all(allowed);
    (!is_fine).then_some("is no name for a token: use 1-64 letters, digits, '.', '_' and '-'")
}

/// What is wrong with a token, if anything. Never repeats it.
pub fn secret_problem(secret: &Secret) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/' | '=');
    if secret.reveal().chars().count() < MIN_TOKEN_CHARS {
        return Some(format!("is shorter than {MIN_TOKEN_CHARS} characters: make one with `openssl rand -hex 32`"));
    }
    let is_fine = secret.reveal().chars().all(allowed);
    (!is_fine).then(|| "has characters that a header cannot carry: use letters, digits and -._~+/=".to_owned())
}

fn check_tokens(section: &str, enabled: bool, tokens: &TokenTable, has_file: bool, problems: &mut Problems) {
    if enabled && !has_file && tokens.values().all(Vec::is_empty) {
        problems.add(section, "is enabled without a token: give tokens or tokens_file");
    }
    for (name, secrets) in tokens {
        let key = format!("{section}.tokens.{name}");
        if let Some(problem) = name_problem(name) {
            problems.add(&key, problem);
        }
        for problem in secrets.iter().filter_map(secret_problem) {
            problems.add(&key, problem);
        }
    }
}

/// `name = "token"`, or a list of tokens. A number is refused: leading zeros would be lost.
fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TokenTable, D::Error> {
    let mut table = TokenTable::new();
    for (name, value) in BTreeMap::<String, Value>::deserialize(deserializer)? {
        let values = match value.kind {
            ValueKind::Array(values) => values,
            _ => vec![value],
        };
        for value in values {
            let ValueKind::String(text) = value.kind else {
                return Err(serde::de::Error::custom(format!("the token of {name} must be a text, in quotes")));
            };
            table.entry(name.clone()).or_default().push(Secret::new(text));
        }
    }
    Ok(table)
}
