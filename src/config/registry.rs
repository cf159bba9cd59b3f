//! `[registry]`: the schema registry, for values framed with a schema id.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::Problems;
use crate::codec::Format;
use crate::codec::registry::{RegistrySettings, SubjectStrategy};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryConfig {
    /// Where it answers, as `https://registry:8081`; several, separated by commas, are tried in turn. Empty: none.
    pub url: String,
    /// Basic authentication.
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// PEM file of the authorities that sign its certificate, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// PEM files with which the service shows who it is.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub connect_timeout_ms: u64,
    /// For a whole call.
    pub timeout_ms: u64,
    /// How the subjects of our schemas are named.
    pub subject_strategy: SubjectStrategy,
    /// Registers the schemas of outputs at the start where they are missing.
    pub auto_register: bool,
}

/// A text that is never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            username: None,
            password: None,
            ca: None,
            certificate: None,
            key: None,
            connect_timeout_ms: 3_000,
            timeout_ms: 10_000,
            subject_strategy: SubjectStrategy::default(),
            auto_register: false,
        }
    }
}

impl RegistryConfig {
    fn urls(&self) -> impl Iterator<Item = &str> {
        self.url.split(',').map(str::trim).filter(|url| !url.is_empty())
    }

    /// How to talk to the registry; `None` when there is none.
    pub fn settings(&self) -> Option<RegistrySettings> {
        let urls: Vec<String> = self.urls().map(str::to_owned).collect();
        let login = self.username.as_ref().map(|user| {
            let password = self.password.as_ref().map_or("", |password| &password.0);
            (user.clone(), password.to_owned())
        });
        (!urls.is_empty()).then(|| RegistrySettings {
            urls,
            login,
            ca: self.ca.clone(),
            certificate: self.certificate.clone().zip(self.key.clone()),
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            timeout: Duration::from_millis(self.timeout_ms),
        })
    }

    pub(super) fn validate(&self, format: Format, problems: &mut Problems) {
        if format == Format::AvroRegistry && self.urls().next().is_none() {
            problems.add("registry.url", "is missing: outputs.format = \"avro_registry\" needs a schema registry");
        }
        for url in self.urls() {
            let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
            let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
            match host {
                None | Some("") => {
                    problems.add("registry.url", "is no address: write it as \"https://registry:8081\"");
                }
                // said without repeating it
                Some(host) if host.contains('@') => {
                    problems.add("registry.url", "holds a password: use registry.username and registry.password");
                }
                Some(_) => {}
            }
        }
        if self.password.is_some() && self.username.is_none() {
            problems.add("registry.username", "is missing beside registry.password");
        }
        if self.certificate.is_some() != self.key.is_some() {
            problems.add("registry.certificate", "and registry.key belong together: give both or neither");
        }
        problems.check_range("registry.connect_timeout_ms", self.connect_timeout_ms, 10..=120_000);
        problems.check_range("registry.timeout_ms", self.timeout_ms, 10..=600_000);
    }
}

impl fmt::Display for RegistryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.urls().next().is_none() {
            return f.write_str("registry.url=(none)");
        }
        write!(f, "registry.url={}", self.urls().collect::<Vec<_>>().join(","))?;
        if self.username.is_some() {
            f.write_str(" registry.username=(hidden) registry.password=(hidden)")?;
        }
        for (key, path) in [("ca", &self.ca), ("certificate", &self.certificate), ("key", &self.key)] {
            if let Some(path) = path {
                write!(f, " registry.{key}={}", path.display())?;
            }
        }
        write!(f, " registry.connect_timeout_ms={}", self.connect_timeout_ms)?;
        write!(f, " registry.timeout_ms={}", self.timeout_ms)?;
        write!(f, " registry.subject_strategy={}", self.subject_strategy.name())?;
        write!(f, " registry.auto_register={}", self.auto_register)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> RegistryConfig {
        toml::from_str(text).unwrap()
    }

    #[rstest]
    #[case::none("", &[])]
    #[case::two("url = \"http://a:8081, https://b/registry\"", &[])]
    #[case::no_scheme("url = \"registry:8081\"", &["registry.url"])]
    #[case::credentials("url = \"https://me:hunter2@registry\"", &["registry.url"])]
    #[case::half_a_login("url = \"https://a\"\npassword = \"hunter2\"", &["registry.username"])]
    #[case::half_a_pair("url = \"https://a\"\nkey = \"key.pem\"", &["registry.certificate"])]
    fn what_contradicts_itself_is_named(#[case] text: &str, #[case] keys: &[&str]) {
        let mut problems = Problems::default();
        read(text).validate(Format::Json, &mut problems);
        let report = problems.report();
        assert_eq!(report.lines().count(), if keys.is_empty() { 0 } else { keys.len() + 1 }, "{report}");
        assert!(keys.iter().all(|key| report.contains(key)) && !report.contains("hunter2"), "{report}");
    }

    #[test]
    fn a_password_from_the_environment_stays_as_it_is() {
        let environment = [
            ("SERVICE_RECOVERY__KAFKA__BOOTSTRAP_SERVERS", "b:1"),
            ("SERVICE_RECOVERY__REGISTRY__URL", "https://a"),
            ("SERVICE_RECOVERY__REGISTRY__USERNAME", "true"),
            ("SERVICE_RECOVERY__REGISTRY__PASSWORD", "007e1"),
            ("SERVICE_RECOVERY__REGISTRY__TIMEOUT_MS", "70"),
            ("SERVICE_RECOVERY__REGISTRY__AUTO_REGISTER", "true"),
        ];
        let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let registry = super::super::Config::from_parts("", Some(environment)).unwrap().registry;
        let settings = registry.settings().unwrap();
        assert_eq!(settings.login, Some(("true".to_owned(), "007e1".to_owned())));
        assert_eq!((settings.timeout, registry.auto_register), (Duration::from_millis(70), true));
    }

    #[test]
    fn outputs_for_a_registry_need_one() {
        let mut problems = Problems::default();
        read("").validate(Format::AvroRegistry, &mut problems);
        assert!(problems.report().contains("registry.url"));
    }

    #[test]
    fn printing_hides_the_login() {
        let config = read("url = \"https://a\"\nusername = \"someone\"\npassword = \"hunter2\"");
        let printed = format!("{config} {config:?}");
        assert!(!printed.contains("hunter2") && printed.contains("registry.username=(hidden)"), "{printed}");
        assert_eq!(config.settings().unwrap().login, Some(("someone".to_owned(), "hunter2".to_owned())));
    }
}
