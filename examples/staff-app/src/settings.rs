//! What can be set, on the command line or in the environment.

use std::time::Duration;

use clap::Parser;
use rdkafka::ClientConfig;

/// The tablet of the staff: shows what service-recovery asks for and sends back what became of it.
#[derive(Debug, Clone, Parser)]
#[command(
    version,
    after_help = "Example:\n  staff-app --bootstrap-servers localhost:9092 --site strandhotellet\n\n\
    Whoever opens the page sees guests' names and can answer. It therefore listens on this machine only; for tablets,\n\
    put a proxy with your login in front."
)]
pub struct Settings {
    /// Where Kafka is, as host:port,host:port
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", default_value = "localhost:9092", value_name = "SERVERS")]
    pub bootstrap_servers: String,
    /// Any librdkafka property, as security.protocol=SASL_SSL; may be given several times
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = parse_property)]
    pub properties: Vec<(String, String)>,
    /// Read: what staff are asked to do
    #[arg(long, env = "STAFF_APP_ACTIONS", default_value = "recovery-actions", value_name = "TOPIC")]
    pub actions: String,
    /// Read: whom to ask whether it is still all right
    #[arg(long, env = "STAFF_APP_FOLLOW_UPS", default_value = "recovery-follow-ups", value_name = "TOPIC")]
    pub follow_ups: String,
    /// Written: what became of it
    #[arg(long, env = "STAFF_APP_OUTCOMES", default_value = "recovery-outcomes", value_name = "TOPIC")]
    pub outcomes: String,
    /// Only this site; may be given several times. Default: all
    #[arg(long = "site", env = "STAFF_APP_SITES", value_delimiter = ',', value_name = "SITE")]
    pub sites: Vec<String>,
    /// Only what this role is asked to do; may be given several times. Default: all
    #[arg(long = "role", env = "STAFF_APP_ROLES", value_delimiter = ',', value_name = "ROLE")]
    pub roles: Vec<String>,
    /// How long what has ended stays on the board
    #[arg(long, env = "STAFF_APP_KEEP_HOURS", default_value_t = 16, value_name = "HOURS")]
    pub keep_hours: u32,
    /// Where the page is served; port 0 takes a free one
    #[arg(long, env = "STAFF_APP_LISTEN", default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub listen: String,
}

fn parse_property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Settings {
    pub fn keep(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_hours) * 3600)
    }

    /// What consumer and producer have in common.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config.set("client.id", "staff-app");
        config.set("reconnect.backoff.max.ms", "2000");
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }

    pub fn serves_site(&self, site: &str) -> bool {
        self.sites.is_empty() || self.sites.iter().any(|served| served == site)
    }

    pub fn serves_role(&self, role: &str) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|served| served == role)
    }
}
