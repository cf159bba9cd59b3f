//! `GET /guests/{id}` and `GET /orders/{id}`: what this instance knows, for whoever has a token.
//!
//! Every look-up is counted and logged with whose token it was, never with whom it was about. A guest that another
//! instance owns is answered with the partition of the mailbox by which that instance is found.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use tracing::info;

use super::gate::Gate;
use super::problem::Problem;
use super::tokens::TokensError;
use crate::config::Config;
use crate::kafka::{Answer, Lookups, Question};
use crate::recovery::{EntityKey, EntityKind, MAX_HOPS, view};
use crate::telemetry::Metrics;

/// For whoever asked while a task was on its way.
const NOT_NOW_SECONDS: u32 = 2;

/// What serves the look-ups.
#[derive(Debug)]
pub struct LookupPages {
    gate: Gate,
    lookups: Lookups,
    patience: Duration,
    metrics: Metrics,
}

impl LookupPages {
    /// `None` unless the configuration switches them on.
    ///
    /// # Errors
    /// When the file of tokens cannot be read or holds none.
    pub fn from_config(config: &Config, lookups: Lookups, metrics: Metrics) -> Result<Option<Self>, TokensError> {
        let settings = &config.http.lookups;
        if !settings.enabled {
            return Ok(None);
        }
        let [others, tokens] = super::tokens_of(config)?;
        let gate = Gate::new(tokens, others, settings.max_concurrent);
        Ok(Some(Self { gate, lookups, patience: settings.timeout(), metrics }))
    }

    pub(super) fn routes(self) -> Router {
        let guests = Arc::new(self);
        let orders = Arc::clone(&guests);
        let guest = get(move |Path(id): Path<String>, headers: HeaderMap| async move {
            guests.answer("guests", &headers, guests.guest(id)).await
        });
        let order = get(move |Path(id): Path<String>, uri: Uri, headers: HeaderMap| async move {
            orders.answer("orders", &headers, orders.order(id, named_guest(&uri))).await
        });
        Router::new().route("/guests/{id}", guest).route("/orders/{id}", order)
    }

    async fn answer(
        &self,
        endpoint: &'static str,
        headers: &HeaderMap,
        look: impl Future<Output = Result<Value, Problem>>,
    ) -> Response {
        let (name, outcome) = match self.gate.admit(headers) {
            Ok(pass) => (pass.name.to_owned(), look.await),
            Err(problem) => ("(nobody)".to_owned(), Err(problem)),
        };
        let word = outcome.as_ref().map_or_else(Problem::reason, |_| "found");
        self.metrics.lookups.with_label_values(&[endpoint, word]).inc();
        info!(endpoint, token = name, outcome = word, "look-up");
        match outcome {
            Ok(view) => ([(CACHE_CONTROL, "no-store")], Json(view)).into_response(),
            Err(problem) => problem.into_response(),
        }
    }

    /// A guest that has become another one is looked up as that one.
    async fn guest(&self, id: String) -> Result<Value, Problem> {
        let mut id = id;
        for hop in 0..MAX_HOPS {
            match self.lookups.ask(Question::Guest { id: id.clone() }, self.patience).await {
                Answer::Guest(view) => match &view.became {
                    Some(better_known) => id = better_known.id().to_owned(),
                    None => return shown(&view),
                },
                Answer::Elsewhere { task, tasks } if hop > 0 => {
                    let there = format!("/guests/{}", encoded(&id));
                    return Err(elsewhere("the guest that this one became", task, tasks).with("ask_there", there));
                }
                Answer::Elsewhere { task, tasks } => return Err(elsewhere("the guest", task, tasks)),
                Answer::NotNow => return Err(not_now()),
                _ => break,
            }
        }
        Err(unknown("nothing is known of this guest"))
    }

    /// The index of the order says whose it is, the guest's own memory the rest. `guest` skips the first question.
    async fn order(&self, order_id: String, guest: Option<EntityKey>) -> Result<Value, Problem> {
        let guest = match guest {
            Some(guest) => guest,
            None => match self.lookups.ask(Question::Index { order_id: order_id.clone() }, self.patience).await {
                Answer::Index(view) => match &view.owner {
                    Some(owner) => owner.clone(),
                    // known by events that came before the order itself
                    None => return shown(&view),
                },
                Answer::Elsewhere { task, tasks } => return Err(elsewhere("the index of the order", task, tasks)),
                Answer::NotNow => return Err(not_now()),
                _ => return Err(unknown("nothing is known of this order")),
            },
        };
        let question = Question::Order { guest: guest.clone(), order_id: order_id.clone() };
        match self.lookups.ask(question, self.patience).await {
            Answer::Order(view) => shown(&view),
            Answer::Elsewhere { task, tasks } => {
                let next = format!("/orders/{}?guest={}", encoded(&order_id), encoded(guest.as_str()));
                Err(elsewhere("the order's guest", task, tasks).with("ask_there", next))
            }
            Answer::NotNow => Err(not_now()),
            _ => Err(unknown("the order's guest no longer knows it")),
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `?guest=c%3Aanna`, as an answer of another instance gave it.
fn named_guest(uri: &Uri) -> Option<EntityKey> {
    let value = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("guest="))?;
    let text = percent_decode_str(value).decode_utf8().ok()?;
    EntityKey::parse(&text).filter(|key| key.kind() == EntityKind::Guest)
}

fn elsewhere(what: &str, task: u32, tasks: u32) -> Problem {
    let detail = format!(
        "{what} belongs to partition {task} of the mailbox, which this instance does not own: ask the instance that does"
    );
    let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, "elsewhere", detail);
    problem.with("partition", task).with("partitions", tasks)
}

fn not_now() -> Problem {
    let detail = "the memory is being restored, or its worker is busy: come again in a moment";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_now", detail).retry_after(NOT_NOW_SECONDS)
}

fn unknown(detail: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown", detail)
}

fn shown(view: &impl Serialize) -> Result<Value, Problem> {
    view::to_json(view).map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "bug", "the answer could not be written: this is a bug")
    })
}
