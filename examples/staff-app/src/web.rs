//! The web server: the page, the board as a stream of events, and the answers.
//!
//! Everything that is shown comes from here (a strict content security policy), and only the page itself may send
//! answers: browsers say where a request comes from. There is no login: put one in front of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::watch;
use tracing::warn;

use crate::answers::{Answer, Answers, Refusal, outcome};
use crate::card::Card;
use crate::hub::{Changed, Hub, Reading};
use crate::page;
use crate::settings::Settings;

const LARGEST_ANSWER: usize = 8 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[derive(Debug)]
struct Served {
    settings: Arc<Settings>,
    hub: Arc<Hub>,
    answers: Answers,
    address: SocketAddr,
}

pub fn router(settings: Arc<Settings>, hub: Arc<Hub>, answers: Answers, address: SocketAddr) -> Router {
    let served = Arc::new(Served { settings, hub, answers, address });
    let mut router = Router::new()
        .route("/events", get(events))
        .route("/answers", post(answer).layer(DefaultBodyLimit::max(LARGEST_ANSWER)))
        .route("/health", get(health));
    for path in page::paths() {
        router = router.route(path, get(file));
    }
    router.layer(middleware::from_fn_with_state(Arc::clone(&served), guard)).with_state(served)
}

/// Refuses what no page of ours would send, and adds the headers to everything.
async fn guard(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    let mut response = match is_ours(request.headers(), served.address) {
        true => next.run(request).await,
        false => (StatusCode::FORBIDDEN, "this address is not served here\n").into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

fn is_ours(headers: &HeaderMap, address: SocketAddr) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let from_here = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    // another name for this machine is somebody else's page that was pointed at us
    let host = text("host").and_then(|host| host.rsplit_once(':').map_or(Some(host), |(name, _)| Some(name)));
    let local = host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    from_here && (local || !address.ip().is_loopback())
}

async fn file(uri: Uri) -> Response {
    page::file(uri.path()).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

async fn health(State(served): State<Arc<Served>>) -> Response {
    let reading = *served.hub.reading().borrow();
    let status = if reading.complete && reading.connected { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(reading)).into_response()
}

async fn answer(State(served): State<Arc<Served>>, Json(answer): Json<Answer>) -> Response {
    let card = served.hub.board().card(&answer.card).filter(|card| served.shows(card)).cloned();
    let Some(card) = card else { return refused(StatusCode::NOT_FOUND, &Refusal::Unknown) };
    let outcome = match outcome(&answer, &card, jiff::Timestamp::now()) {
        Ok(outcome) => outcome,
        Err(refusal @ Refusal::Invalid { .. }) => return refused(StatusCode::UNPROCESSABLE_ENTITY, &refusal),
        Err(refusal) => return refused(StatusCode::CONFLICT, &refusal),
    };
    match served.answers.write(card.key.as_deref(), &outcome).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            warn!(topic = served.settings.outcomes, %error, "an answer was not written; the page offers to try again");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"problem": "not_written"}))).into_response()
        }
    }
}

fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    (status, Json(refusal)).into_response()
}

impl Served {
    fn shows(&self, card: &Card) -> bool {
        self.settings.serves_role(&card.assignee)
    }

    fn all(&self) -> Event {
        let board = self.hub.board();
        let cards: Vec<Value> = board.cards().filter(|card| self.shows(card)).map(|card| board.view(card)).collect();
        event("board", &json!({"now": crate::now(), "cards": cards}))
    }

    /// Cards as they are now; those that are not for this app any more by their id only.
    fn some(&self, ids: &[String]) -> Event {
        let board = self.hub.board();
        let (mut cards, mut gone) = (Vec::new(), Vec::new());
        for id in ids {
            match board.card(id) {
                Some(card) if self.shows(card) => cards.push(board.view(card)),
                _ => gone.push(id),
            }
        }
        event("cards", &json!({"now": crate::now(), "cards": cards, "gone": gone}))
    }
}

fn event(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// What a browser has been told, and what it waits for.
struct Browser {
    served: Arc<Served>,
    changes: Receiver<Changed>,
    reading: watch::Receiver<Reading>,
    closed: watch::Receiver<bool>,
    has_reading: bool,
    has_board: bool,
}

impl Browser {
    /// The next thing to tell it; `None` when the app ends.
    async fn next(&mut self) -> Option<Event> {
        if !self.has_reading {
            self.has_reading = true;
            return Some(event("reading", &json!(*self.reading.borrow_and_update())));
        }
        if !self.has_board {
            self.has_board = true;
            return Some(self.served.all());
        }
        tokio::select! {
            changed = self.changes.recv() => match changed {
                Ok(ids) => Some(self.served.some(&ids)),
                Err(RecvError::Lagged(_)) => Some(self.served.all()),
                Err(RecvError::Closed) => None,
            },
            changed = self.reading.changed() => {
                changed.ok()?;
                Some(event("reading", &json!(*self.reading.borrow_and_update())))
            }
            _ = self.closed.wait_for(|closed| *closed) => None,
        }
    }
}

async fn events(State(served): State<Arc<Served>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let browser = Browser {
        changes: served.hub.changes(),
        reading: served.hub.reading(),
        closed: served.hub.closed(),
        served,
        has_reading: false,
        has_board: false,
    };
    let events = stream::unfold(browser, |mut browser| async move {
        let event = browser.next().await?;
        Some((Ok(event), browser))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

#[cfg(test)]
mod tests;
