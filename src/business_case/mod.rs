//! What service recovery was worth: what was seen in the incidents, and what that may mean by numbers of others.
//!
//! Seen and estimated are never mixed: every estimate names its assumption and where that comes from. Loyalty is only
//! measured, against customers whom nothing happened to; that a failure well recovered makes customers more loyal than
//! no failure at all holds for satisfaction at most (de Matos, Henrique and Rossi 2007).

mod assumptions;
mod observed;
mod report;
#[cfg(test)]
mod tests;

pub use assumptions::{Assumptions, AssumptionsError};
pub use observed::{Loyalty, Observed, Returning};
pub use report::Report;
