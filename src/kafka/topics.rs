//! Which topics there must be and how they must be set up; creates and checks them.

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaErrorCode as Code;
use thiserror::Error;

use super::client::{Clients, Logged};
use super::observer::Observer;
use crate::config::Config;
use crate::events::OutputContract;

/// How long an unreachable cluster is tried.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A topic that was just created may be known to one broker and not yet to the next.
const PROPAGATION: Duration = Duration::from_secs(5);

/// Personal data must not stay among the dead letters for longer.
const DEAD_LETTER_RETENTION_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// What was erased is compacted away within this time.
const ERASED_WITHIN_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// Larger than any record of an input, with room for our headers.
const LARGE_RECORDS: &str = "8388608";
/// What brokers take when nothing is set.
const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_048_588;

#[derive(Debug, Error)]
pub enum TopicsError {
    #[error(
        "no broker at {brokers} answered within {} s ({reason}); check kafka.bootstrap_servers, the network and the \
         credentials", TIMEOUT.as_secs()
    )]
    Unreachable { brokers: String, reason: String },
    #[error("cannot create topic {topic}: {reason}")]
    Create { topic: String, reason: String },
    #[error("cannot talk to the cluster: {0}")]
    Client(#[from] KafkaError),
    #[error("cannot start the runtime for administration: {0}")]
    Runtime(#[from] std::io::Error),
}

/// A topic as it should be.
#[derive(Debug, Clone)]
struct Wanted<'a> {
    name: &'a str,
    role: Role,
    /// Given at creation, when they differ from the broker's defaults.
    settings: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Mailbox,
    State,
    Input { compacted: bool },
    Catalogue,
    Output,
    DeadLetters,
}

/// What `check` has found.
#[derive(Debug, Default)]
pub struct Report {
    /// With these the service must not run.
    pub problems: Vec<String>,
    /// It runs, but not as well as it could.
    pub warnings: Vec<String>,
    /// Every topic that exists, and how many partitions it has.
    pub partitions: Vec<(String, i32)>,
    /// The largest record that the dead-letter topic takes.
    pub max_dead_letter_bytes: usize,
}

impl Wanted<'_> {
    /// Somebody else writes to it, and may have made it.
    fn is_input(&self) -> bool {
        matches!(self.role, Role::Input { .. } | Role::Catalogue)
    }

    /// How many partitions it is created with. Every instance reads the whole catalogue, so one serves it best.
    fn partitions(&self, config: &Config) -> i32 {
        if self.role == Role::Catalogue { 1 } else { config.internal.partitions as i32 }
    }
}

impl Report {
    pub fn partitions_of(&self, topic: &str) -> i32 {
        self.partitions.iter().find(|(name, _)| name == topic).map_or(0, |(_, partitions)| *partitions)
    }
}

fn wanted(config: &Config) -> Vec<Wanted<'_>> {
    let setting = |key, value: &str| (key, value.to_owned());
    let mut topics = vec![
        Wanted {
            name: &config.internal.mailbox,
            role: Role::Mailbox,
            settings: vec![
                setting("cleanup.policy", "delete"),
                setting("retention.ms", "-1"),
                setting("retention.bytes", "-1"),
                setting("max.message.bytes", LARGE_RECORDS),
            ],
        },
        Wanted {
            name: &config.internal.state,
            role: Role::State,
            settings: vec![
                setting("cleanup.policy", "compact"),
                ("max.compaction.lag.ms", ERASED_WITHIN_MS.to_string()),
                setting("max.message.bytes", LARGE_RECORDS),
            ],
        },
        Wanted {
            name: &config.dead_letters.topic,
            role: Role::DeadLetters,
            settings: vec![
                setting("cleanup.policy", "delete"),
                ("retention.ms", DEAD_LETTER_RETENTION_MS.to_string()),
                setting("max.message.bytes", LARGE_RECORDS),
            ],
        },
    ];
    for name in OutputContract::ALL.map(|contract| config.outputs.topic(contract)) {
        topics.push(Wanted { name, role: Role::Output, settings: vec![setting("cleanup.policy", "delete")] });
    }
    if let Some(input) = config.catalogue_input() {
        let settings = vec![setting("cleanup.policy", "compact")];
        topics.push(Wanted { name: &input.topic, role: Role::Catalogue, settings });
    }
    for input in config.group_inputs() {
        let compacted = input.content.is_compacted();
        let policy = if compacted { "compact" } else { "delete" };
        let settings = vec![setting("cleanup.policy", policy)];
        topics.push(Wanted { name: &input.topic, role: Role::Input { compacted }, settings });
    }
    topics
}

