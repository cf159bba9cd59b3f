//! What the reading thread, the browsers and the answers share: the board, how the reading goes, and who to tell.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{broadcast, watch};

use crate::board::Board;
use crate::card::Card;

/// A browser that is further behind than this gets the whole board again.
const BEHIND: usize = 256;

/// How the reading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Reading {
    /// Everything that was on the topics at the start has been read.
    pub complete: bool,
    /// Kafka answers.
    pub connected: bool,
    /// Records that could not be understood.
    pub unreadable: u64,
}

/// Cards that look different now, by id.
pub type Changed = Vec<String>;

#[derive(Debug)]
pub struct Hub {
    board: Mutex<Board>,
    changes: broadcast::Sender<Changed>,
    reading: watch::Sender<Reading>,
    closed: watch::Sender<bool>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            board: Mutex::default(),
            changes: broadcast::Sender::new(BEHIND),
            reading: watch::Sender::default(),
            closed: watch::Sender::default(),
        }
    }
}

impl Hub {
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn apply(&self, card: Card) {
        let changed = self.board().apply(card);
        self.tell(changed);
    }

    pub fn tidy(&self, now: i64, keep_millis: i64) {
        let dropped = self.board().drop_old(now, keep_millis);
        self.tell(dropped);
    }

    fn tell(&self, changed: Changed) {
        if !changed.is_empty() {
            // an error means that nobody looks
            let _ = self.changes.send(changed);
        }
    }

    /// Subscribe first, look at the board afterwards: so nothing is missed.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    pub fn reading(&self) -> watch::Receiver<Reading> {
        self.reading.subscribe()
    }

    /// Tells the browsers only when something is different.
    pub fn note(&self, update: impl FnOnce(&mut Reading)) {
        self.reading.send_if_modified(|reading| {
            let before = *reading;
            update(reading);
            *reading != before
        });
    }

    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    pub fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }
}
