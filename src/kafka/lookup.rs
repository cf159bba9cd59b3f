//! Questions about guests and orders, asked by HTTP and answered by the workers between two transactions.
//!
//! A worker's memory is its own: a question is handed to every worker, the one that owns the task answers with a view
//! of what is committed, the others say that it is not theirs. Nobody waits for a worker that is busy.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::clock;
use super::worker::Worker;
use crate::engine::task_of;
use crate::recovery::EntityKey;
use crate::recovery::view::{self, GuestView, IndexView, Moment, OrderDetails};

#[derive(Debug, Clone)]
pub enum Question {
    /// What is known of the guest with this id: a customer, else a visit, else an order or a complaint without guest.
    Guest { id: String },
    /// Which guest an order belongs to.
    Index { order_id: String },
    /// An order of a guest.
    Order { guest: EntityKey, order_id: String },
}

#[derive(Debug)]
pub enum Answer {
    Guest(Box<GuestView>),
    Index(Box<IndexView>),
    Order(Box<OrderDetails>),
    /// The task is here, and knows nothing of it.
    Unknown,
    /// The task is not here: another instance has it, or nobody at the moment.
    Elsewhere {
        task: u32,
        tasks: u32,
    },
    /// The task is here, and is being restored; or its worker is starting, or busy.
    NotNow,
}

/// A cheap handle on the desks of all workers.
#[derive(Debug, Clone, Default)]
pub struct Lookups {
    desks: Arc<Mutex<BTreeMap<usize, Sender<Asked>>>>,
}

/// A question on its way to a worker.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    question: Question,
    reply: UnboundedSender<Answer>,
}

impl Lookups {
    /// A new life of a worker: what its last one was asked and did not answer is over.
    pub(super) fn open(&self, worker: usize) -> Receiver<Asked> {
        let (asked, desk) = channel();
        self.desks.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, asked);
        desk
    }

    /// Asks every worker, and waits for the one that knows, at most for `patience`.
    pub async fn ask(&self, question: Question, patience: Duration) -> Answer {
        let (reply, replies) = unbounded_channel();
        let asked = Asked { question, reply };
        let mut workers = 0;
        for desk in self.desks.lock().unwrap_or_else(PoisonError::into_inner).values() {
            workers += 1;
            // a worker that is gone is missed below: it does not answer
            let _ = desk.send(asked.clone());
        }
        drop(asked);
        let answer = tokio::time::timeout(patience, first_that_knows(replies, workers));
        answer.await.unwrap_or(Answer::NotNow)
    }
}

/// Only when every worker has said that the task is not its own, it is elsewhere.
async fn first_that_knows(mut replies: UnboundedReceiver<Answer>, workers: usize) -> Answer {
    let mut elsewhere = None;
    let mut denied = 0;
    while let Some(answer) = replies.recv().await {
        match answer {
            Answer::Elsewhere { .. } => {
                denied += 1;
                elsewhere = Some(answer);
            }
            _ => return answer,
        }
    }
    elsewhere.filter(|_| denied == workers).unwrap_or(Answer::NotNow)
}

impl Worker {
    /// Answers what was asked since the last time.
    pub(super) fn answer_lookups(&self) {
        while let Ok(asked) = self.desk.try_recv() {
            if asked.reply.is_closed() {
                continue;
            }
            // whoever asked may still go
            let _ = asked.reply.send(self.answer(&asked.question));
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        let tasks = self.service.topology.tasks();
        let key = match question {
            Question::Guest { id } => EntityKey::customer(id),
            Question::Index { order_id } => EntityKey::order_index(order_id),
            Question::Order { guest, .. } => guest.clone(),
        };
        let task = task_of(&key, tasks);
        let Some(owned) = self.tasks.running.get(&task) else {
            let is_coming = !self.assigned || self.restorer.tasks().contains(&task);
            return if is_coming { Answer::NotNow } else { Answer::Elsewhere { task, tasks } };
        };
        let moment = Moment { now: clock::now(), safe: self.service.safe.get(), policy: &self.rules.policy };
        let known = |key: &EntityKey| owned.task.committed_entity(key);
        match question {
            Question::Guest { id } => {
                // all of them belong to one task: it is chosen by the id alone
                let kinds = [EntityKey::customer, EntityKey::visit, EntityKey::order_guest, EntityKey::complaint];
                let mut keys = kinds.into_iter().map(|kind| kind(id));
                let found = keys.find_map(|key| view::guest(&key, &known(&key)?, moment));
                found.map_or(Answer::Unknown, |guest| Answer::Guest(Box::new(guest)))
            }
            Question::Index { order_id } => {
                let found = known(&key).and_then(|entity| view::index(order_id, &entity, moment));
                found.map_or(Answer::Unknown, |index| Answer::Index(Box::new(index)))
            }
            Question::Order { order_id, .. } => {
                let found = known(&key).and_then(|entity| view::order(&key, order_id, &entity, moment));
                found.map_or(Answer::Unknown, |order| Answer::Order(Box::new(order)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(200);

    fn question() -> Question {
        Question::Guest { id: "anna".to_owned() }
    }

    /// Answers one question at each desk.
    fn serve(desks: Vec<Receiver<Asked>>, answers: Vec<Answer>) -> std::thread::JoinHandle<()> {
        std::thread::spawn(move || {
            for (desk, answer) in desks.iter().zip(answers) {
                let asked = desk.recv().unwrap();
                let _ = asked.reply.send(answer);
            }
        })
    }

    fn not_mine() -> Answer {
        Answer::Elsewhere { task: 3, tasks: 8 }
    }

    #[tokio::test]
    async fn the_worker_that_owns_the_task_is_heard() {
        let lookups = Lookups::default();
        let desks = vec![lookups.open(0), lookups.open(1)];
        let workers = serve(desks, vec![not_mine(), Answer::Unknown]);
        assert!(matches!(lookups.ask(question(), Duration::from_secs(5)).await, Answer::Unknown));
        workers.join().unwrap();
    }

    #[tokio::test]
    async fn elsewhere_is_said_only_when_every_worker_has_denied_it() {
        let lookups = Lookups::default();
        let workers = serve(vec![lookups.open(0), lookups.open(1)], vec![not_mine(), not_mine()]);
        let answer = lookups.ask(question(), Duration::from_secs(5)).await;
        assert!(matches!(answer, Answer::Elsewhere { task: 3, tasks: 8 }), "{answer:?}");
        workers.join().unwrap();

        // one of two is gone
        let desk = lookups.open(0);
        drop(lookups.open(1));
        let worker = serve(vec![desk], vec![not_mine()]);
        assert!(matches!(lookups.ask(question(), PATIENCE).await, Answer::NotNow));
        worker.join().unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_for_a_worker_that_is_busy_or_not_there_yet() {
        let lookups = Lookups::default();
        assert!(matches!(lookups.ask(question(), PATIENCE).await, Answer::NotNow));
        let _busy = lookups.open(0);
        assert!(matches!(lookups.ask(question(), PATIENCE).await, Answer::NotNow));
    }
}
