//! The policy: rules, phrases and catalogue, from files that a service manager edits to values that the core trusts.

mod catalogue;
mod model;
mod phrases;

pub use catalogue::Catalogue;
pub use model::*;
pub use phrases::Phrases;
pub fn money_text(a: i64, c: &str) -> String {
    format!("{}.{:02} {c}", a / 100, a % 100)
}
