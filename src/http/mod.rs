//! The HTTP face: `/metrics`, `/health/live`, `/health/ready` and a status page at `/`.
//!
//! Read-only and small: everything it shows is asked for at the moment of the request, nothing is kept here. No
//! customer, order or item appears on any page.

mod pages;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::telemetry::{Health, Metrics};

/// How long requests that are under way at shutdown may still take.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Error)]
pub enum HttpError {
    #[error("cannot listen on {address}: {source}; choose another address with http.listen")]
    Listen { address: String, source: std::io::Error },
    #[error("the HTTP server stopped: {0}")]
    Serve(std::io::Error),
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
        health: Health,
        metrics: Metrics,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), HttpError> {
        let (stopping, mut stopped) = watch::channel(false);
        let signal = async move {
            shutdown.await;
            // the receiver below outlives this sender
            let _ = stopping.send(true);
        };
        let server = axum::serve(self.listener, router(health, metrics)).with_graceful_shutdown(signal);
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

fn router(health: Health, metrics: Metrics) -> Router {
    let live = health.clone();
    let ready = health.clone();
    Router::new()
        .route("/", get(move |headers| async move { pages::status(&headers, &health) }))
        .route("/health/live", get(move || async move { pages::verdict(live.live()) }))
        .route("/health/ready", get(move || async move { pages::verdict(ready.ready()) }))
        .route("/metrics", get(move || async move { pages::metrics(&metrics) }))
}

#[cfg(test)]
mod tests;
