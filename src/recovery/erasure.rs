//! Who was erased, and up to when: of an erased guest nothing stays but a mark under a keyed hash of their key.
//!
//! What happened up to that moment is not taken in again, from whichever topic it is replayed. The mark lives in the task
//! of the guest, so that it is there whenever the guest is asked for.

use ring::hmac;
use serde::{Deserialize, Serialize};

use super::{Context, EntityKey};
use crate::events::{Millis, Timestamp};

/// What was known up to a moment is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub at: Timestamp,
    /// Of the record of the customers topic; before all others for whoever has none of their own.
    pub offset: i64,
}

impl Erasure {
    /// Of a guest or an order that is not in the customers topic itself.
    pub fn up_to(at: Timestamp) -> Self {
        Self { at, offset: -1 }
    }

    pub fn is_after(&self, time: Timestamp) -> bool {
        time <= self.at
    }
}

/// The mark: it is found by the hash of the guest's key, and says nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    erasure: Option<Erasure>,
    /// `None`: for ever.
    until: Option<Timestamp>,
}

impl Mark {
    pub(crate) fn renew(&mut self, erasure: Erasure, until: Option<Timestamp>) {
        let is_newer = self.erasure.is_none_or(|known| known.at <= erasure.at);
        if is_newer {
            self.erasure = Some(erasure);
            self.until = until;
        }
    }

    pub(crate) fn erasure(&self) -> Option<Erasure> {
        self.erasure
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.until
    }

    pub(super) fn fire(&mut self, context: &Context<'_>) {
        if self.until.is_some_and(|until| context.has_passed(until)) {
            *self = Self::default();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.erasure.is_none()
    }
}

/// How erased guests are marked, and for how long.
#[derive(Debug, Clone)]
pub struct Privacy {
    /// The first one marks; those before it are still looked for.
    keys: Vec<hmac::Key>,
    keep: Option<Millis>,
}

/// Without a secret of its own a deployment hashes with this, which hides nothing from whoever can guess ids.
const KNOWN_TO_ALL: &str = "service-recovery";

impl Default for Privacy {
    fn default() -> Self {
        Self::new(&[], None)
    }
}

impl Privacy {
    /// `secrets`: the newest first; none: a key that is no secret. `keep`: for how long a mark stays, else for ever.
    pub fn new(secrets: &[&str], keep: Option<Millis>) -> Self {
        let known = [KNOWN_TO_ALL];
        let secrets = if secrets.is_empty() { &known } else { secrets };
        let key = |secret: &&str| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Self { keys: secrets.iter().map(key).collect(), keep }
    }

    /// The keys under which the mark of an entity of this task may lie, the one to write first.
    pub(crate) fn marks<'a>(&'a self, key: &'a EntityKey, task: u32) -> impl Iterator<Item = EntityKey> + 'a {
        self.keys.iter().map(move |secret| {
            let tag = hmac::sign(secret, key.as_str().as_bytes());
            EntityKey::mark(task, tag.as_ref())
        })
    }

    pub(crate) fn keep_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.keep.map(|keep| now + keep)
    }
}
