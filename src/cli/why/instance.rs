//! Asking running instances: the one that owns the order answers, the others say that they do not.
//!
//! An order is found in two steps, its index and its guest, which two instances may own; the first one's answer names
//! the address for the second step, which all are asked for in turn.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use ureq::Agent;

use crate::cli::Failure;
use crate::recovery::view::OrderLookup;

const TIMEOUT: Duration = Duration::from_secs(15);
/// How often an instance is asked that is starting or busy, and how long is waited in between.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// What is said instead of an answer, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    reason: String,
    ask_there: Option<String>,
    partition: Option<u32>,
    partitions: Option<u32>,
}

enum Reply {
    Found(Box<OrderLookup>),
    /// The instance owns it, and knows nothing of it.
    Unknown(String),
    /// Another instance owns it, or nobody at the moment.
    Elsewhere(Problem),
    /// Not now: starting, busy, or not there at all.
    Away(String),
}

pub(super) fn ask(urls: &[String], token_file: &Path, order_id: &str) -> Result<OrderLookup, Failure> {
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .user_agent(concat!("service-recovery/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let authorization = format!("Bearer {}", token(token_file)?);
    let mut path = format!("/orders/{}", utf8_percent_encode(order_id, NON_ALPHANUMERIC));
    let mut away = Vec::new();
    let mut nobody = None;
    // the index, then the guest; a guest that has just become another one takes a step more
    for _ in 0..3 {
        let mut next = None;
        for url in urls {
            match ask_one(&agent, url, &path, &authorization)? {
                Reply::Found(found) => return Ok(*found),
                Reply::Unknown(detail) => return Err(Failure::new(format!("{url}: {detail}"))),
                Reply::Elsewhere(problem) => {
                    next = next.or_else(|| problem.ask_there.clone().filter(|there| *there != path));
                    nobody = Some(problem);
                }
                Reply::Away(reason) => away.push(format!("{url}: {reason}")),
            }
        }
        let Some(there) = next else { break };
        path = there;
    }
    if !away.is_empty() {
        away.dedup();
        return Err(Failure::unavailable(format!("no answer: {}", away.join("; "))));
    }
    let problem = nobody.unwrap_or_default();
    let whose = match (problem.partition, problem.partitions) {
        (Some(partition), Some(partitions)) => format!("partition {partition} of the mailbox (of {partitions})"),
        _ => "its partition of the mailbox".to_owned(),
    };
    Err(Failure::unavailable(format!(
        "order {order_id:?} is not here: none of the instances asked owns {whose}; add --url for the others of the group"
    )))
}

fn ask_one(agent: &Agent, url: &str, path: &str, authorization: &str) -> Result<Reply, Failure> {
    let address = format!("{}{path}", url.trim_end_matches('/'));
    let mut reason = String::new();
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            sleep(PAUSE);
        }
        let answer = agent.get(&address).header("authorization", authorization).call();
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error @ ureq::Error::BadUri(_)) => {
                return Err(Failure::usage(format!("{url:?} is no address: {error}; write it as http://host:8080")));
            }
            Err(error) => return Ok(Reply::Away(error.to_string())),
        };
        let status = answer.status().as_u16();
        let body =
            answer.body_mut().read_to_string().map_err(|error| Failure::unavailable(format!("{url}: {error}")))?;
        if status == 200 {
            let found = serde_json::from_str(&body).map_err(|error| {
                Failure::new(format!("{url}: the answer cannot be read: {error}; is it of the same release?"))
            })?;
            return Ok(Reply::Found(Box::new(found)));
        }
        let problem: Problem = serde_json::from_str(&body).unwrap_or_default();
        match (status, problem.reason.as_str()) {
            (404, "unknown") => return Ok(Reply::Unknown(problem.detail)),
            (404, _) => {
                return Err(Failure::usage(format!("{url} has no look-ups: switch them on in [http.lookups]")));
            }
            (421, _) => return Ok(Reply::Elsewhere(problem)),
            (401 | 403, _) => {
                return Err(Failure::usage(format!("{url} refuses the token: {}", problem.detail)));
            }
            (503, _) => reason = problem.detail,
            _ => return Ok(Reply::Away(format!("status {status} {}", problem.detail))),
        }
    }
    Ok(Reply::Away(reason))
}

/// The first token of a file: alone on its line, or after a name.
fn token(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read the token in {}: {error}", file.display())))?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let token = line.and_then(|line| line.split_whitespace().last());
    token.map(str::to_owned).ok_or_else(|| Failure::usage(format!("{} holds no token", file.display())))
}
