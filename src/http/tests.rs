use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::telemetry::{WorkerHealth, WorkerPhase};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), HttpError>>,
}

async fn start(health: Health) -> Running {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let signal = async {
        let _ = stopped.await;
    };
    Running { address, stop, server: tokio::spawn(server.serve(Pages { health, ..Pages::default() }, signal)) }
}

/// One worker, running, and what else keeps the service from being ready.
fn health(trouble: Option<&str>) -> Health {
    let health = Health::default();
    health.set_worker(0, WorkerHealth { phase: WorkerPhase::Running, ..WorkerHealth::default() });
    health.set_trouble(trouble.map(str::to_owned));
    health
}

/// (status, content type, body)
async fn get(address: SocketAddr, path: &str, accept: &str) -> (u16, String, String) {
    let (url, accept) = (format!("http://{address}{path}"), accept.to_owned());
    tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(url).header("accept", accept).call().unwrap();
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), content_type, answer.body_mut().read_to_string().unwrap())
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn health_says_why_it_is_not_ready() {
    let well = start(health(None)).await;
    assert_eq!(get(well.address, "/health/ready", "*/*").await.0, 200);

    let restoring = start(health(Some("task 3 is being restored"))).await;
    assert_eq!(get(restoring.address, "/health/live", "*/*").await.0, 200);
    let (status, _, body) = get(restoring.address, "/health/ready", "*/*").await;
    assert_eq!((status, body.as_str()), (503, "task 3 is being restored\n"));
}

#[tokio::test]
async fn metrics_are_in_the_text_format() {
    let running = start(health(None)).await;
    let (status, content_type, body) = get(running.address, "/metrics", "*/*").await;
    assert_eq!(status, 200);
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(body.contains("# HELP service_recovery_"), "{body}");
}

#[tokio::test]
async fn the_status_is_a_page_for_a_browser_and_json_for_a_program() {
    let running = start(health(Some("<waiting>"))).await;
    let (_, content_type, body) = get(running.address, "/", "text/html,*/*").await;
    assert!(content_type.starts_with("text/html"), "{content_type}");
    assert!(body.contains("not ready (&lt;waiting&gt;)"), "{body}");

    let (_, content_type, body) = get(running.address, "/", "*/*").await;
    assert_eq!(content_type, "application/json");
    let status: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status["reason"], "<waiting>");
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let running = start(health(None)).await;
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("http://{}/orders/1", running.address);
    let answer = tokio::task::spawn_blocking(move || agent.get(url).call().unwrap()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_client_that_says_nothing() {
    let running = start(health(None)).await;
    let mut silent = TcpStream::connect(running.address).unwrap();
    get(running.address, "/health/live", "*/*").await;
    running.stop.send(()).unwrap();
    let asked = Instant::now();
    running.server.await.unwrap().unwrap();
    assert!(asked.elapsed() < SHUTDOWN_PATIENCE + Duration::from_secs(3));
    silent.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(silent.read(&mut [0; 8]).unwrap(), 0, "the connection is closed");
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_to_do() {
    let first = Server::bind("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().unwrap().to_string();
    let message = Server::bind(&address).await.unwrap_err().to_string();
    assert!(message.contains(&address) && message.contains("http.listen"), "{message}");
}
