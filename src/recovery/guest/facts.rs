//! What is known of one order: its events, each once, in the order in which they happened.
//!
//! Everything else about the order is derived from this set, so that late, doubled and shuffled events end in the same
//! state. A correction suppresses its original whichever comes first.

use serde::{Deserialize, Serialize};

use crate::events::{ComplaintEvent, DeliveryEvent, Event, Input, OrderEvent, OrderEventType, Timestamp};

/// An event that happened to an order, with its identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub source: String,
    pub news: News,
    /// A `placed` from the future: not believed until its time has come.
    pub quarantined: bool,
}

impl Fact {
    /// As if a complaint had named no visit: it is then an incident of its own, not one of the visit's day.
    pub fn without_visit(mut self) -> Self {
        if let News::Complaint(complaint) = &mut self.news {
            complaint.visit_id = None;
        }
        self
    }

    fn rank(&self) -> (Timestamp, &str, &str) {
        (self.news.time(), &self.source, self.news.id())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    Order(Box<OrderEvent>),
    Delivery(Box<DeliveryEvent>),
    Complaint(Box<ComplaintEvent>),
}

impl News {
    /// The event as news of an order, or `None` for profiles and answers.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Order(event) => Some(Self::Order(event.clone())),
            Event::Delivery(event) => Some(Self::Delivery(event.clone())),
            Event::Complaint(event) => Some(Self::Complaint(event.clone())),
            Event::Outcome(_) | Event::Customer(_) | Event::Catalogue(_) => None,
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Order(event) => &event.id,
            Self::Delivery(event) => &event.id,
            Self::Complaint(event) => &event.id,
        }
    }

    pub fn time(&self) -> Timestamp {
        match self {
            Self::Order(event) => event.time,
            Self::Delivery(event) => event.time,
            Self::Complaint(event) => event.time,
        }
    }

    fn corrects(&self) -> Option<&str> {
        match self {
            Self::Order(event) => event.corrects.as_deref(),
            Self::Delivery(event) => event.corrects.as_deref(),
            Self::Complaint(event) => event.corrects.as_deref(),
        }
    }

    fn withdrawn(&self) -> bool {
        match self {
            Self::Order(event) => event.withdrawn,
            Self::Delivery(event) => event.withdrawn,
            Self::Complaint(event) => event.withdrawn,
        }
    }

    pub fn is_placed(&self) -> bool {
        matches!(self, Self::Order(event) if event.event_type == OrderEventType::Placed)
    }

    /// The complaint whose own guest may know of it, too.
    pub fn complaint_id(&self) -> Option<&str> {
        match self {
            Self::Complaint(event) => Some(event.corrects.as_deref().unwrap_or(&event.id)),
            Self::Order(_) | Self::Delivery(_) => None,
        }
    }

    /// Dates the event at its arrival, for one that claims to come from the future.
    pub fn redate(&mut self, arrival: Timestamp) {
        match self {
            Self::Order(event) => event.time = arrival,
            Self::Delivery(event) => event.time = arrival,
            Self::Complaint(event) => event.time = arrival,
        }
    }
}

/// A set of facts, sorted by time and identity.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts(Vec<Fact>);

impl Facts {
    pub fn contains(&self, source: &str, id: &str) -> bool {
        self.0.iter().any(|fact| fact.source == source && fact.news.id() == id)
    }

    /// Adds a fact at its place; one that is already there is a duplicate, which the caller has looked for.
    pub fn insert(&mut self, fact: Fact) {
        let place = self.0.partition_point(|other| other.rank() < fact.rank());
        self.0.insert(place, fact);
    }

    /// What holds: not withdrawn, not corrected, not from the future.
    pub fn effective(&self) -> impl Iterator<Item = &News> {
        self.0
            .iter()
            .filter(|fact| !fact.quarantined && !fact.news.withdrawn() && !self.is_corrected(fact))
            .map(|fact| &fact.news)
    }

    /// Every fact, with whether it holds.
    pub fn all(&self) -> impl Iterator<Item = (&Fact, bool)> {
        let holds = |fact: &Fact| !fact.quarantined && !fact.news.withdrawn() && !self.is_corrected(fact);
        self.0.iter().map(move |fact| (fact, holds(fact)))
    }

    fn is_corrected(&self, fact: &Fact) -> bool {
        self.0.iter().any(|other| other.source == fact.source && other.news.corrects() == Some(fact.news.id()))
    }

    /// When the earliest quarantined fact may be believed.
    pub fn quarantined_until(&self) -> Option<Timestamp> {
        self.0.iter().filter(|fact| fact.quarantined).map(|fact| fact.news.time()).min()
    }

    /// Believes quarantined facts whose time has come.
    pub fn release(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        for fact in &mut self.0 {
            if fact.quarantined && is_past(fact.news.time()) {
                fact.quarantined = false;
            }
        }
    }

    /// Companions that the order's events name.
    pub fn companions(&self) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for news in self.effective() {
            let News::Order(event) = news else { continue };
            for id in event.guest_ids.iter().flatten().filter(|id| !id.is_empty()) {
                if !named.contains(id) {
                    named.push(id.clone());
                }
            }
        }
        named
    }

    /// Takes a companion out of what was said up to then.
    pub fn unname(&mut self, customer_id: &str, at: Timestamp) {
        for fact in &mut self.0 {
            if let News::Order(event) = &mut fact.news
                && event.time <= at
                && let Some(ids) = &mut event.guest_ids
            {
                ids.retain(|id| id != customer_id);
            }
        }
    }

    pub fn into_facts(self) -> impl Iterator<Item = Fact> {
        self.0.into_iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes out the facts that are chosen, as complaints that belong elsewhere.
    pub fn take(&mut self, mut chosen: impl FnMut(&Fact) -> bool) -> Vec<Fact> {
        let (taken, kept) = std::mem::take(&mut self.0).into_iter().partition(|fact| chosen(fact));
        self.0 = kept;
        taken
    }
}

/// A fact from an input. Times too far ahead of the clock are not believed: the arrival counts instead, and an order
/// from the future waits for its time.
pub fn fact_of(input: &Input, now: Timestamp, latest_believed: Timestamp) -> Option<Fact> {
    let mut news = News::of(&input.event)?;
    let is_future = news.time() > latest_believed;
    let is_placed = matches!(&news, News::Order(event) if event.event_type == OrderEventType::Placed);
    if is_future && !is_placed {
        news.redate(now);
    }
    Some(Fact { source: input.source.clone(), news, quarantined: is_future && is_placed })
}
