//! The contracts: Rust types, schemas and examples say the same thing, and the codec keeps its promises about bytes.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

#[path = "../avro/mod.rs"]
mod avro;
mod cloud_events;
mod corrupt;
mod evolution;
mod examples;
mod interop;
mod random;
mod recorded;
mod refusals;
mod registry;
mod registry_tls;
mod stub;
mod support;
