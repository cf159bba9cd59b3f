//! The staff app of `examples/`, in this process, on the topics of a deployment.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use clap::Parser as _;
use tokio::sync::oneshot;

use super::wait::{secs, until};
use super::world::World;

pub struct StaffApp {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StaffApp {
    pub fn start(world: &World<'_>, more: &[&str]) -> Self {
        let topics = ["recovery-actions", "recovery-follow-ups", "recovery-outcomes"].map(|topic| world.topic(topic));
        let [actions, follow_ups, outcomes] = topics.each_ref().map(String::as_str);
        let named = ["--actions", actions, "--follow-ups", follow_ups, "--outcomes", outcomes];
        let brokers = ["--bootstrap-servers", &world.broker.bootstrap, "--listen", "127.0.0.1:0"];
        let words = ["staff-app"].into_iter().chain(named).chain(brokers).chain(more.iter().copied());
        let settings = staff_app::Settings::try_parse_from(words).unwrap();

        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let listening = |address| tell.send(address).unwrap();
            runtime.block_on(staff_app::run(settings, listening, async { drop(stopped.await) })).unwrap();
        });
        Self { address: told.blocking_recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Waits until it has read everything that is on its topics.
    #[track_caller]
    pub fn ready(self) -> Self {
        let url = format!("{}health", self.url());
        until(secs(30), "the staff app to have read its topics", || ureq::get(&url).call().is_ok());
        self
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for StaffApp {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the staff app failed");
        }
    }
}
