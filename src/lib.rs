//! Service recovery: amends before anyone complains.
//!
//! Reads orders, fulfilments, delivery reports and complaints from Kafka, notices broken promises also when nothing
//! arrives at all, and tells staff what to say, what to put right and which small thing this guest would value.
//!
//! Dependencies point one way: `events <- document <- policy | codec <- recovery <- engine <- kafka | backtest | scenarios | demo <- cli`.

pub mod backtest;
pub mod cli;
pub mod codec;
pub mod config;
pub mod demo;
pub mod document;
pub mod engine;
pub mod events;
pub mod http;
pub mod kafka;
pub mod policy;
pub mod recovery;
pub mod scenarios;
pub mod telemetry;
