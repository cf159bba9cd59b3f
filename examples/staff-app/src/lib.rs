//! A staff app: the tablet on which staff see what service-recovery asks for, and answer.
//!
//! Reads the topics of actions and follow-ups from their beginning, folds them, shows the result live to any number of
//! browsers, and writes what staff answer to the topic of outcomes. It keeps nothing of its own: what it shows is what
//! the topics say, so it can be stopped, started and run twice at any time.

mod answers;
mod board;
mod card;
mod hub;
mod intake;
mod page;
mod settings;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use tokio::net::TcpListener;

pub use board::Board;
pub use card::{Card, Source};
pub use settings::Settings;

/// How often the board is rid of what has ended long ago.
const TIDY_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Error)]
pub enum Error {
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen { address: String, source: std::io::Error },
    #[error("the Kafka properties are not usable: {0}")]
    Client(#[from] rdkafka::error::KafkaError),
    #[error("the web server ended: {0}")]
    Serve(#[from] std::io::Error),
}

/// Serves the page until `stop` is done. `listening` is told the address.
///
/// # Errors
/// When the address is taken or a Kafka property does not exist. A Kafka that is away is waited for.
pub async fn run(
    settings: Settings,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let settings = Arc::new(settings);
    let failed = |source| Error::Listen { address: settings.listen.clone(), source };
    let listener = TcpListener::bind(&settings.listen).await.map_err(failed)?;
    let address = listener.local_addr()?;
    let hub = Arc::new(hub::Hub::default());
    let answers = answers::Answers::new(&settings)?;
    let intake = intake::Intake::start(&settings, &hub)?;
    let tidying = tokio::spawn(tidy(Arc::clone(&hub), i64::try_from(settings.keep().as_millis()).unwrap_or(i64::MAX)));

    let router = web::router(Arc::clone(&settings), Arc::clone(&hub), answers, address);
    listening(address);
    let end = {
        let hub = Arc::clone(&hub);
        async move {
            stop.await;
            hub.close(); // open event streams end, or the server would wait for them
        }
    };
    let served = axum::serve(listener, router).with_graceful_shutdown(end).await;
    tidying.abort();
    // waits for the threads; they look up several times a second
    tokio::task::spawn_blocking(move || drop(intake)).await.unwrap_or_default();
    Ok(served?)
}

async fn tidy(hub: Arc<hub::Hub>, keep_millis: i64) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        hub.tidy(now(), keep_millis);
    }
}

/// Epoch milliseconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
