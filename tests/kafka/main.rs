//! Integration tests: the built program on a real Apache Kafka, which is started by the tests unless
//! `KAFKA_BOOTSTRAP_SERVERS` names one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking, also in its helpers")]

mod any_order;
#[path = "../avro/mod.rs"]
mod avro;
mod canaries;
#[path = "../canaries/story.rs"]
mod canaries_story;
mod catalogue;
mod chaos;
mod cloud_events;
mod commands;
mod demo_kafka;
mod evaluation;
mod faults;
mod golden;
mod harness;
mod http;
mod insights;
mod instances;
mod keyings;
mod mappings;
mod offsets;
mod recordings;
mod registry;
mod registry_commands;
mod reload;
mod silence;
mod staff_app;
mod startup;
mod support;
mod unreadable;
