//! The catalogue on its topic: every instance reads the whole of it before it decides anything, and then follows it.
//!
//! One thread of its own reads, outside of the group; workers take what it last found, once a round. While the topic
//! cannot be read the last catalogue stays in force.

mod fold;
mod reader;
mod reports;

pub use reader::run;