/// Creates what is missing: the internal topics, outputs and dead letters, and with `inputs` those too. Returns the
/// topics that were created, and those that were there already.
pub fn create(config: &Config, clients: &Clients, inputs: bool) -> Result<(Vec<String>, Vec<String>), TopicsError> {
    let observer = Observer::new(clients)?;
    reach(config, &observer)?;
    let (mut created, mut existing) = (Vec::new(), Vec::new());
    let mut new = Vec::new();
    let wanted = wanted(config);
    for topic in wanted.iter().filter(|topic| inputs || !topic.is_input()) {
        if observer.partition_count(topic.name, TIMEOUT)?.is_some() {
            existing.push(topic.name.to_owned());
            continue;
        }
        let replication = TopicReplication::Fixed(config.internal.replication_factor);
        let mut topic_to_create = NewTopic::new(topic.name, topic.partitions(config), replication);
        for (key, value) in &topic.settings {
            topic_to_create = topic_to_create.set(key, value);
        }
        new.push(topic_to_create);
    }
    if new.is_empty() {
        return Ok((created, existing));
    }
    let admin: AdminClient<Logged> = clients.admin().create_with_context(Logged)?;
    let options = AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT));
    for result in runtime()?.block_on(admin.create_topics(&new, &options))? {
        match result {
            Ok(topic) => created.push(topic),
            // somebody else was quicker
            Err((topic, Code::TopicAlreadyExists)) => existing.push(topic),
            Err((topic, code)) => {
                let reason = match code {
                    Code::InvalidReplicationFactor => {
                        "there are fewer brokers than internal.replication_factor".to_owned()
                    }
                    Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed => {
                        "the credentials lack the right to create topics".to_owned()
                    }
                    other => other.to_string(),
                };
                return Err(TopicsError::Create { topic, reason });
            }
        }
    }
    Ok((created, existing))
}

/// Looks at every topic that the service uses.
pub fn check(config: &Config, clients: &Clients) -> Result<Report, TopicsError> {
    let observer = Observer::new(clients)?;
    reach(config, &observer)?;
    let mut report = Report { max_dead_letter_bytes: DEFAULT_MAX_MESSAGE_BYTES, ..Report::default() };
    let wanted = wanted(config);
    let mut found = Vec::new();
    let give_up = Instant::now() + PROPAGATION;
    for topic in &wanted {
        match partition_count_by(&observer, topic.name, give_up)? {
            Some(partitions) => {
                report.partitions.push((topic.name.to_owned(), partitions));
                found.push(topic);
            }
            None => report.problems.push(missing(topic, config)),
        }
    }
    let (mailbox, state) = (&config.internal.mailbox, &config.internal.state);
    for topic in [mailbox, state] {
        let (found, configured) = (report.partitions_of(topic), config.internal.partitions);
        if found != 0 && found as u32 != configured {
            report.problems.push(format!(
                "topic {topic} has {found} partitions, internal.partitions says {configured}: the mailbox and the state need \
                 the same number, which is fixed at creation; set internal.partitions = {found}, or start with new \
                 internal topics"
            ));
        }
    }
    check_settings(&found, clients, &mut report)?;
    Ok(report)
}

