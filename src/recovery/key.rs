//! The keys of entities: a prefix for the kind, then the id.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// `c:` customer, `v:` visit, `o:` order without guest, `m:` complaint without guest.
    Guest,
    /// `x:` which guest an order belongs to.
    OrderIndex,
    /// `s:` budget of a site, and what fails there again and again.
    Site,
    /// `w:` how many orders a site has, and whether many fail at once.
    Watch,
    /// `p:` who was at a place of a site, and when.
    Place,
    /// `k:` what a carrier fails at again and again.
    Carrier,
    /// `e:` that somebody of this task was erased.
    Mark,
}

impl EntityKind {
    /// For messages, which never name who it is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guest => "a guest",
            Self::OrderIndex => "an order",
            Self::Site => "a site",
            Self::Watch => "the watch of a site",
            Self::Place => "a place",
            Self::Carrier => "a carrier",
            Self::Mark => "an erasure",
        }
    }
}

/// How well a guest is known, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    Complaint,
    Order,
    Visit,
    Customer,
}

/// As `c:42`. Entities are spread over tasks by the id without its prefix.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntityKey(Box<str>);

impl EntityKey {
    pub fn customer(id: &str) -> Self {
        Self::with_prefix('c', id)
    }
    pub fn visit(id: &str) -> Self {
        Self::with_prefix('v', id)
    }
    /// The anonymous guest of an order.
    pub fn order_guest(id: &str) -> Self {
        Self::with_prefix('o', id)
    }
    /// The unknown guest of a complaint.
    pub fn complaint(id: &str) -> Self {
        Self::with_prefix('m', id)
    }
    pub fn order_index(id: &str) -> Self {
        Self::with_prefix('x', id)
    }
    pub fn site(id: &str) -> Self {
        Self::with_prefix('s', id)
    }
    pub fn watch(site_id: &str) -> Self {
        Self::with_prefix('w', site_id)
    }
    pub fn carrier(id: &str) -> Self {
        Self::with_prefix('k', id)
    }

    /// A place of a site, by its one name.
    pub fn place(site_id: &str, place: &str) -> Self {
        Self::with_prefix('p', &format!("{site_id}\u{1f}{place}"))
    }

    /// As `e:17.6f1c...`: it lives in the task that it names, beside whom it stands for.
    pub(crate) fn mark(task: u32, hash: &[u8]) -> Self {
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::with_prefix('e', &format!("{task}.{hash}"))
    }

    /// The task that a mark lives in; everybody else lives where the hash of the id says.
    pub fn fixed_task(&self) -> Option<u32> {
        let id = self.0.strip_prefix("e:")?;
        id.split_once('.')?.0.parse().ok()
    }

    fn with_prefix(prefix: char, id: &str) -> Self {
        Self(format!("{prefix}:{id}").into())
    }

    /// Reads a key back, as from the state topic or a `reply_to`.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, _) = text.split_once(':')?;
        matches!(prefix, "c" | "v" | "o" | "m" | "x" | "s" | "p" | "k" | "w" | "e").then(|| Self(text.into()))
    }

    pub fn kind(&self) -> EntityKind {
        match self.0.as_bytes()[0] {
            b'x' => EntityKind::OrderIndex,
            b's' => EntityKind::Site,
            b'p' => EntityKind::Place,
            b'w' => EntityKind::Watch,
            b'k' => EntityKind::Carrier,
            b'e' => EntityKind::Mark,
            _ => EntityKind::Guest,
        }
    }

    /// The id without the prefix: what tasks are chosen by and outputs are keyed with.
    pub fn id(&self) -> &str {
        &self.0[2..]
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A guest that stands for one complaint only.
    pub fn is_complaint(&self) -> bool {
        self.0.starts_with("m:")
    }
    pub fn is_customer(&self) -> bool {
        self.0.starts_with("c:")
    }
    pub fn is_visit(&self) -> bool {
        self.0.starts_with("v:")
    }

    /// How well a guest is known: a customer best, then a visit, then an order, then a complaint.
    pub fn identity(&self) -> Identity {
        match self.0.as_bytes()[0] {
            b'c' => Identity::Customer,
            b'v' => Identity::Visit,
            b'o' => Identity::Order,
            _ => Identity::Complaint,
        }
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
