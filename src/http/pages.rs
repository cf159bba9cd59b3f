//! What each address answers.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};

use crate::telemetry::{Health, Metrics};

/// 200 when all is well, else 503 with the reason.
pub(super) fn verdict(verdict: Result<(), String>) -> Response {
    match verdict {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

/// Prometheus' text format.
pub(super) fn metrics(metrics: &Metrics) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.gather()).into_response()
}

/// A page for a browser, JSON for everyone else.
pub(super) fn status(headers: &HeaderMap, health: &Health) -> Response {
    let status = health.status();
    let wants_page =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    if !wants_page {
        return Json(status).into_response();
    }
    let details = escape(&format!("{status:#}"));
    Html(format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>service-recovery</title>\n<h1>service-recovery {version}</h1>\n\
         <p>{alive}, {ready}. <a href=\"/metrics\">metrics</a> <a href=\"/health/live\">live</a> \
         <a href=\"/health/ready\">ready</a></p>\n<pre>{details}</pre>\n",
        version = env!("CARGO_PKG_VERSION"),
        alive = escape(&sentence("alive", health.live())),
        ready = escape(&sentence("ready", health.ready())),
    ))
    .into_response()
}

fn sentence(word: &str, verdict: Result<(), String>) -> String {
    verdict.map_or_else(|reason| format!("not {word} ({reason})"), |()| word.to_owned())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
