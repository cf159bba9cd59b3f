//! What entities say to each other, and what they do to the world.
//!
//! Messages travel through the mailbox topic: append variants and fields at the end only, and raise the mailbox format
//! when an old one changes.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::EntityKey;
use super::causes::CauseReport;
use super::erasure::{Erasure, Privacy};
use super::guest::{Introduction, Moved};
use super::place::Seat;
use super::site::{Failed, GestureAnswer, GestureGiven, GestureRequest, GestureSettled, OrderSeen};
use crate::events::{Cause, Input, Output, Timestamp};
use crate::policy::{Catalogue, Policy};

/// A message on its way to one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub to: EntityKey,
    /// How many entities the input has been sent to so far, this one included; requests and replies count anew.
    pub hops: u8,
    pub message: Message,
}

/// An input is routed to its guest in at most this many steps. More is a bug, and a dead letter.
pub const MAX_HOPS: u8 = 6;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// An input event, for a guest or for the index of its order.
    Input(Box<Input>),
    /// Index to guest: an event of an order that is registered with you.
    Resolved(Box<Input>),
    /// Guest to index: this order is mine; remember it at least until then.
    Register {
        guest: EntityKey,
        until: Timestamp,
    },
    /// Guest to index: I do not know the order of this event.
    Unknown {
        from: EntityKey,
        input: Box<Input>,
    },
    /// Index to `m:` guest: nobody has claimed the order of this complaint for a while.
    Unmatched(Box<Input>),
    /// To `m:` guest: its complaint belongs to this incident after all.
    Matched {
        incident_id: String,
    },
    /// Guest to site, and back.
    RequestGesture(GestureRequest),
    GestureAnswer(GestureAnswer),
    /// Guest to site: the gesture was given, or will not be.
    GestureSettled(GestureSettled),
    /// To a guest: you are known by a better name; become that one. `instead_of`: the one it has become before.
    Link {
        to: EntityKey,
        instead_of: Option<EntityKey>,
    },
    /// A guest to the one that it has become, or whose order it had: what it knew.
    Move(Moved),
    /// Index to guest: this order belongs to another guest, who claimed it first.
    Claimed {
        order_id: String,
        owner: EntityKey,
    },
    /// Guest to index: the order has come to me from `before`; remember it at least until then.
    Reassign {
        guest: EntityKey,
        before: EntityKey,
        until: Timestamp,
    },
    /// Guest to place: I am there with this order.
    Sits(Seat),
    /// Place to guest: a complaint from where you were at its time. `told`: a person has been told about it already.
    Seated {
        input: Box<Input>,
        told: bool,
    },
    /// Place to guest: this complaint was somebody else's after all.
    NotSeated {
        source: String,
        id: String,
    },
    /// Guest to a companion, and back.
    Introduce {
        guest: EntityKey,
        customer_id: String,
        until: Timestamp,
    },
    Introduced(Introduction),
    /// Guest to site or carrier: what went wrong, as far as it is theirs to learn from.
    Causes(CauseReport),
    /// Guest to site: what was given, and what it cost.
    GestureGiven(GestureGiven),
    /// Guest to watch: an order was placed there.
    OrderSeen(OrderSeen),
    /// Guest to watch: what is wrong with an incident.
    Failed(Failed),
    /// Watch to guest: a gesture that waited need not wait any more; now everybody gets the same.
    GestureFree {
        incident_id: String,
        action_id: String,
    },
    /// Guest to the less known ones that became it, to the complaints it made, the index of its orders and the places
    /// where it sat: forget what it left with you up to then.
    Erase {
        who: EntityKey,
        at: Timestamp,
    },
    /// Guest to the index of an order that may be anybody's: forget what it asked you up to then. And back: I have
    /// nothing of it.
    ForgetAsked {
        who: EntityKey,
        at: Timestamp,
    },
    /// Guest to those of its party: it was erased.
    Gone {
        who: EntityKey,
        at: Timestamp,
    },
    /// As `Introduce`, with when the order was placed that names the companion.
    IntroduceAt {
        guest: EntityKey,
        customer_id: String,
        until: Timestamp,
        at: Timestamp,
    },
    /// Guest to site or carrier: is anybody at work on one of these? And back.
    AskInsight {
        guest: EntityKey,
        incident_id: String,
        causes: Vec<Cause>,
    },
    InsightOpen {
        incident_id: String,
        owner: EntityKey,
        is_open: bool,
    },
    /// Guest to watch: something was confirmed then.
    Confirmed {
        at: Timestamp,
    },
    /// Guest to watch: nothing was heard of an order that was promised then. Is anything heard of others? And back.
    AskFeed {
        guest: EntityKey,
        order_id: String,
        promised: Timestamp,
    },
    FeedLives {
        order_id: String,
        lives: bool,
    },
}

