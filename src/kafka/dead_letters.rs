//! Records that cannot be handled: kept as they came, with where they came from and why; and how many are too many.

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rustc_hash::FxHashMap;

use super::topology::Partition;
use crate::config::DeadLetterConfig;

/// A ratio is judged from this many records on,
const RATIO_FROM: u32 = 100;
/// and looks back over about this many.
const RATIO_WINDOW: u32 = 1_000;
/// Room that a record needs beside its key, value and headers.
const RECORD_OVERHEAD: usize = 4 * 1024;

/// A record on its way to the dead-letter topic.
#[derive(Debug)]
pub struct DeadLetter {
    pub topic: usize,
    /// The kind of error: a metric label, one of a closed list.
    pub reason: &'static str,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: OwnedHeaders,
}

impl DeadLetter {
    /// Keeps `record` with its own headers and with ours. Where it would not fit into a record of the dead-letter
    /// topic its value is left out, and a header says so: it can still be read where it was.
    pub fn new(
        record: &BorrowedMessage<'_>,
        topic: usize,
        reason: &'static str,
        message: &str,
        max_bytes: usize,
    ) -> Self {
        let original = record.headers();
        let mut headers = OwnedHeaders::new_with_capacity(original.map_or(0, |h| h.count()) + 9);
        let mut bytes = record.key().map_or(0, <[u8]>::len) + message.len() + RECORD_OVERHEAD;
        for header in original.iter().flat_map(|headers| headers.iter()) {
            bytes += header.key.len() + header.value.map_or(0, <[u8]>::len);
            headers = headers.insert(header);
        }
        let mut value = record.payload();
        let length = value.map_or(0, <[u8]>::len);
        if bytes + length > max_bytes {
            value = None;
            headers = headers.insert(text("dead_letter_value_omitted_bytes", &length.to_string()));
        }
        let timestamp = record.timestamp().to_millis().map_or_else(String::new, |millis| millis.to_string());
        headers = headers
            .insert(text("dead_letter_topic", record.topic()))
            .insert(text("dead_letter_partition", &record.partition().to_string()))
            .insert(text("dead_letter_offset", &record.offset().to_string()))
            .insert(text("dead_letter_timestamp", &timestamp))
            .insert(text("dead_letter_error_kind", reason))
            .insert(text("dead_letter_error_message", message))
            .insert(text("dead_letter_app_version", env!("CARGO_PKG_VERSION")));
        Self { topic, reason, key: record.key().map(<[u8]>::to_vec), value: value.map(<[u8]>::to_vec), headers }
    }

    /// A message between entities that was passed on too often: a record that the mailbox would take again.
    pub fn undeliverable(to: &str, message: &str, mail: Vec<u8>, mailbox: usize) -> Self {
        let reason = "undeliverable";
        let headers = OwnedHeaders::new()
            .insert(text("dead_letter_error_kind", reason))
            .insert(text("dead_letter_error_message", message))
            .insert(text("dead_letter_app_version", env!("CARGO_PKG_VERSION")));
        Self { topic: mailbox, reason, key: Some(to.as_bytes().to_vec()), value: Some(mail), headers }
    }
}

fn text<'a>(key: &'a str, value: &'a str) -> Header<'a, &'a str> {
    Header { key, value: Some(value) }
}

/// Counts, per partition, how many records are bad. Too many mean that not the records are wrong, but something around
/// them: a new producer, a missing schema, a wrong contract.
#[derive(Debug)]
pub struct Limits {
    max_ratio: f64,
    max_consecutive: u32,
    counts: FxHashMap<Partition, Count>,
}

#[derive(Debug, Default)]
struct Count {
    total: u32,
    bad: u32,
    consecutive: u32,
}

impl Limits {
    pub fn new(config: &DeadLetterConfig) -> Self {
        Self { max_ratio: config.max_ratio, max_consecutive: config.max_consecutive, counts: FxHashMap::default() }
    }

    /// A record that could be handled.
    pub fn good(&mut self, partition: Partition) {
        // partitions without any bad record cost nothing
        if let Some(count) = self.counts.get_mut(&partition) {
            count.add(0);
            count.consecutive = 0;
        }
    }

    /// A record that could not. `Err` says why the partition must stop before it.
    pub fn bad(&mut self, partition: Partition) -> Result<(), String> {
        let count = self.counts.entry(partition).or_default();
        if count.consecutive >= self.max_consecutive {
            return Err(format!("{} records in a row could not be handled", count.consecutive));
        }
        if count.total >= RATIO_FROM && f64::from(count.bad) > self.max_ratio * f64::from(count.total) {
            return Err(format!("{} of the last {} records could not be handled", count.bad, count.total));
        }
        count.add(1);
        count.consecutive += 1;
        Ok(())
    }

    /// What was counted since the last commit will be counted again.
    pub fn clear(&mut self) {
        self.counts.clear();
    }
}

impl Count {
    fn add(&mut self, bad: u32) {
        self.total += 1;
        self.bad += bad;
        if self.total >= RATIO_WINDOW {
            self.total /= 2;
            self.bad /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Partition = Partition { topic: 2, number: 0 };

    fn limits(max_ratio: f64, max_consecutive: u32) -> Limits {
        Limits::new(&DeadLetterConfig { max_ratio, max_consecutive, ..DeadLetterConfig::default() })
    }

    #[test]
    fn a_run_stops_the_partition_and_a_good_record_ends_the_run() {
        let mut limits = limits(1.0, 3);
        for _ in 0..3 {
            limits.bad(P).unwrap();
        }
        assert!(limits.bad(P).unwrap_err().contains("3 records in a row"));
        assert!(limits.bad(Partition { number: 1, ..P }).is_ok());
        limits.good(P);
        assert!(limits.bad(P).is_ok());
    }

    #[test]
    fn a_share_stops_the_partition_once_there_are_enough_records_to_judge() {
        let mut limits = limits(0.5, 1_000);
        let mut handled = 0;
        let reason = loop {
            if let Err(reason) = limits.bad(P) {
                break reason;
            }
            if handled % 3 == 0 {
                limits.good(P);
            }
            handled += 1;
        };
        assert!(reason.contains("of the last"), "{reason}");
        assert!((50..120).contains(&handled), "{handled}");
    }

    #[test]
    fn a_tenth_is_below_one_half_for_ever() {
        let mut limits = limits(0.5, 10);
        for _ in 0..1_000 {
            limits.bad(P).unwrap();
            for _ in 0..9 {
                limits.good(P);
            }
        }
    }
}
