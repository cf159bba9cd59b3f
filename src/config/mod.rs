//! The configuration: one TOML file, overridden by `SERVICE_RECOVERY__SECTION__KEY`, a struct per concern.
//!
//! Read and validated as a whole: every problem is reported at once, each with its key. A configuration that names
//! only the brokers works. Printing it hides what may be secret.

mod dead_letters;
mod display;
mod http;
mod inputs;
mod internal;
mod kafka;
mod load;
mod logging;
mod outputs;
mod policy;
mod privacy;
mod problems;
mod properties;
mod registry;
mod schemas;
mod worker;

pub use dead_letters::DeadLetterConfig;
pub use http::{HttpConfig, IntakeConfig, LookupsConfig, Secret, TokenTable, name_problem, secret_problem};
pub use inputs::{Content, InputConfig};
pub use internal::InternalConfig;
pub use kafka::{KafkaConfig, LostOffsets};
pub use load::ConfigError;
pub use logging::{LogFormat, LoggingConfig};
pub use outputs::OutputConfig;
pub use policy::PolicyConfig;
pub use privacy::PrivacyConfig;
pub use problems::Problems;
pub use registry::RegistryConfig;
pub use schemas::SchemasConfig;
pub use worker::WorkerConfig;

/// Everything that a deployer decides about where and how the service runs.
#[derive(Debug, Clone)]
pub struct Config {
    pub kafka: KafkaConfig,
    /// Which topics are read, and what is in them.
    pub inputs: Vec<InputConfig>,
    pub outputs: OutputConfig,
    pub internal: InternalConfig,
    pub dead_letters: DeadLetterConfig,
    pub worker: WorkerConfig,
    pub http: HttpConfig,
    pub policy: PolicyConfig,
    pub privacy: PrivacyConfig,
    pub schemas: SchemasConfig,
    pub registry: RegistryConfig,
    pub logging: LoggingConfig,
}

impl Config {
    /// The inputs that the group reads, each record by one member.
    pub fn group_inputs(&self) -> impl Iterator<Item = &InputConfig> {
        self.inputs.iter().filter(|input| !input.content.is_catalogue())
    }

    /// The topic of the catalogue, if there is one: every instance reads the whole of it.
    pub fn catalogue_input(&self) -> Option<&InputConfig> {
        self.inputs.iter().find(|input| input.content.is_catalogue())
    }

    /// Every topic name in use, with the key that names it: two uses of one topic are a mistake.
    fn topics(&self) -> Vec<(String, &str)> {
        let inputs = self.inputs.iter().enumerate().map(|(i, input)| (format!("inputs[{i}].topic"), &*input.topic));
        let outputs = [
            ("outputs.actions", &*self.outputs.actions),
            ("outputs.follow_ups", &*self.outputs.follow_ups),
            ("outputs.incidents", &*self.outputs.incidents),
            ("outputs.insights", &*self.outputs.insights),
            ("dead_letters.topic", &*self.dead_letters.topic),
            ("internal.mailbox", &*self.internal.mailbox),
            ("internal.state", &*self.internal.state),
        ];
        inputs.chain(outputs.map(|(key, topic)| (key.to_owned(), topic))).collect()
    }

    fn validate(&self, problems: &mut Problems) {
        self.kafka.validate(problems);
        inputs::validate(&self.inputs, problems);
        self.internal.validate(problems);
        self.dead_letters.validate(problems);
        self.worker.validate(problems);
        self.http.validate(&self.inputs, problems);
        self.privacy.validate(problems);
        self.registry.validate(self.outputs.format, problems);
        self.logging.validate(problems);

        let topics = self.topics();
        for (index, (key, topic)) in topics.iter().enumerate() {
            check_topic_name(key, topic, problems);
            if let Some((other, _)) = topics[..index].iter().find(|(_, earlier)| earlier == topic) {
                problems.add(key, format!("topic {topic:?} is already used by {other}: give each its own topic"));
            }
        }
    }
}

/// Kafka's own rule for topic names.
fn check_topic_name(key: &str, topic: &str, problems: &mut Problems) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if topic.is_empty() || topic.len() > 249 || topic == "." || topic == ".." || !topic.chars().all(allowed) {
        problems.add(key, format!("{topic:?} is no topic name: use 1-249 letters, digits, '.', '_' and '-'"));
    }
}

#[cfg(test)]
mod tests;
