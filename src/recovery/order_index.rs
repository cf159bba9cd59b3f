//! Which guest an order belongs to, for events that know only the order number.
//!
//! An event of an order that nobody has claimed is parked until the order is registered, at most for the dedupe
//! horizon. A parked complaint goes to a person too, after a while: nobody who complains waits for our bookkeeping.

use serde::{Deserialize, Serialize};

use super::view::{IndexView, Moment, ParkedView};
use super::{Context, Effects, EntityKey, Envelope, Erasure, Message, Observation};
use crate::events::{Event, Input, Timestamp, ids};
use crate::policy::Policy;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OrderIndex {
    owner: Option<Owner>,
    parked: Vec<Parked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    guest: EntityKey,
    /// Forgotten after this, plus the dedupe horizon.
    until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parked {
    since: Timestamp,
    /// Who sent it, if a guest did.
    from: Option<EntityKey>,
    input: Box<Input>,
    /// A complaint that a person has been told about.
    told: bool,
}

impl OrderIndex {
    pub(super) fn handle(
        &mut self,
        key: &EntityKey,
        message: Message,
        hops: u8,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        match message {
            Message::Erase { who, at } => self.erase(key, &who, at, effects),
            Message::ForgetAsked { who, at } => self.forget_asked(&who, at, effects),
            _ if context.erased.is_some() => self.turn_away(key, message, context, effects),
            Message::Input(input) => self.resolve(None, input, hops, context, effects),
            Message::Unknown { from, input } => self.resolve(Some(from), input, hops, context, effects),
            Message::Register { guest, until } => self.register(key, guest, until, context, effects),
            Message::Reassign { guest, before, until } => {
                if let Some(owner) = self.owner.as_mut().filter(|owner| owner.guest == before) {
                    owner.guest = guest.clone();
                }
                self.register(key, guest, until, context, effects);
            }
            _ => debug_assert!(false, "an order index never gets such a message"),
        }
    }

    /// The order was this guest's, or nobody else's: nothing of it stays. What somebody complained about since goes to a
    /// person.
    fn erase(&mut self, key: &EntityKey, who: &EntityKey, at: Timestamp, effects: &mut Effects) {
        if self.owner.as_ref().is_some_and(|owner| owner.guest != *who) {
            return;
        }
        self.owner = None;
        effects.erased = Some(Erasure::up_to(at));
        for parked in std::mem::take(&mut self.parked) {
            if let Some(from) = parked.from {
                let nothing = Message::ForgetAsked { who: key.clone(), at };
                effects.messages.push(Envelope { to: from, hops: 1, message: nothing });
            }
            let is_older = parked.input.time() <= at;
            if parked.told && is_older {
                let to = guest_of(&parked.input);
                effects.messages.push(Envelope { to, hops: 1, message: Message::Erase { who: key.clone(), at } });
            }
            if parked.told && !is_older {
                continue; // whoever was told goes on
            }
            hand_on_complaint(parked.input, at, effects);
        }
    }

    /// What an erased guest said of an order that may be somebody else's.
    fn forget_asked(&mut self, who: &EntityKey, at: Timestamp, effects: &mut Effects) {
        let is_theirs = |parked: &mut Parked| parked.from.as_ref() == Some(who) && parked.input.time() <= at;
        for parked in self.parked.extract_if(.., is_theirs).filter(|parked| parked.told) {
            let message = Message::Erase { who: who.clone(), at };
            effects.messages.push(Envelope { to: guest_of(&parked.input), hops: 1, message });
        }
    }

    /// The order was erased, and does not come back.
    fn turn_away(&self, key: &EntityKey, message: Message, context: &Context<'_>, effects: &mut Effects) {
        let Some(Erasure { at, .. }) = context.erased else { return };
        match message {
            Message::Input(input) => hand_on_complaint(input, at, effects),
            Message::Unknown { from, input } => {
                let nothing = Message::ForgetAsked { who: key.clone(), at };
                effects.messages.push(Envelope { to: from, hops: 1, message: nothing });
                hand_on_complaint(input, at, effects);
            }
            Message::Register { guest, .. } | Message::Reassign { guest, .. } => {
                let message = Message::Erase { who: key.clone(), at };
                effects.messages.push(Envelope { to: guest, hops: 1, message });
            }
            _ => {}
        }
    }

    fn resolve(
        &mut self,
        from: Option<EntityKey>,
        input: Box<Input>,
        hops: u8,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        if let Some(owner) = &mut self.owner {
            owner.until = owner.until.max(context.now);
            effects.messages.push(Envelope {
                to: owner.guest.clone(),
                hops: hops + 1,
                message: Message::Resolved(input),
            });
            return;
        }
        let is_known =
            self.parked.iter().any(|parked| parked.input.source == input.source && parked.input.id() == input.id());
        if is_known {
            effects.observations.push(Observation::Duplicate);
            return;
        }
        let told = self.correct(&input, effects);
        effects.observations.push(Observation::Parked);
        self.parked.push(Parked { since: context.now, from, input, told });
    }

    /// A complaint that a person was told about has been corrected or withdrawn: they hear of that, too, and of what
    /// corrects the correction, which may have come before it.
    fn correct(&self, correction: &Input, effects: &mut Effects) -> bool {
        let is_of = |parked: &Parked, other: &Input| {
            parked.input.source == other.source && Some(parked.input.id()) == other.corrects()
        };
        if !self.parked.iter().any(|parked| parked.told && is_of(parked, correction)) {
            return false;
        }
        let mut told = vec![correction];
        let is_told = |told: &[&Input], later: &Input| told.iter().any(|input| input.id() == later.id());
        let corrects_one = |told: &[&Input], later: &Input| {
            told.iter().any(|input| later.source == input.source && later.corrects() == Some(input.id()))
        };
        while let Some(later) = self
            .parked
            .iter()
            .map(|parked| parked.input.as_ref())
            .find(|later| corrects_one(&told, later) && !is_told(&told, later))
        {
            told.push(later);
        }
        for input in told {
            let message = Message::Unmatched(Box::new(input.clone()));
            effects.messages.push(Envelope { to: guest_of(input), hops: 1, message });
        }
        true
    }

    fn register(
        &mut self,
        key: &EntityKey,
        guest: EntityKey,
        until: Timestamp,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        match &mut self.owner {
            Some(owner) if owner.guest != guest => {
                settle_claims(key.id(), owner, &guest, effects);
                owner.until = owner.until.max(until);
            }
            Some(owner) => owner.until = owner.until.max(until),
            None => self.owner = Some(Owner { guest: guest.clone(), until: until.max(context.now) }),
        }
        let guest = self.owner.as_ref().map_or(guest, |owner| owner.guest.clone());
        for parked in std::mem::take(&mut self.parked) {
            if parked.told {
                let incident_id = ids::incident_of_order(key.id());
                let to = guest_of(&parked.input);
                effects.messages.push(Envelope { to, hops: 1, message: Message::Matched { incident_id } });
            }
            effects.messages.push(Envelope { to: guest.clone(), hops: 1, message: Message::Resolved(parked.input) });
        }
    }

    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let of_parked = self.parked.iter().map(|parked| parked.deadline(policy)).min();
        let of_owner = self.owner.as_ref().map(|owner| owner.until + policy.horizons.dedupe_horizon);
        of_parked.into_iter().chain(of_owner).min()
    }

    pub(super) fn fire(&mut self, _key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let policy = context.policy;
        let corrected: Vec<(String, String)> = self
            .parked
            .iter()
            .filter_map(|parked| Some((parked.input.source.clone(), parked.input.corrects()?.to_owned())))
            .collect();
        for parked in self.parked.iter_mut().filter(|parked| context.has_passed(parked.deadline(policy))) {
            if parked.is_untold_complaint() {
                let identity = (parked.input.source.clone(), parked.input.id().to_owned());
                if corrected.contains(&identity) || parked.input.is_withdrawn() {
                    parked.told = true; // nothing to tell
                    continue;
                }
                parked.told = true;
                let to = guest_of(&parked.input);
                let message = Message::Unmatched(parked.input.clone());
                effects.messages.push(Envelope { to, hops: 1, message });
            }
        }
        let horizon = policy.horizons.dedupe_horizon;
        let before = self.parked.len();
        self.parked.retain(|parked| !context.has_passed(parked.since + horizon));
        effects.observations.extend((self.parked.len()..before).map(|_| Observation::Unclaimed));
        if self.owner.as_ref().is_some_and(|owner| context.has_passed(owner.until + horizon)) {
            self.owner = None;
        }
    }

    pub(super) fn look(&self, order_id: &str, moment: Moment<'_>) -> IndexView {
        let parked = self.parked.iter().map(|parked| ParkedView {
            contract: parked.input.contract().name().into(),
            source: parked.input.source.clone(),
            id: parked.input.id().to_owned(),
            time: parked.input.time(),
            since: parked.since,
            told: parked.told,
        });
        IndexView {
            order_id: order_id.to_owned(),
            now: moment.now,
            safe_time: moment.safe,
            owner: self.owner.as_ref().map(|owner| owner.guest.clone()),
            parked: parked.collect(),
            next_deadline: self.next_deadline(moment.policy),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.parked.is_empty()
    }
}

/// Whoever complains is heard by a person, also about an order that was erased.
fn hand_on_complaint(input: Box<Input>, erased_at: Timestamp, effects: &mut Effects) {
    let is_heard = matches!(input.event, Event::Complaint(_)) && input.time() > erased_at;
    if is_heard {
        let to = guest_of(&input);
        effects.messages.push(Envelope { to, hops: 1, message: Message::Unmatched(input) });
    } else {
        effects.observations.push(Observation::Erased);
    }
}

/// Two guests have the same order. The better known one keeps it, and the other becomes that one; of two that are
/// known equally well the first keeps it, and the other hands it over.
fn settle_claims(order_id: &str, owner: &mut Owner, other: &EntityKey, effects: &mut Effects) {
    let mut send = |to: &EntityKey, message| effects.messages.push(Envelope { to: to.clone(), hops: 1, message });
    if owner.guest.identity() < other.identity() {
        send(&owner.guest, Message::Link { to: other.clone(), instead_of: None });
        owner.guest = other.clone();
    } else if owner.guest.identity() > other.identity() {
        send(other, Message::Link { to: owner.guest.clone(), instead_of: None });
    } else {
        effects.observations.push(Observation::ConflictingGuest);
        send(other, Message::Claimed { order_id: order_id.to_owned(), owner: owner.guest.clone() });
    }
}

/// The guest that a complaint stands for; a correction goes where its original went.
fn guest_of(complaint: &Input) -> EntityKey {
    EntityKey::complaint(complaint.corrects().unwrap_or(complaint.id()))
}

impl Parked {
    fn is_untold_complaint(&self) -> bool {
        !self.told && matches!(self.input.event, Event::Complaint(_))
    }

    fn deadline(&self, policy: &Policy) -> Timestamp {
        let wait = match self.is_untold_complaint() {
            true => policy.horizons.unmatched_complaint.min(policy.horizons.dedupe_horizon),
            false => policy.horizons.dedupe_horizon,
        };
        self.since + wait
    }
}
