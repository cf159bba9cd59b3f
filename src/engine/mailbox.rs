//! Mailbox records: a version byte, then a postcard list of envelopes for one task.

use thiserror::Error;

use crate::recovery::Envelope;

/// The first byte of every mailbox record. Raise it when the encoding changes, and keep reading the old ones.
const MAILBOX_VERSION: u8 = 1;

/// A mailbox record stays within this size, unless a single envelope is larger. Brokers take 1 MiB by default.
pub const MAX_BATCH_BYTES: usize = 512 * 1024;

/// The version byte, and the longest count that postcard writes for a `u32`.
const HEADER_BYTES: usize = 1 + 5;

#[derive(Debug, Error)]
pub enum MailboxError {
    #[error("mailbox record has version {found}, this program reads up to {MAILBOX_VERSION}: run a newer release")]
    Version { found: u8 },
    #[error("mailbox record cannot be read: {reason}")]
    Corrupt { reason: String },
}

/// The records that carry `envelopes`, in order: each at most `max_bytes` long, but for an envelope that is longer.
pub fn encode_batches(envelopes: &[Envelope], max_bytes: usize) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut count: u32 = 0;
    let mut body: Vec<u8> = Vec::new();
    for envelope in envelopes {
        let before = body.len();
        body = postcard::to_extend(envelope, body).expect("invariant: envelopes hold only what postcard can write");
        if before > 0 && HEADER_BYTES + body.len() > max_bytes {
            let last = body.split_off(before);
            records.push(record(count, &body));
            (count, body) = (0, last);
        }
        count += 1;
    }
    if count > 0 {
        records.push(record(count, &body));
    }
    records
}

fn record(count: u32, body: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEADER_BYTES + body.len());
    record.push(MAILBOX_VERSION);
    let mut record = postcard::to_extend(&count, record).expect("invariant: postcard can write a number");
    record.extend_from_slice(body);
    record
}

/// Reads a record of this or an older version.
pub fn decode_batch(record: &[u8]) -> Result<Vec<Envelope>, MailboxError> {
    let body = match record.split_first() {
        Some((&MAILBOX_VERSION, body)) => body,
        Some((&found, _)) => return Err(MailboxError::Version { found }),
        None => return Err(MailboxError::Corrupt { reason: "it is empty".to_owned() }),
    };
    let (envelopes, rest) =
        postcard::take_from_bytes(body).map_err(|e| MailboxError::Corrupt { reason: e.to_string() })?;
    if !rest.is_empty() {
        return Err(MailboxError::Corrupt { reason: format!("{} bytes are left over", rest.len()) });
    }
    Ok(envelopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::{EntityKey, Message};

    fn envelope(id: &str) -> Envelope {
        let guest = EntityKey::customer("7");
        Envelope {
            to: EntityKey::order_index(id),
            hops: 2,
            message: Message::Matched { incident_id: guest.to_string() },
        }
    }

    fn read_all(records: &[Vec<u8>]) -> Vec<Envelope> {
        records.iter().flat_map(|record| decode_batch(record).unwrap()).collect()
    }

    #[test]
    fn a_small_batch_is_one_record() {
        let envelopes = vec![envelope("A"), envelope("B")];
        let records = encode_batches(&envelopes, MAX_BATCH_BYTES);
        assert_eq!(records.len(), 1);
        assert_eq!(read_all(&records), envelopes);
        assert!(encode_batches(&[], MAX_BATCH_BYTES).is_empty());
    }

    #[test]
    fn a_large_batch_is_split_and_keeps_its_order() {
        let envelopes: Vec<Envelope> = (0..500).map(|n| envelope(&format!("order-{n}"))).collect();
        let records = encode_batches(&envelopes, 1_000);
        assert!(records.len() > 5, "{} records", records.len());
        assert!(records.iter().all(|record| record.len() <= 1_000));
        assert_eq!(read_all(&records), envelopes);
    }

    #[test]
    fn an_envelope_that_is_too_long_travels_alone() {
        let envelopes = vec![envelope("A"), envelope(&"x".repeat(2_000)), envelope("B")];
        let records = encode_batches(&envelopes, 1_000);
        let counts: Vec<usize> = records.iter().map(|record| decode_batch(record).unwrap().len()).collect();
        assert_eq!(counts, [1, 1, 1]);
        assert_eq!(read_all(&records), envelopes);
    }

    #[test]
    fn what_is_cut_or_padded_or_newer_is_refused() {
        let record = encode_batches(&[envelope("A")], MAX_BATCH_BYTES).remove(0);
        assert!(matches!(decode_batch(&record[..record.len() - 1]), Err(MailboxError::Corrupt { .. })));
        let padded = [record.as_slice(), &[0]].concat();
        assert!(matches!(decode_batch(&padded), Err(MailboxError::Corrupt { .. })));
        let newer = [&[MAILBOX_VERSION + 1], &record[1..]].concat();
        assert!(matches!(decode_batch(&newer), Err(MailboxError::Version { found: 2 })));
        assert!(matches!(decode_batch(&[]), Err(MailboxError::Corrupt { .. })));
    }
}
