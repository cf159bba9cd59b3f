//! A place of a site, as a table: who was there, and when.
//!
//! A complaint that names only the place belongs to the latest party that had ordered there by then. That is derived
//! again whenever an order turns up, so a complaint that came first finds its party later, and one that was laid at the
//! wrong door is taken back from there. Until a party is found, the complaint is looked into by a person.

use serde::{Deserialize, Serialize};

use super::{Context, Effects, EntityKey, Envelope, Message, Observation};
use crate::events::{ComplaintEvent, Event, Input, Millis, Timestamp};
use crate::policy::Policy;

/// Seats and complaints are remembered for this long after they were noted: long enough for late events, short enough
/// to keep a busy table small.
const KEEP: Millis = Millis::days(1);
/// More seats than these, those noted first, are forgotten.
const MAX_SEATS: usize = 200;

/// Guest to place: an order that was placed there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub guest: EntityKey,
    pub order_id: String,
    pub from: Timestamp,
    /// When the party leaves, where the order says so.
    pub until: Option<Timestamp>,
    /// How long they are taken to stay otherwise.
    pub stays: Millis,
    /// What they ordered: "the soup is cold" is not about somebody's ice cream.
    pub items: Vec<String>,
    /// The order turned out never to have been placed here.
    pub gone: bool,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Place {
    seats: Vec<Noted<Seat>>,
    complaints: Vec<Noted<Complaint>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Noted<T> {
    at: Timestamp,
    what: T,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Complaint {
    input: Box<Input>,
    /// Who was there; nobody who is known: a person looks into it.
    party: Option<EntityKey>,
}

impl Place {
    pub(super) fn handle(&mut self, message: Message, hops: u8, context: &Context<'_>, effects: &mut Effects) {
        match message {
            Message::Input(input) => self.hear(input, hops, context, effects),
            Message::Sits(seat) => self.seat(seat, context, effects),
            Message::Erase { who, at } => self.erase(&who, at),
            _ => debug_assert!(false, "a place never gets such a message"),
        }
    }

    /// A guest was erased: where they sat then, and what they said.
    fn erase(&mut self, who: &EntityKey, at: Timestamp) {
        self.seats.retain(|noted| noted.what.guest != *who || noted.what.from > at);
        self.complaints.retain(|noted| noted.what.party.as_ref() != Some(who) || noted.what.input.time() > at);
    }

    fn hear(&mut self, input: Box<Input>, hops: u8, context: &Context<'_>, effects: &mut Effects) {
        let is_known =
            |noted: &Noted<Complaint>| noted.what.input.source == input.source && noted.what.input.id() == input.id();
        if self.complaints.iter().any(is_known) {
            effects.observations.push(Observation::Duplicate);
            return;
        }
        // a correction goes where its original went
        let original = self
            .complaints
            .iter()
            .find(|noted| noted.what.input.source == input.source && Some(noted.what.input.id()) == input.corrects());
        let party = match original {
            Some(original) => original.what.party.clone(),
            None => self.party_of(&input),
        };
        let (to, message) = match &party {
            Some(guest) => (guest.clone(), Message::Seated { input: input.clone(), told: false }),
            None => (lonely(&input), Message::Input(input.clone())),
        };
        effects.messages.push(Envelope { to, hops: hops + 1, message });
        self.complaints.push(Noted { at: context.now, what: Complaint { input, party } });
    }

    fn seat(&mut self, seat: Seat, context: &Context<'_>, effects: &mut Effects) {
        let guest = seat.guest.clone();
        let known = self.seats.iter().position(|noted| noted.what.order_id == seat.order_id);
        let before = known.map(|position| self.seats.remove(position).what);
        if let Some(before) = &before {
            self.rename(&before.guest, &guest);
        }
        let left = before.or_else(|| seat.gone.then(|| seat.clone()));
        if !seat.gone {
            self.seats.push(Noted { at: context.now, what: seat });
        }
        if self.seats.len() > MAX_SEATS {
            self.seats.remove(0);
        }
        if let Some(left) = left {
            self.take_back(&guest, &left, effects);
        }
        for index in 0..self.complaints.len() {
            self.look_again(index, effects);
        }
    }

    /// The guest was not here when it was thought so: a complaint from then is nobody's again.
    fn take_back(&mut self, guest: &EntityKey, left: &Seat, effects: &mut Effects) {
        for index in 0..self.complaints.len() {
            let Complaint { input, party } = &self.complaints[index].what;
            let is_from_then = |event: &Event| matches!(event, Event::Complaint(it) if left.was_taken_at(it.time));
            let was_theirs = party.as_ref() == Some(guest) && is_from_then(&input.event);
            if !was_theirs || self.party_of(input).is_some() {
                continue;
            }
            let (source, id) = (input.source.clone(), input.id().to_owned());
            let (nobody, input) = (lonely(input), input.clone());
            effects.messages.push(Envelope { to: guest.clone(), hops: 1, message: Message::NotSeated { source, id } });
            effects.messages.push(Envelope { to: nobody, hops: 1, message: Message::Input(input) });
            self.complaints[index].what.party = None;
        }
    }

    /// An order stays with its guest, who may be better known by now; what was said to the one was said to the other.
    fn rename(&mut self, before: &EntityKey, guest: &EntityKey) {
        for noted in self.complaints.iter_mut().filter(|noted| noted.what.party.as_ref() == Some(before)) {
            noted.what.party = Some(guest.clone());
        }
        for noted in self.seats.iter_mut().filter(|noted| noted.what.guest == *before) {
            noted.what.guest = guest.clone();
        }
    }

    /// Whose complaint it is may have changed with what is known about who was here.
    fn look_again(&mut self, index: usize, effects: &mut Effects) {
        let complaint = &self.complaints[index].what;
        let leader = complaint.input.corrects().and_then(|original| {
            let is_it = |noted: &&Noted<Complaint>| {
                noted.what.input.source == complaint.input.source && noted.what.input.id() == original
            };
            self.complaints.iter().find(is_it)
        });
        let party = self.party_of(leader.map_or(&complaint.input, |leader| &leader.what.input));
        let is_found = party.as_ref().is_some_and(|party| Some(party) != complaint.party.as_ref());
        if !is_found {
            return; // nobody new: it stays where it is
        }
        let complaint = &mut self.complaints[index].what;
        let before = std::mem::replace(&mut complaint.party, party.clone());
        let told = before.is_none();
        if let Some(before) = before {
            let (source, id) = (complaint.input.source.clone(), complaint.input.id().to_owned());
            effects.messages.push(Envelope { to: before, hops: 1, message: Message::NotSeated { source, id } });
        }
        if let Some(party) = party {
            let message = Message::Seated { input: complaint.input.clone(), told };
            effects.messages.push(Envelope { to: party, hops: 1, message });
        }
    }

    /// Who was here: of the orders that were placed by then and whose party had not left, the latest; with an item,
    /// rather one that had it.
    fn party_of(&self, input: &Input) -> Option<EntityKey> {
        let Event::Complaint(complaint) = &input.event else { return None };
        let was_here = self.seats.iter().map(|noted| &noted.what).filter(|seat| seat.was_taken_at(complaint.time));
        let best = was_here.max_by_key(|seat| (seat.has_item(complaint), seat.from, &seat.order_id));
        best.map(|seat| seat.guest.clone())
    }

    pub(super) fn next_deadline(&self, _policy: &Policy) -> Option<Timestamp> {
        let of_seats = self.seats.iter().map(|noted| noted.at);
        of_seats.chain(self.complaints.iter().map(|noted| noted.at)).min().map(|at| at + KEEP)
    }

    pub(super) fn fire(&mut self, context: &Context<'_>) {
        self.seats.retain(|noted| !context.has_passed(noted.at + KEEP));
        self.complaints.retain(|noted| !context.has_passed(noted.at + KEEP));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.complaints.is_empty()
    }
}

impl Seat {
    fn was_taken_at(&self, time: Timestamp) -> bool {
        self.from <= time && time <= self.until.unwrap_or(self.from + self.stays).max(self.from)
    }

    /// `true` also where no item was named: then every order will do.
    fn has_item(&self, complaint: &ComplaintEvent) -> bool {
        complaint.item_id.as_ref().is_none_or(|item_id| self.items.contains(item_id))
    }
}

/// The guest that a complaint of nobody stands for; a correction goes where its original went.
fn lonely(complaint: &Input) -> EntityKey {
    EntityKey::complaint(complaint.corrects().unwrap_or(complaint.id()))
}
