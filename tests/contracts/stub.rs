//! A server that answers as a schema registry would, or as one should not; in plain or over TLS.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// (method and path, all headers) -> (status, body).
type Answer = Box<dyn Fn(&str, &str) -> (u16, String) + Send>;

pub struct Stub {
    pub url: String,
    /// Methods and paths, in the order in which they came.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub fn start(answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        Self::serve(None, Box::new(answer))
    }

    pub fn with_tls(config: ServerConfig, answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        Self::serve(Some(Arc::new(config)), Box::new(answer))
    }

    fn serve(tls: Option<Arc<ServerConfig>>, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                // a client that does not like our certificate hangs up
                let _ = match &tls {
                    None => converse(client.unwrap(), &answer, &log),
                    Some(config) => {
                        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                        converse(StreamOwned::new(connection, client.unwrap()), &answer, &log)
                    }
                };
            }
        });
        Self { url, asked }
    }
}

trait HangUp: Read + Write {
    fn hang_up(&mut self) {}
}
impl HangUp for TcpStream {}
impl HangUp for StreamOwned<ServerConnection, TcpStream> {
    fn hang_up(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

/// One request and one answer.
fn converse(mut client: impl HangUp, answer: &Answer, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    client.read_exact(&mut vec![0; length.unwrap_or(0)])?;
    let mut words = head.split(' ');
    let asked = format!("{} {}", words.next().unwrap(), words.next().unwrap());
    let (status, body) = answer(&asked, &head);
    log.lock().unwrap().push(asked);
    let length = body.len();
    write!(client, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")?;
    client.flush()?;
    client.hang_up();
    Ok(())
}
