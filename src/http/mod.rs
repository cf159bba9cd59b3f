//! The HTTP face: `/metrics`, `/health/live`, `/health/ready` and a status page at `/`; where switched on, an intake of
//! events and look-ups, both behind tokens.
//!
//! Nothing is kept here: what is shown is asked for at the moment of the request, what is taken in is acknowledged when
//! it is written. No customer, order or item appears on a page that needs no token, nor in a log.

mod gate;
mod intake;
mod lookups;
mod pages;
mod problem;
mod stamp;
mod tokens;

pub use intake::{Intake, IntakeStartError};
pub use lookups::LookupPages;
pub use tokens::TokensError;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Config;
use crate::telemetry::{Health, Metrics};
use tokens::Tokens;

/// How long requests that are under way at shutdown may still take.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Error)]
pub enum HttpError {
    #[error("cannot listen on {address}: {source}; choose another address with http.listen")]
    Listen { address: String, source: std::io::Error },
    #[error("the HTTP server stopped: {0}")]
    Serve(std::io::Error),
}

/// What a server shows.
#[derive(Debug, Default)]
pub struct Pages {
    pub health: Health,
    pub metrics: Metrics,
    pub intake: Option<Intake>,
    pub lookups: Option<LookupPages>,
}

/// A bound address that answers nobody yet, so that a taken port is found before anything else starts.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Binds `address`, as `127.0.0.1:8080`; port 0 takes a free one.
    pub async fn bind(address: &str) -> Result<Self, HttpError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| HttpError::Listen { address: address.to_owned(), source })?;
        Ok(Self { listener })
    }

    pub fn local_addr(&self) -> Result<SocketAddr, HttpError> {
        self.listener.local_addr().map_err(HttpError::Serve)
    }

    /// Answers until `shutdown` completes, and then for at most two seconds those requests that are under way.
    pub async fn serve(
        self,
        pages: Pages,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), HttpError> {
        let (stopping, mut stopped) = watch::channel(false);
        let signal = async move {
            shutdown.await;
            // the receiver below outlives this sender
            let _ = stopping.send(true);
        };
        let server = axum::serve(self.listener, router(pages)).with_graceful_shutdown(signal);
        let patience = async move {
            let _ = stopped.wait_for(|stopping| *stopping).await;
            tokio::time::sleep(SHUTDOWN_PATIENCE).await;
        };
        tokio::select! {
            result = server => result.map_err(HttpError::Serve),
            () = patience => Ok(()),
        }
    }
}

fn router(pages: Pages) -> Router {
    let Pages { health, metrics, intake, lookups } = pages;
    let live = health.clone();
    let ready = health.clone();
    let router = Router::new()
        .route("/", get(move |headers| async move { pages::status(&headers, &health) }))
        .route("/health/live", get(move || async move { pages::verdict(live.live()) }))
        .route("/health/ready", get(move || async move { pages::verdict(ready.ready()) }))
        .route("/metrics", get(move || async move { pages::metrics(&metrics) }));
    let doors = [intake.map(Intake::routes), lookups.map(LookupPages::routes)];
    doors.into_iter().flatten().fold(router, Router::merge)
}

/// The tokens of the intake and those of the look-ups; none where it is switched off.
fn tokens_of(config: &Config) -> Result<[Tokens; 2], TokensError> {
    let (intake, lookups) = (&config.http.intake, &config.http.lookups);
    let of_intake = match intake.enabled {
        true => Tokens::read("http.intake", &intake.tokens, intake.tokens_file.as_deref())?,
        false => Tokens::default(),
    };
    let of_lookups = match lookups.enabled {
        true => Tokens::read("http.lookups", &lookups.tokens, lookups.tokens_file.as_deref())?,
        false => Tokens::default(),
    };
    Ok([of_intake, of_lookups])
}

#[cfg(test)]
mod tests;
