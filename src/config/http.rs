//! `[http]`: metrics, health and status.

use serde::Deserialize;

use super::Problems;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// As `0.0.0.0:8080`; port 0 takes a free one, which the log names.
    pub listen: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: "0.0.0.0:8080".to_owned() }
    }
}

impl HttpConfig {
    pub(super) fn validate(&self, problems: &mut Problems) {
        let port =
            self.listen.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
        if port.is_none() {
            problems.add("http.listen", format!("{:?} is no address: write it as \"0.0.0.0:8080\"", self.listen));
        }
    }
}
