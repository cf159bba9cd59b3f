//! SIGHUP: the policy is read and checked again. With a mistake in it the old one goes on, and everybody can see so.

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tracing::{error, info};

use crate::kafka::Reloader;
use crate::policy;
use crate::telemetry::Metrics;

/// Loads the policy at each signal, for as long as the service runs.
pub(super) async fn at_each(mut signal: Signal, path: String, reloader: Reloader, metrics: Metrics) {
    while signal.recv().await.is_some() {
        let from = path.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || policy::open(&from)).await else { continue };
        match loaded {
            Ok(policy) => {
                info!(version = %policy.version, path, "the policy was loaded again");
                metrics.policy.reloaded(&policy.version);
                reloader.set_policy(Arc::new(policy));
            }
            Err(errors) => {
                metrics.policy.reload_failed();
                for problem in &errors.problems {
                    let (file, line, column) = (&problem.file, problem.line, problem.column);
                    error!(file, line, column, reason = problem.reason, "a mistake in the policy");
                }
                let problems = errors.problems.len();
                error!(
                    path,
                    problems, "the policy was not loaded: the one from before goes on; correct it and signal again"
                );
            }
        }
    }
}
