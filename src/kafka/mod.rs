//! The service on Kafka: workers that consume, decide and publish in transactions, and what they stand on.
//!
//! Invariants: results, state, mail and positions are committed together or not at all; only the member that holds
//! mailbox partition p ever commits for task p; silence is judged only up to the safe time.

mod catalogue;
mod client;
mod clock;
mod clock_keeper;
mod commit;
mod dead_letters;
mod errors;
mod intake;
mod intake_producer;
mod lookup;
mod member;
mod observer;
mod open;
mod outbox;
mod output_ids;
mod positions;
mod producer;
mod purge;
mod rebalance;
mod restore;
mod rules;
mod safe_time;
mod schema_keeper;
mod schema_wait;
mod service;
mod start;
mod stop;
mod supervisor;
mod tasks;
mod topics;
mod topology;
mod worker;

pub use client::Clients;
pub use clock::now as wall_clock;
pub use intake_producer::{IntakeError, IntakeProducer, Written};
pub use lookup::{Answer, Lookups, Question};
pub use start::{StartError, start};
pub use supervisor::{Reloader, Running};
pub use topics::{Report, TopicsError, check, create};
