//! Why a request was not served, as RFC 9457 says it: `application/problem+json`.
//!
//! The detail names the field and says what to do. It never repeats what a field holds.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// From a closed list: also a metric label.
    reason: &'static str,
    detail: String,
    more: Map<String, Value>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, reason, detail: detail.into(), more: Map::new(), retry_after_seconds: None }
    }

    /// A member beside the usual ones.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The same request may succeed after this time.
    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub(super) fn reason(&self) -> &'static str {
        self.reason
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut members = Map::from_iter([
            ("title".to_owned(), json!(self.status.canonical_reason())),
            ("status".to_owned(), json!(self.status.as_u16())),
            ("reason".to_owned(), json!(self.reason)),
            ("detail".to_owned(), json!(self.detail)),
        ]);
        members.extend(self.more);
        let mut response = (self.status, Value::Object(members).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"service-recovery\""));
        }
        response
    }
}
