//! The doors of the HTTP face, without a broker: who may come in, and what is said of what cannot be taken.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service_recovery::config::Config;
use service_recovery::http::{Intake, LookupPages, Pages, Server};
use service_recovery::kafka::Lookups;
use service_recovery::telemetry::Metrics;

const INTAKE: &str = "intake-token-0123456789";
const LOOKUPS: &str = "lookup-token-0123456789";

/// A server that answers until it is dropped. Nobody listens at its brokers' address.
struct Running {
    address: SocketAddr,
    metrics: Metrics,
    _runtime: tokio::runtime::Runtime,
}

fn config(http: &str) -> Config {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n{http}");
    std::fs::write(file.path(), text).unwrap();
    Config::load(file.path()).unwrap()
}

fn start(http: &str) -> Running {
    let config = config(http);
    let metrics = Metrics::default();
    let pages = Pages {
        metrics: metrics.clone(),
        intake: Intake::from_config(&config, metrics.clone()).unwrap(),
        lookups: LookupPages::from_config(&config, Lookups::default(), metrics.clone()).unwrap(),
        ..Pages::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::bind("127.0.0.1:0")).unwrap();
    let address = server.local_addr().unwrap();
    runtime.spawn(server.serve(pages, std::future::pending()));
    Running { address, metrics, _runtime: runtime }
}

