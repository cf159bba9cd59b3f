//! `POST /complaints` and `POST /outcomes`: events from tablets that have no Kafka.
//!
//! An event is checked as a record of its topic is, written to it, and acknowledged once all replicas have it. Until
//! then nothing is promised: whoever hears of an error, or nothing, sends it again with the same id.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use serde_json::json;
use tracing::{debug, info, warn};

use super::gate::Gate;
use super::problem::Problem;
use super::stamp;
use super::tokens::TokensError;
use crate::codec::{Codec, CodecError, DecodeError, RawRecord};
use crate::config::Config;
use crate::events::{Contract, Input};
use crate::kafka::{Clients, IntakeError, IntakeProducer, wall_clock};
use crate::telemetry::Metrics;

/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// For whoever could not be served because the brokers are away.
const AWAY_SECONDS: u32 = 5;

/// What serves the intake.
#[derive(Debug)]
pub struct Intake {
    gate: Gate,
    codec: Codec,
    producer: IntakeProducer,
    complaints_topic: Option<String>,
    outcomes_topic: Option<String>,
    max_body_bytes: usize,
    metrics: Metrics,
}

/// One of the two addresses.
#[derive(Debug, Clone, Copy)]
struct Endpoint {
    name: &'static str,
    contract: Contract,
}

const COMPLAINTS: Endpoint = Endpoint { name: "complaints", contract: Contract::Complaints };
const OUTCOMES: Endpoint = Endpoint { name: "outcomes", contract: Contract::RecoveryOutcomes };

#[derive(Debug, thiserror::Error)]
pub enum IntakeStartError {
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl Intake {
    /// `None` unless the configuration switches it on. Connects to nothing before the first event.
    ///
    /// # Errors
    /// When the file of tokens cannot be read or holds none.
    pub fn from_config(config: &Config, metrics: Metrics) -> Result<Option<Self>, IntakeStartError> {
        let intake = &config.http.intake;
        if !intake.enabled {
            return Ok(None);
        }
        let topic = |contract| intake.topic(contract, &config.inputs).ok().flatten().map(str::to_owned);
        let [tokens, others] = super::tokens_of(config)?;
        let (complaints, outcomes) = (topic(Contract::Complaints), topic(Contract::RecoveryOutcomes));
        info!(?complaints, ?outcomes, "events are taken in by HTTP");
        Ok(Some(Self {
            gate: Gate::new(tokens, others, intake.max_concurrent),
            // events come as JSON: no schema but our own is asked for
            codec: Codec::new(None)?,
            producer: IntakeProducer::new(Clients::new(config.kafka.clone(), "intake".to_owned()), intake.timeout()),
            complaints_topic: complaints,
            outcomes_topic: outcomes,
            max_body_bytes: intake.max_body_bytes,
            metrics,
        }))
    }

    pub(super) fn routes(self) -> Router {
        let intake = Arc::new(self);
        let mut router = Router::new();
        for endpoint in [COMPLAINTS, OUTCOMES] {
            if intake.topic(endpoint).is_none() {
                continue;
            }
            let intake = Arc::clone(&intake);
            let handler = post(move |request| async move { intake.answer(endpoint, request).await });
            router = router.route(&format!("/{}", endpoint.name), handler);
        }
        router
    }

    fn topic(&self, endpoint: Endpoint) -> Option<&str> {
        let topic =
            if endpoint.contract == Contract::Complaints { &self.complaints_topic } else { &self.outcomes_topic };
        topic.as_deref()
    }

    async fn answer(&self, endpoint: Endpoint, request: Request) -> Response {
        let (outcome, response) = match self.take(endpoint, request).await {
            Ok(response) => ("accepted", response),
            Err(problem) => (problem.reason(), problem.into_response()),
        };
        self.metrics.intake_requests.with_label_values(&[endpoint.name, outcome]).inc();
        response
    }

    async fn take(&self, endpoint: Endpoint, request: Request) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let pass = self.gate.admit(&parts.headers)?;
        if !is_json(&parts.headers) {
            let detail = "the body must be JSON: send it with \"Content-Type: application/json\"";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", detail));
        }
        let key = idempotency_key(&parts.headers)?;
        let body = self.read(body).await?;
        let source = format!("/intake/{}/{}", pass.name, endpoint.name);
        let input = self.decode(endpoint, &body, key.as_deref(), &source, &parts.headers)?;
        let topic = self.topic(endpoint).unwrap_or(endpoint.contract.name());
        let written = self.producer.write(&self.codec, topic, &input).await.map_err(|error| {
            match error {
                IntakeError::Bug(_) => warn!(%error, "an event could not be written"),
                _ => debug!(%error, "an event could not be written"),
            }
            refusal(&error)
        })?;
        let answer = json!({
            "id": input.id(), "source": source,
            "topic": written.topic, "partition": written.partition, "offset": written.offset,
        });
        Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
    }

    async fn read(&self, body: Body) -> Result<Vec<u8>, Problem> {
        let max = self.max_body_bytes;
        match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, max)).await {
            Ok(Ok(bytes)) => Ok(bytes.into()),
            Ok(Err(error)) if is_too_long(&error) => Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("the body is larger than {max} bytes"),
            )),
            Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "incomplete", "the body ended in the middle")),
            Err(_) => {
                let detail = format!("the body did not arrive within {} s", BODY_PATIENCE.as_secs());
                Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "incomplete", detail))
            }
        }
    }

    /// The same checks as for a record of the topic.
    fn decode(
        &self,
        endpoint: Endpoint,
        body: &[u8],
        key: Option<&str>,
        source: &str,
        headers: &HeaderMap,
    ) -> Result<Input, Problem> {
        let Some(bytes) = stamp::complete(body, key, wall_clock()) else {
            let detail = "the body is not a JSON object";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail));
        };
        let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let raw = RawRecord { source, value: Some(&bytes), traceparent, ..RawRecord::default() };
        let input = self.codec.decode(endpoint.contract, &raw).map_err(|error| unreadable(&error))?;
        if key.is_some_and(|key| key != input.id()) {
            let detail = "id is not the Idempotency-Key: leave one of them out, or give both the same value";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail));
        }
        Ok(input)
    }
}

fn unreadable(error: &DecodeError) -> Problem {
    let status = match error.kind() {
        "malformed_json" | "truncated" | "invalid_utf8" | "empty" => StatusCode::BAD_REQUEST,
        "too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.kind(), error.to_string())
}

fn refusal(error: &IntakeError) -> Problem {
    match error {
        IntakeError::Unroutable(_) => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unroutable",
            "the event names nobody: give it a reply_to as it stands in the action, or customer_id, visit_id or order_id",
        ),
        IntakeError::TooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the topic does not take an event of this size")
        }
        IntakeError::Unavailable { .. } => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "the event is not acknowledged: send it again, with the same id if it has one",
        )
        .retry_after(AWAY_SECONDS),
        IntakeError::Bug(_) => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "bug", "the event could not be written: this is a bug")
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Quoted, as the draft of the header wants it, or bare.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if key.is_empty() || key.contains(['"', '\\']) {
        let detail = "the Idempotency-Key is not readable: send letters, digits and dashes";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_key", detail));
    }
    Ok(Some(key.to_owned()))
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}
