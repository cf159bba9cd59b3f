//! What all workers of a process share: settings, and nothing that changes but metrics, health, the safe time and the
//! rules.

use super::client::Clients;
use super::lookup::Lookups;
use super::observer::Observer;
use super::rules::LiveRules;
use super::safe_time::SafeClock;
use super::schema_wait::WantedSchemas;
use super::stop::Stop;
use super::topology::Topology;
use crate::codec::Codec;
use crate::config::Config;
use crate::recovery::Privacy;
use crate::telemetry::{Business, Health, Metrics};

#[derive(Debug)]
pub struct Service {
    pub config: Config,
    pub topology: Topology,
    pub clients: Clients,
    pub privacy: Privacy,
    pub rules: LiveRules,
    pub codec: Codec,
    pub metrics: Metrics,
    pub business: Business,
    pub health: Health,
    pub observer: Observer,
    pub safe: SafeClock,
    pub wanted_schemas: WantedSchemas,
    pub stop: Stop,
    pub lookups: Lookups,
    /// The largest record that the dead-letter topic takes.
    pub max_dead_letter_bytes: usize,
}
