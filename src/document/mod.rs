//! TOML files that people write: read table by table, with every problem reported at its line and column.
//!
//! What the policy and the mappings have in common. Nothing here reads the file system.

pub mod field;
pub mod problems;
pub mod section;

pub use field::Field;
pub use problems::{DocumentErrors, Problem, Report, Source, unknown};
pub use section::{Section, parse};