/// What the company has decided, and what it sells: the same for every entity.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    pub policy: &'a Policy,
    /// The policy's own catalogue, overlaid with what the catalogue topic said since.
    pub catalogue: &'a Catalogue,
    /// How erased guests are marked.
    pub privacy: &'a Privacy,
}

/// Of tests, the demo and the backtest, whose state is nobody's.
static PRIVACY: LazyLock<Privacy> = LazyLock::new(Privacy::default);

impl<'a> World<'a> {
    /// With the catalogue that came with the policy.
    pub fn of(policy: &'a Policy) -> Self {
        Self::with(policy, &policy.catalogue)
    }

    /// With another catalogue.
    pub fn with(policy: &'a Policy, catalogue: &'a Catalogue) -> Self {
        Self { policy, catalogue, privacy: &PRIVACY }
    }
}

/// What an entity may look at while it handles a message or a deadline. Time comes in as a value.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub policy: &'a Policy,
    pub catalogue: &'a Catalogue,
    /// The wall clock at the start of the transaction, never earlier than before.
    pub now: Timestamp,
    /// Up to when everything that was written has been handled. `None` before a task's first safe time.
    pub safe: Option<Timestamp>,
    /// When the task began to run, after its restore.
    pub started: Timestamp,
    /// The entity has nothing to remember, for it was erased.
    pub erased: Option<Erasure>,
}

impl Context<'_> {
    /// Everything set before this moment may be decided: deadlines fire when they are strictly earlier than it.
    pub fn has_passed(&self, deadline: Timestamp) -> bool {
        self.safe.is_some_and(|safe| safe > deadline)
    }

    /// Complaints are decided even without a safe time when this task has waited long enough for its first.
    pub fn patience_is_over(&self) -> bool {
        self.safe.is_none() && self.now - self.started >= self.policy.horizons.patience
    }
}

/// What an entity wants done, in order.
#[derive(Debug, Default)]
pub struct Effects {
    pub outputs: Vec<Output>,
    pub messages: Vec<Envelope>,
    pub observations: Vec<Observation>,
    /// The entity was erased: the task marks it.
    pub erased: Option<Erasure>,
}

/// Something worth counting that no output shows. Names become metric labels: a closed list, never data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Observation {
    /// The same event again.
    Duplicate,
    /// An event whose time is too far ahead of the clock; its arrival time was used.
    FutureDated,
    /// A visit that is already linked to another customer.
    ConflictingGuest,
    /// An event of an order that is not known yet.
    Parked,
    /// A parked event whose order never came.
    Unclaimed,
    /// An answer to nothing that is known.
    UnmatchedOutcome,
    /// An anonymous guest is known by a better name now.
    Linked,
    /// A finding that is too old to act on.
    History,
    /// The budget of a site's service day is nearly used.
    BudgetAlarm,
    /// So many guests of a site fail of one cause that their gestures wait.
    BreakerOpened,
    /// That is over.
    BreakerClosed,
    /// Nothing is confirmed at a site any more although orders fall due: the feed has stopped.
    FeedSilent,
    /// It is heard of again, or somebody says that it is well.
    FeedBack,
    /// An event from before its guest was erased: not taken in.
    Erased,
    /// A gesture that was not offered, and why.
    Suppressed(Suppression),
    /// A move that its life cycle does not know was refused.
    IllegalMove,
    /// Staff did more or other than they were asked.
    Deviated(Deviation),
}

/// What staff did in the spirit of the policy that its letter did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deviation {
    /// Something that no action asked for.
    Added,
    /// What was asked for, or something else, and worth more.
    More,
    /// Something else, worth no more as far as anybody says.
    Instead,
    /// Not what was asked for, and the reason why.
    WithReason,
}

impl Deviation {
    /// As a metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::More => "more",
            Self::Instead => "instead",
            Self::WithReason => "with_reason",
        }
    }
}

/// Why no gesture, or not this one, goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Suppression {
    BudgetSiteDay,
    CapGuestWindow,
    NoCandidate,
    ProfileUnknown,
    Joined,
    /// Staff have given something of their own accord.
    OwnInitiative,
    BudgetSiteShift,
    /// Gestures are switched off.
    ApologyOnly,
    /// Many guests are hit at once: it waits until that is over.
    Held,
}

impl Suppression {
    /// As it appears in `decision.facts` and as a metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BudgetSiteDay => "budget_site_day",
            Self::CapGuestWindow => "cap_guest_window",
            Self::NoCandidate => "no_candidate",
            Self::ProfileUnknown => "profile_unknown",
            Self::Joined => "joined",
            Self::OwnInitiative => "own_initiative",
            Self::BudgetSiteShift => "budget_site_shift",
            Self::ApologyOnly => "apology_only",
            Self::Held => "held",
        }
    }
}
