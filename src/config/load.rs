//! From a file and the environment to a validated [`Config`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat, Value};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{Config, InputConfig, Problems, inputs};

const ENVIRONMENT_PREFIX: &str = "SERVICE_RECOVERY";

const SECTIONS: [&str; 12] = [
    "kafka",
    "inputs",
    "outputs",
    "internal",
    "dead_letters",
    "worker",
    "http",
    "policy",
    "privacy",
    "schemas",
    "registry",
    "logging",
];

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {}: {source}; check --config", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the configuration is not readable: {0}")]
    Syntax(config::ConfigError),
    #[error("the configuration has problems:{0}")]
    Invalid(String),
}

impl Config {
    /// Reads `path`, then the environment, which wins.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        Self::from_parts(&text, None)
    }

    /// As [`Config::load`]; `environment` stands for the process's own in tests.
    pub(super) fn from_parts(text: &str, environment: Option<HashMap<String, String>>) -> Result<Self, ConfigError> {
        let variables = Environment::with_prefix(ENVIRONMENT_PREFIX)
            .prefix_separator("__")
            .separator("__")
            // texts stay as they are: a password may look like a number
            .try_parsing(false)
            .source(environment);
        let layers = config::Config::builder()
            .add_source(File::from_str(text, FileFormat::Toml))
            .add_source(variables)
            .build()
            .map_err(ConfigError::Syntax)?;
        let mut sections = layers.cache.into_table().map_err(ConfigError::Syntax)?;

        let mut problems = Problems::default();
        let config = Self {
            kafka: section(&mut sections, "kafka", &mut problems),
            inputs: match sections.remove("inputs") {
                Some(sections) => inputs::resolve(read("inputs", sections, &mut problems), &mut problems),
                None => InputConfig::defaults(),
            },
            outputs: section(&mut sections, "outputs", &mut problems),
            internal: section(&mut sections, "internal", &mut problems),
            dead_letters: section(&mut sections, "dead_letters", &mut problems),
            worker: section(&mut sections, "worker", &mut problems),
            http: section(&mut sections, "http", &mut problems),
            policy: section(&mut sections, "policy", &mut problems),
            privacy: section(&mut sections, "privacy", &mut problems),
            schemas: section(&mut sections, "schemas", &mut problems),
            registry: section(&mut sections, "registry", &mut problems),
            logging: section(&mut sections, "logging", &mut problems),
        };
        for unknown in sections.keys() {
            problems.add(unknown, format!("unknown section, expected one of {}", SECTIONS.join(", ")));
        }
        // what could not be read stands at its default, about which there is nothing to say
        if problems.is_empty() {
            config.validate(&mut problems);
        }
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::Invalid(problems.report())) }
    }
}

fn section<T: DeserializeOwned + Default>(
    sections: &mut config::Map<String, Value>,
    name: &str,
    problems: &mut Problems,
) -> T {
    sections.remove(name).map_or_else(T::default, |value| read(name, value, problems))
}

fn read<T: DeserializeOwned + Default>(name: &str, value: Value, problems: &mut Problems) -> T {
    value.try_deserialize().unwrap_or_else(|error| {
        problems.add(name, error);
        T::default()
    })
}
