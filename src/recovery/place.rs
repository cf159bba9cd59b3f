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
        let index = self.complaints.len();
        self.complaints.push(Noted { at: context.now, what: Complaint { input: input.clone(), party: None } });
        let party = self.party_of(index);
        let (to, message) = match &party {
            Some(guest) => (guest.clone(), Message::Seated { input, told: false }),
            None => (lonely(&input), Message::Input(input)),
        };
        effects.messages.push(Envelope { to, hops: hops + 1, message });
        self.complaints[index].what.party = party;
        // what it corrects, or is corrected by, goes the same way
        for other in 0..index {
            if self.last_word(other) == self.last_word(index) {
                self.move_to(other, self.complaints[index].what.party.clone(), effects);
            }
        }
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
            let said = &self.complaints[self.last_word(index)].what.input.event;
            let is_from_then = matches!(said, Event::Complaint(it) if left.was_taken_at(it.time));
            let was_theirs = self.complaints[index].what.party.as_ref() == Some(guest) && is_from_then;
            if was_theirs && self.party_of(index).is_none() {
                self.move_to(index, None, effects);
            }
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
        // nobody new: it stays where it is
        if let Some(party) = self.party_of(index) {
            self.move_to(index, Some(party), effects);
        }
    }

    /// From whoever has it to whoever it concerns.
    fn move_to(&mut self, index: usize, party: Option<EntityKey>, effects: &mut Effects) {
        let complaint = &mut self.complaints[index].what;
        if complaint.party == party {
            return;
        }
        let before = std::mem::replace(&mut complaint.party, party.clone());
        let input = complaint.input.clone();
        let told = before.is_none();
        if let Some(before) = before {
            let (source, id) = (input.source.clone(), input.id().to_owned());
            effects.messages.push(Envelope { to: before, hops: 1, message: Message::NotSeated { source, id } });
        }
        let (to, message) = match party {
            Some(guest) => (guest, Message::Seated { input, told }),
            None => (lonely(&input), Message::Input(input)),
        };
        effects.messages.push(Envelope { to, hops: 1, message });
    }

    /// What was said last of the same complaint. That it never happened says nothing of where and when.
    fn last_word(&self, index: usize) -> usize {
        let mut last = self.first_word(index);
        // a circle of corrections has no end
        for _ in 0..self.complaints.len() {
            let corrections = self.complaints.iter().enumerate().filter(|(_, noted)| {
                let correction = &noted.what.input;
                correction.is_correction_of(&self.complaints[last].what.input) && !correction.is_withdrawn()
            });
            let newest = corrections.max_by_key(|(_, noted)| (noted.what.input.time(), noted.what.input.id()));
            let Some((correction, _)) = newest else { break };
            last = correction;
        }
        last
    }

    fn first_word(&self, index: usize) -> usize {
        let mut first = index;
        for _ in 0..self.complaints.len() {
            let correction = &self.complaints[first].what.input;
            let original = |noted: &Noted<Complaint>| correction.is_correction_of(&noted.what.input);
            let Some(original) = self.complaints.iter().position(original) else { break };
            first = original;
        }
        first
    }

    /// Who was here, going by its last word: of the orders that were placed by then and whose party had not left, the
    /// latest; with an item, rather one that had it.
    fn party_of(&self, index: usize) -> Option<EntityKey> {
        let Event::Complaint(complaint) = &self.complaints[self.last_word(index)].what.input.event else { return None };
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
