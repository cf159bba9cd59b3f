//! What a worker has in hand: everything since the last commit, to be written in one transaction or forgotten.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::dead_letters::DeadLetter;
use crate::config::WorkerConfig;
use crate::engine::Batch;

#[derive(Debug, Default)]
pub struct Open {
    pub batch: Batch,
    pub dead_letters: Vec<DeadLetter>,
    /// Tasks that were given something: their mailbox position goes into the transaction in any case.
    pub touched: BTreeSet<u32>,
    /// Nothing more was there when records were last asked for.
    pub poll_was_empty: bool,
    /// Records by topic: (handled, sent on through the mailbox).
    pub records: FxHashMap<usize, (u64, u64)>,
    pub deadlines: u64,
    began: Option<Instant>,
    events: usize,
    bytes: usize,
}

impl Open {
    /// How long ago the first change came in; `None` when there is none.
    pub fn age(&self) -> Option<Duration> {
        self.began.map(|began| began.elapsed())
    }

    pub fn is_full(&self, config: &WorkerConfig) -> bool {
        self.events >= config.max_events || self.bytes >= config.max_bytes
    }

    pub fn touch(&mut self, task: u32) {
        self.touched.insert(task);
    }

    pub fn record(&mut self, topic: usize, bytes: usize, forwarded: bool) {
        self.began.get_or_insert_with(Instant::now);
        self.events += 1;
        self.bytes += bytes;
        let (handled, sent_on) = self.records.entry(topic).or_default();
        *handled += 1;
        *sent_on += u64::from(forwarded);
    }

    pub fn fired(&mut self, deadlines: usize) {
        self.began.get_or_insert_with(Instant::now);
        self.events += deadlines;
        self.deadlines += deadlines as u64;
    }
}
