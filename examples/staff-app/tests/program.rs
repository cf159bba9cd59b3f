//! The program as it is started: without Kafka the page is there and says so, and what is wrong is said clearly.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_staff-app");

/// Ends with the test.
struct App(Child);

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(listen: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    // nobody listens on the discard port
    command
        .args(["--bootstrap-servers", "127.0.0.1:9", "--listen", listen])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request}\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_page_is_there_without_kafka_and_says_that_it_is_away() {
    let mut app = App(start("127.0.0.1:0").spawn().unwrap());
    let mut line = String::new();
    BufReader::new(app.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().trim_start_matches("the staff app is at http://").trim_end_matches('/').to_owned();

    let page = ask(&address, "GET / HTTP/1.1");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{page}");
    // everything that the page and its modules name is served
    let named = |text: &str| -> Vec<String> {
        let quoted = text.split(['"', '\'']);
        quoted
            .filter(|word| word.ends_with(".js") || word.ends_with(".css") || word.ends_with(".svg"))
            .map(str::to_owned)
            .collect()
    };
    let mut files = named(&page);
    assert!(files.len() >= 3, "{files:?}");
    let mut next = 0;
    while let Some(file) = files.get(next).cloned() {
        let path = file.trim_start_matches('.');
        let content = ask(&address, &format!("GET {path} HTTP/1.1"));
        assert!(content.starts_with("HTTP/1.1 200"), "{file}: {content}");
        assert!(!content.contains("innerHTML"), "{file}: data is never markup");
        files.extend(
            named(&content)
                .into_iter()
                .filter(|name| name.starts_with("./") && !files.contains(name))
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    assert!(files.len() > 8, "{files:?}");
    assert!(ask(&address, "GET /health HTTP/1.1").starts_with("HTTP/1.1 503"));
    assert!(ask(&address, "GET /elsewhere HTTP/1.1").starts_with("HTTP/1.1 404"));
    let foreign = ask(&address, "GET / HTTP/1.1\r\nSec-Fetch-Site: cross-site");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = start(&address).stderr(Stdio::piped()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&format!("cannot listen on {address}")) && message.contains("--listen"), "{message}");
    assert_eq!(output.status.code(), Some(1));
}
