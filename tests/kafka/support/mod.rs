//! The harness: a real broker, the built program as a process, and what a test sends, reads and waits for.

pub mod backtest;
pub mod broker;
pub mod browser;
pub mod cluster;
pub mod events;
pub mod outputs;
pub mod registry;
pub mod service;
pub mod staff_app;
pub mod traffic;
pub mod wait;
pub mod world;