fn both() -> Running {
    start(&format!(
        "[http.intake]\nenabled = true\ntimeout_ms = 500\nmax_body_bytes = 1024\ntokens = {{ tablets = \"{INTAKE}\" }}\n\
         [http.lookups]\nenabled = true\ntimeout_ms = 200\ntokens = {{ desk = \"{LOOKUPS}\" }}\n"
    ))
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The problem that it must be, with its status and reason.
    #[track_caller]
    fn problem(&self, status: u16, reason: &str) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["reason"]), (&json!(status), &json!(reason)), "{problem}");
        assert!(problem["title"].is_string(), "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

impl Running {
    fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = agent().post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        reply(request.send(body))
    }

    /// With a token, as JSON.
    fn post(&self, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {INTAKE}");
        self.send(path, &[("authorization", &bearer), ("content-type", "application/json")], body.as_bytes())
    }

    fn get(&self, path: &str, token: Option<&str>) -> Reply {
        let mut request = agent().get(format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        reply(request.call())
    }
}

fn reply(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply {
    let mut answer = answer.unwrap();
    Reply {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.body_mut().read_to_string().unwrap(),
    }
}

const SOUP: &str = r#"{"site_id": "strandhotellet", "location": "table 12", "text": "the soup is cold"}"#;

#[test]
fn both_doors_are_shut_unless_they_are_switched_on() {
    let running = start("");
    for path in ["/complaints", "/outcomes"] {
        assert_eq!(running.post(path, SOUP).status, 404, "{path}");
    }
    for path in ["/guests/anna", "/orders/1"] {
        assert_eq!(running.get(path, Some(LOOKUPS)).status, 404, "{path}");
    }
}

#[test]
fn nobody_comes_in_without_the_right_token() {
    let running = both();
    let large = vec![b'x'; 100_000];
    for path in ["/complaints", "/outcomes"] {
        let answer = running.send(path, &[], &large);
        answer.problem(401, "unauthorized");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"service-recovery\"");
        for header in [format!("Bearer {INTAKE}x"), format!("Basic {INTAKE}"), INTAKE.to_owned(), "Bearer ".to_owned()]
        {
            running.send(path, &[("authorization", &header)], b"{}").problem(401, "unauthorized");
        }
        let other = format!("Bearer {LOOKUPS}");
        running.send(path, &[("authorization", &other)], b"{}").problem(403, "forbidden");
    }
    for path in ["/guests/anna", "/orders/1", "/orders/1?guest=c%3Aanna", "/guests/a%2Fb"] {
        running.get(path, None).problem(401, "unauthorized");
        running.get(path, Some("lookup-token-012345678")).problem(401, "unauthorized");
        running.get(path, Some(INTAKE)).problem(403, "forbidden");
        // the right one: no worker has started here
        let answer = running.get(path, Some(LOOKUPS));
        answer.problem(503, "not_now");
        assert!(answer.headers.contains_key("retry-after"));
    }
    let metrics = running.metrics.gather();
    for line in [
        "service_recovery_intake_requests_total{endpoint=\"complaints\",outcome=\"forbidden\"} 1",
        "service_recovery_lookups_total{endpoint=\"orders\",outcome=\"unauthorized\"} 4",
        "service_recovery_lookups_total{endpoint=\"guests\",outcome=\"not_now\"} 2",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    assert!(!metrics.contains("anna") && !metrics.contains("tablets"), "{metrics}");
}

#[rstest::rstest]
#[case::not_json("/complaints", "the soup is cold", 400, "malformed_json", "not a JSON object")]
#[case::a_list("/complaints", "[]", 400, "malformed_json", "not a JSON object")]
#[case::avro("/complaints", "\u{0}\u{0}\u{0}\u{0}\u{1}", 400, "malformed_json", "not a JSON object")]
#[case::cut_off("/complaints", "{\"text\": \"so", 400, "truncated", "ends in the middle")]
#[case::nothing("/complaints", "{}", 422, "invalid_field", "customer_id, visit_id, order_id, site_id or text")]
#[case::wrong_type("/complaints", r#"{"text": "x", "apologised": "SECRET"}"#, 422, "wrong_type", "apologised")]
#[case::wrong_word("/complaints", r#"{"text": "x", "failure": "SECRET"}"#, 422, "invalid_field", "failure")]
#[case::out_of_range("/complaints", r#"{"text": "x", "inconvenience": 7777}"#, 422, "invalid_field", "inconvenience")]
#[case::bad_time("/complaints", r#"{"text": "x", "time": "SECRET"}"#, 422, "invalid_field", "time")]
#[case::null_id("/complaints", r#"{"text": "x", "id": null}"#, 422, "wrong_type", "id")]
#[case::no_status("/outcomes", r#"{"reply_to": "SECRET"}"#, 422, "invalid_field", "status is missing")]
#[case::nobody("/outcomes", r#"{"status": "done", "incident_id": "SECRET"}"#, 422, "unroutable", "names nobody")]
#[case::bad_reply("/outcomes", r#"{"status": "done", "reply_to": "SECRET"}"#, 422, "unroutable", "reply_to")]
fn a_refusal_names_the_field_and_never_what_it_holds(
    #[case] path: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] reason: &str,
    #[case] part: &str,
) {
    let answer = both().post(path, body);
    let detail = answer.problem(status, reason);
    assert!(detail.contains(part), "{detail}");
    for value in ["SECRET", "7777", "soup"] {
        assert!(!answer.text.contains(value), "{}", answer.text);
    }
}

#[test]
fn only_json_of_a_sensible_size_is_read() {
    let running = both();
    let bearer = format!("Bearer {INTAKE}");
    for content_type in [None, Some("text/plain"), Some("application/cloudevents+json"), Some("avro/binary")] {
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(content_type.map(|value| ("content-type", value)));
        running.send("/complaints", &headers, SOUP.as_bytes()).problem(415, "unsupported");
    }
    let long = json!({"text": "x".repeat(2_000)}).to_string();
    let detail = running.post("/complaints", &long).problem(413, "too_large");
    assert!(detail.contains("1024"), "{detail}");
    assert_eq!(running.get("/complaints", Some(INTAKE)).status, 405);
}

#[test]
fn two_ids_must_be_one() {
    let bearer = format!("Bearer {INTAKE}");
    let running = both();
    let send = |key: &str| {
        let headers = [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", key)];
        running.send("/complaints", &headers, br#"{"id": "a", "text": "x"}"#)
    };
    let detail = send("b").problem(422, "invalid_field");
    assert!(detail.contains("Idempotency-Key"), "{detail}");
    send("").problem(400, "invalid_key");
    // the same one, quoted: on to the brokers, who are not there
    send("\"a\"").problem(503, "unavailable");
}

#[test]
fn nothing_is_acknowledged_while_the_brokers_are_away() {
    let running = both();
    let asked = Instant::now();
    let answer = running.post("/complaints", SOUP);
    let detail = answer.problem(503, "unavailable");
    assert!(detail.contains("send it again"), "{detail}");
    assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
}

#[test]
fn more_requests_than_there_are_places_are_asked_to_come_again() {
    let running = start(&format!(
        "[http.intake]\nenabled = true\ntimeout_ms = 3000\nmax_concurrent = 1\ntokens = {{ tablets = \"{INTAKE}\" }}\n"
    ));
    std::thread::scope(|scope| {
        // it comes again itself when one of those below has the only place just then
        let first = scope.spawn(|| {
            loop {
                let answer = running.post("/complaints", SOUP);
                if !answer.text.contains("busy") {
                    return answer;
                }
            }
        });
        let give_up = Instant::now() + Duration::from_secs(10);
        loop {
            let second = running.post("/complaints", "{}");
            if second.status == 503 {
                second.problem(503, "busy");
                assert_eq!(second.headers["retry-after"], "1");
                break;
            }
            assert!(Instant::now() < give_up, "the only place is never taken: {second:?}");
        }
        first.join().unwrap().problem(503, "unavailable");
    });
}

#[test]
fn a_door_does_not_open_without_a_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let tokens = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(tokens.path(), format!("# tablets of the bar\nbar {INTAKE}\n")).unwrap();
    let load = |section: &str| {
        std::fs::write(file.path(), format!("[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n{section}")).unwrap();
        Config::load(file.path())
    };
    for (section, part) in [
        ("[http.intake]\nenabled = true\n", "http.intake: is enabled without a token"),
        ("[http.lookups]\nenabled = true\ntokens = { desk = [] }\n", "http.lookups: is enabled without a token"),
        ("[http.lookups]\nenabled = true\ntokens = { desk = \"SECRET\" }\n", "http.lookups.tokens.desk: is shorter"),
        ("[http.intake]\ntokens = { \"a b\" = \"SECRET-0123456789\" }\n", "http.intake.tokens.a b: is no name"),
        ("[http.intake]\ntokens = { a = 1234567890123456789 }\n", "must be a text"),
        ("[http.intake]\nenabled = true\ncomplaints_topic = \"elsewhere\"\ntokens_file = \"x\"\n", "no input reads"),
    ] {
        let message = load(section).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
        assert!(!message.contains("SECRET") && !message.contains("1234567890123456789"), "{message}");
    }

    let section = |path: &str| format!("[http.intake]\nenabled = true\ntokens_file = \"{path}\"\n");
    let missing = load(&section("/does/not/exist")).unwrap();
    assert!(
        Intake::from_config(&missing, Metrics::default()).unwrap_err().to_string().contains("cannot read the tokens")
    );
    let named = load(&section(tokens.path().to_str().unwrap())).unwrap();
    let intake = Intake::from_config(&named, Metrics::default()).unwrap().unwrap();
    assert!(!format!("{named} {named:?} {intake:?}").contains(INTAKE));
}