/// The number of partitions, or `None` when the topic is still unknown at `give_up`.
fn partition_count_by(observer: &Observer, topic: &str, give_up: Instant) -> Result<Option<i32>, TopicsError> {
    loop {
        let count = observer.partition_count(topic, TIMEOUT)?;
        if count.is_some() || Instant::now() >= give_up {
            return Ok(count);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn reach(config: &Config, observer: &Observer) -> Result<(), TopicsError> {
    // any answer will do
    match observer.partition_count(&config.internal.mailbox, TIMEOUT) {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = error.rdkafka_error_code().map_or_else(|| error.to_string(), |code| code.to_string());
            Err(TopicsError::Unreachable { brokers: config.kafka.brokers().to_owned(), reason })
        }
    }
}

fn missing(topic: &Wanted<'_>, config: &Config) -> String {
    let name = topic.name;
    if topic.is_input() {
        return format!(
            "input topic {name} does not exist: correct [[inputs]], or create it (`service-recovery topics create --inputs` \
             makes it with {} partitions)",
            topic.partitions(config)
        );
    }
    format!("topic {name} does not exist: run `service-recovery topics create`")
}

fn check_settings(topics: &[&Wanted<'_>], clients: &Clients, report: &mut Report) -> Result<(), TopicsError> {
    if topics.is_empty() {
        return Ok(());
    }
    let admin: AdminClient<Logged> = clients.admin().create_with_context(Logged)?;
    let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
    let resources: Vec<ResourceSpecifier<'_>> =
        topics.iter().map(|topic| ResourceSpecifier::Topic(topic.name)).collect();
    let described = runtime()?.block_on(admin.describe_configs(&resources, &options))?;
    for (topic, result) in topics.iter().zip(described) {
        match result {
            Ok(settings) => judge(topic, |key| value(&settings, key), report),
            Err(RDKafkaErrorCode::TopicAuthorizationFailed) => report.warnings.push(format!(
                "the settings of topic {} cannot be checked: the credentials lack the right to describe its configuration",
                topic.name
            )),
            Err(code) => report.warnings.push(format!("the settings of topic {} cannot be checked: {code}", topic.name)),
        }
    }
    Ok(())
}

fn value(settings: &ConfigResource, key: &str) -> Option<String> {
    settings.get(key)?.value.clone()
}

/// Compares the settings of a topic with what its role needs.
fn judge(topic: &Wanted<'_>, setting: impl Fn(&str) -> Option<String>, report: &mut Report) {
    let name = topic.name;
    let policy = setting("cleanup.policy").unwrap_or_default();
    let compacts = policy.split(',').any(|part| part.trim() == "compact");
    let deletes = policy.split(',').any(|part| part.trim() == "delete");
    let number = |key: &str| setting(key).and_then(|value| value.parse::<i64>().ok());
    let alter = |key: &str, value: &str| {
        format!(
            "set it with `kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {key}={value}`"
        )
    };
    match topic.role {
        Role::State if deletes || !compacts => report.problems.push(format!(
            "topic {name} has cleanup.policy={policy}: entities would be forgotten; {}",
            alter("cleanup.policy", "compact")
        )),
        Role::Mailbox => {
            if compacts {
                report.problems.push(format!(
                    "topic {name} has cleanup.policy={policy}: messages would be lost; {}",
                    alter("cleanup.policy", "delete")
                ));
            }
            for key in ["retention.ms", "retention.bytes"] {
                if let Some(limit) = number(key).filter(|limit| *limit >= 0) {
                    report.problems.push(format!(
                        "topic {name} has {key}={limit}: unread messages would be lost; {}",
                        alter(key, "-1")
                    ));
                }
            }
        }
        Role::Output if compacts => report.problems.push(format!(
            "topic {name} has cleanup.policy={policy}: it is keyed by guest, all but a guest's last record would be lost; {}",
            alter("cleanup.policy", "delete")
        )),
        Role::Input { compacted: true } if !compacts => report.warnings.push(format!(
            "topic {name} has cleanup.policy={policy}: profiles that are older than its retention are forgotten; {}",
            alter("cleanup.policy", "compact")
        )),
        Role::Catalogue if !compacts || deletes => report.warnings.push(format!(
            "topic {name} has cleanup.policy={policy}: items that are older than its retention are no longer listed; {}",
            alter("cleanup.policy", "compact")
        )),
        Role::DeadLetters => {
            if let Some(bytes) = number("max.message.bytes").and_then(|bytes| usize::try_from(bytes).ok()) {
                report.max_dead_letter_bytes = bytes;
            }
            let retention = number("retention.ms").unwrap_or(-1);
            if compacts || !(0..=DEAD_LETTER_RETENTION_MS).contains(&retention) {
                report.problems.push(format!(
                    "topic {name} has cleanup.policy={policy} and retention.ms={retention}: dead letters hold personal \
                     data and must go after 7 days; {}",
                    alter("cleanup.policy=delete,retention.ms", &DEAD_LETTER_RETENTION_MS.to_string())
                ));
            }
        }
        Role::State | Role::Output | Role::Input { .. } | Role::Catalogue => {}
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().build()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn found(role: Role, settings: &[(&str, &str)]) -> (usize, usize) {
        let topic = Wanted { name: "t", role, settings: Vec::new() };
        let mut report = Report::default();
        let lookup = |key: &str| settings.iter().find(|(k, _)| *k == key).map(|(_, value)| (*value).to_owned());
        judge(&topic, lookup, &mut report);
        (report.problems.len(), report.warnings.len())
    }

    #[rstest]
    #[case::state(Role::State, &[("cleanup.policy", "compact")], (0, 0))]
    #[case::state_that_forgets(Role::State, &[("cleanup.policy", "compact,delete")], (1, 0))]
    #[case::state_that_grows(Role::State, &[("cleanup.policy", "delete")], (1, 0))]
    #[case::mailbox(Role::Mailbox, &[("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")], (0, 0))]
    #[case::mailbox_with_a_limit(Role::Mailbox, &[("cleanup.policy", "delete"), ("retention.ms", "604800000")], (1, 0))]
    #[case::compacted_mailbox(Role::Mailbox, &[("cleanup.policy", "compact"), ("retention.ms", "-1")], (1, 0))]
    #[case::compacted_output(Role::Output, &[("cleanup.policy", "compact")], (1, 0))]
    #[case::profiles(Role::Input { compacted: true }, &[("cleanup.policy", "delete")], (0, 1))]
    #[case::items(Role::Catalogue, &[("cleanup.policy", "compact")], (0, 0))]
    #[case::items_that_expire(Role::Catalogue, &[("cleanup.policy", "compact,delete")], (0, 1))]
    #[case::letters_for_a_week(Role::DeadLetters, &[("cleanup.policy", "delete"), ("retention.ms", "604800000")], (0, 0))]
    #[case::letters_for_ever(Role::DeadLetters, &[("cleanup.policy", "delete"), ("retention.ms", "-1")], (1, 0))]
    fn settings_that_lose_or_keep_too_much_are_found(
        #[case] role: Role,
        #[case] settings: &[(&str, &str)],
        #[case] expected: (usize, usize),
    ) {
        assert_eq!(found(role, settings), expected);
    }
}
