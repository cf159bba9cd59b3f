//! One running instance of the service. `broker/hold` is its parent: it dies with this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::broker::recipe;
use super::wait::{eventually, secs, until};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_service-recovery");

pub struct Service {
    pub name: String,
    hold: Child,
    pid: u32,
    log: PathBuf,
    http: u16,
    ended: bool,
}

impl Service {
    /// Starts `run` with a configuration that makes it listen on port `http`, without waiting for anything.
    pub fn start(name: &str, config: &Path, http: u16, log: PathBuf) -> Self {
        let pid_file = log.with_extension("pid");
        let _ = fs::remove_file(&pid_file);
        let output = fs::File::options().create(true).append(true).open(&log).unwrap();
        let hold = Command::new(recipe("hold"))
            .arg(&pid_file)
            .args([PROGRAM, "run", "--config"])
            .arg(config)
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .expect("tests/kafka/broker/hold runs");
        let pid =
            eventually(secs(10), "the service's process", || fs::read_to_string(&pid_file).ok()?.trim().parse().ok());
        Self { name: name.to_owned(), hold, pid, log, http, ended: false }
    }

    /// Waits until it says that it is ready.
    #[track_caller]
    pub fn ready(self) -> Self {
        self.until_ready();
        self
    }

    #[track_caller]
    pub fn until_ready(&self) {
        until(secs(60), &format!("{} to be ready", self.name), || {
            assert!(self.is_running(), "{} ended by itself", self.name);
            self.get("/health/ready").is_some_and(|(status, _)| status == 200)
        });
    }

    /// (status, body) of a page, or `None` when nobody answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(2)))
            .build()
            .into();
        let mut answer = agent.get(format!("http://127.0.0.1:{}{path}", self.http)).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// The sum over all labels of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let (_, text) = self.get("/metrics")?;
        let values = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            (rest.starts_with(' ') || rest.starts_with('{'))
                .then(|| rest.rsplit(' ').next())?
                .and_then(|v| v.parse::<f64>().ok())
        });
        values.reduce(|a, b| a + b)
    }

    pub fn is_running(&self) -> bool {
        !self.ended && Path::new(&format!("/proc/{}", self.pid)).exists() && !self.is_zombie()
    }

    fn is_zombie(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.wait(secs(10));
    }

    /// Stops the process without ending it.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Asks it to load its policy again.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Asks it to end and returns its exit code.
    #[track_caller]
    pub fn terminate(&mut self) -> i32 {
        self.signal("TERM");
        self.wait(secs(30))
    }

    /// Waits until it ends by itself, and returns its exit code.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> i32 {
        let status = eventually(limit, &format!("{} to end", self.name), || self.hold.try_wait().unwrap());
        self.ended = true;
        status.code().unwrap_or(-1)
    }

    fn signal(&self, signal: &str) {
        assert!(!self.ended, "{} has ended", self.name);
        let status = Command::new("kill").args([&format!("-{signal}"), &self.pid.to_string()]).status().unwrap();
        assert!(status.success(), "{} cannot be sent {signal}", self.name);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.ended {
            // closes its standard input: `hold` kills the service
            drop(self.hold.stdin.take());
            let _ = self.hold.wait();
        }
        let log = self.log();
        if std::thread::panicking() {
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(60)..];
            println!("--- the last words of {}\n{}\n---", self.name, tail.join("\n"));
        } else {
            assert!(!log.contains("panicked at"), "{} panicked:\n{log}", self.name);
        }
    }
}
