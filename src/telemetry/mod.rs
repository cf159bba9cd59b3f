//! What the service says about itself: logs, metrics and health. Nothing here says anything about a guest.

mod business;
mod health;
mod logging;
mod metrics;

pub use business::Business;
pub use health::{CatalogueHealth, Health, WorkerHealth, WorkerPhase};
pub use logging::{init as init_logging, init_to as init_logging_to};
pub use metrics::{Metrics, PolicyMetrics, of_worker as worker_gauge};
