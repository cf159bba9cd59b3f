//! `run`: the service itself.

mod reload;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info};

use super::Failure;
use crate::codec::Codec;
use crate::codec::registry::RegistryClient;
use crate::config::Config;
use crate::http::{Intake, LookupPages, Pages, Server};
use crate::kafka::{self, Lookups};
use crate::policy;
use crate::telemetry::{self, Health, Metrics};

/// Consume, notice, and tell staff what to do, until stopped.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  service-recovery run --config service-recovery.toml\n\n\
    Every key of the file can be overridden: SERVICE_RECOVERY__KAFKA__BOOTSTRAP_SERVERS=localhost:9092")]
pub struct RunArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "service-recovery.toml")]
    config: PathBuf,
}

impl RunArgs {
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(&self.config).map_err(Failure::usage)?;
        telemetry::init_logging(&config.logging);
        info!(version = env!("CARGO_PKG_VERSION"), %config, "starting");
        let policy = Arc::new(policy::open(&config.policy.path).map_err(Failure::usage)?);
        let mut codec = Codec::new(config.schemas.dir.as_deref()).map_err(Failure::usage)?;
        if let Some(settings) = config.registry.settings() {
            codec = codec.with_registry(RegistryClient::new(&settings).map_err(Failure::usage)?);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let result = runtime.block_on(serve(config, policy, codec));
        // nothing that still waits for a broker may keep the process
        runtime.shutdown_background();
        result
    }
}

async fn serve(config: Config, policy: Arc<policy::Policy>, codec: Codec) -> Result<(), Failure> {
    // before anything else, so that a signal during the start is not lost
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = signal(SignalKind::hangup())?;
    let (metrics, health) = (Metrics::default(), Health::default());
    metrics.started();
    let lookups = Lookups::default();
    let pages = Pages {
        health: health.clone(),
        metrics: metrics.clone(),
        intake: Intake::from_config(&config, metrics.clone()).map_err(Failure::usage)?,
        lookups: LookupPages::from_config(&config, lookups.clone(), metrics.clone()).map_err(Failure::usage)?,
    };
    let server = Server::bind(&config.http.listen).await?;
    info!(address = %server.local_addr()?, "listening");
    let (stopping, mut stopped) = watch::channel(());
    let shutdown = async move {
        // an error means that the sender is gone, which is the end as well
        let _ = stopped.changed().await;
    };
    let mut http = tokio::spawn(server.serve(pages, shutdown));

    health.set_trouble(Some("the cluster and the topics are being checked".to_owned()));
    let checked = health.clone();
    let (policy_path, reload_metrics) = (config.policy.path.clone(), metrics.clone());
    let starting = tokio::task::spawn_blocking(move || kafka::start(config, policy, codec, metrics, health, lookups));
    let mut running = tokio::select! {
        started = starting => {
            checked.set_trouble(None);
            started??
        }
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let reloading = tokio::spawn(reload::at_each(hangup, policy_path, running.reloader(), reload_metrics));
    let outcome = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        failure = running.failure() => Err(Failure::new(failure)),
        ended = &mut http => Err(match ended {
            Ok(Err(error)) => Failure::new(error),
            _ => Failure::new("the HTTP server ended"),
        }),
    };
    info!("stopping");
    reloading.abort();
    let in_time = tokio::task::spawn_blocking(move || running.stop()).await?;
    drop(stopping);
    if !http.is_finished() {
        // whoever sent an event hears whether it was written; the server itself sees to it that this ends
        let _ = http.await;
    }
    if !in_time {
        error!("the work in hand could not be finished in time; it will be done after the next start");
        return outcome.and(Err(Failure::new("stopping took longer than worker.shutdown_ms")));
    }
    info!("stopped");
    outcome
}
