//! The door of the intake and of the look-ups: a token, and a place among those who are served at the same time.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::Problem;
use super::tokens::Tokens;

/// For whoever finds no place.
const BUSY_SECONDS: u32 = 1;

#[derive(Debug)]
pub(super) struct Gate {
    tokens: Tokens,
    /// Known, but for another door.
    other_tokens: Tokens,
    places: Semaphore,
}

/// Leave to be served, until it is dropped.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// Whose token it was.
    pub(super) name: &'a str,
    _place: SemaphorePermit<'a>,
}

impl Gate {
    pub(super) fn new(tokens: Tokens, other_tokens: Tokens, places: usize) -> Self {
        Self { tokens, other_tokens, places: Semaphore::new(places) }
    }

    /// Looks at nothing but the token, and at that before anything else.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Pass<'_>, Problem> {
        let presented = bearer(headers);
        let Some(name) = presented.and_then(|token| self.tokens.owner(token)) else {
            return Err(match presented.and_then(|token| self.other_tokens.owner(token)) {
                Some(_) => Problem::new(StatusCode::FORBIDDEN, "forbidden", "this token is not for this address"),
                None => Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "a valid token is needed: send it as \"Authorization: Bearer TOKEN\"",
                ),
            });
        };
        match self.places.try_acquire() {
            Ok(place) => Ok(Pass { name, _place: place }),
            Err(_) => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too many requests at the same time: come again in a moment",
            )
            .retry_after(BUSY_SECONDS)),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
