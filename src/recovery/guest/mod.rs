//! A guest: orders, habits, incidents, actions, deadlines, and what was given.
//!
//! Facts of an order are a set; findings are derived from them; incidents follow the findings. What was promised to
//! staff (actions, follow-ups) is a commitment: later facts update or retract it, they never rewrite it.

mod amends;
mod answers;
mod approval;
mod case;
mod causes;
mod choices;
mod companions;
mod complaints;
mod deadlines;
mod deviations;
mod erasure;
mod facts;
mod feed;
mod follow_ups;
mod gestures;
mod habits;
mod incident;
mod insights;
mod join;
mod links;
mod look;
mod moves;
mod offers;
mod older;
mod plan;
mod reconsider;
mod scrub;
mod seats;
mod viewpoint;
mod watched;
mod why;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use companions::Introduction;
pub use facts::{Facts, News};
pub use habits::{Habit, Habits};
pub use incident::{Incident, Speaker};
pub use links::Moved;
pub use older::Version2;
pub use viewpoint::Viewpoint;

use amends::Amends;
use companions::Companion;
use links::Alias;

use super::detection::{OrderView, Silence};
use super::{Context, Effects, EntityKey, Envelope, Erasure, Message, Observation};
use crate::events::{CustomerProfile, CustomerUpdate, Event, InitiatedBy, Input, Millis, OrderEventType, Timestamp};
use crate::policy::Policy;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Guest {
    /// By order id.
    orders: BTreeMap<String, Order>,
    /// By incident id.
    incidents: BTreeMap<String, Incident>,
    /// Complaints that name no order.
    loose: Facts,
    /// When the last of them was handled.
    talked_at: Option<Timestamp>,
    /// The order that each loose complaint belongs to, by the complaint's id.
    bound: BTreeMap<String, String>,
    habits: Habits,
    profile: Option<Profile>,
    /// Gestures on their way or given, newest last.
    given: Vec<Given>,
    /// Items turned down, with the moment from which they may be offered again.
    declined: BTreeMap<String, Timestamp>,
    /// The better known guest that this one has become: everything else is passed on.
    alias: Option<Alias>,
    /// Guests that were asked to become this one, or have: when they were last mentioned.
    linked: BTreeMap<EntityKey, Timestamp>,
    /// Customers of the same party, by id.
    companions: BTreeMap<String, Companion>,
    /// The guests in whose party this one is, and until when.
    in_party_of: BTreeMap<EntityKey, Timestamp>,
    /// What staff gave or did of their own accord.
    amends: Vec<Amends>,
    /// What the owners of causes were told, by incident id.
    told: BTreeMap<String, causes::Told>,
    /// Orders that the index was asked about: when.
    asked: BTreeMap<String, Timestamp>,
    /// What happened up to then was erased; the mark of the task says the same when nothing else is left.
    erased: Option<Erasure>,
    /// By incident id: what the owners of its causes were asked.
    insights: insights::Insights,
    /// Orders whose silence is not believed yet.
    feed: feed::Waits,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    facts: Facts,
    /// When the last of them was handled: deadlines set by it lie no earlier.
    handled_at: Timestamp,
    silence: SilenceRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct SilenceRecord {
    proven_until: Option<Timestamp>,
    suspected_until: Option<Timestamp>,
}

impl From<SilenceRecord> for Silence {
    fn from(record: SilenceRecord) -> Self {
        Self { proven_until: record.proven_until, suspected_until: record.suspected_until }
    }
}

/// The newest record of the customers topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Profile {
    offset: i64,
    time: Timestamp,
    /// `None`: erased.
    declared: Option<CustomerProfile>,
}

/// A gesture that is on its way or was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub action_id: String,
    pub incident_id: String,
    pub item_id: Option<String>,
    pub value_minor: i64,
    pub currency: String,
    pub at: Timestamp,
    pub initiated_by: InitiatedBy,
}

/// What a step works with: who, when and where its effects go.
pub(super) struct Scene<'a, 'c> {
    pub key: &'a EntityKey,
    pub context: &'a Context<'c>,
    pub effects: &'a mut Effects,
}

impl Scene<'_, '_> {
    fn speaker(&mut self) -> Speaker<'_> {
        let Effects { outputs, observations, .. } = &mut *self.effects;
        Speaker { guest: self.key, now: self.context.now, outputs, observations }
    }

    /// Sends a request or a notice, whose hops count anew.
    fn send(&mut self, to: EntityKey, message: Message) {
        self.effects.messages.push(Envelope { to, hops: 1, message });
    }

    fn observe(&mut self, observation: Observation) {
        self.effects.observations.push(observation);
    }
}

impl Guest {
    pub(super) fn handle(
        &mut self,
        key: &EntityKey,
        message: Message,
        hops: u8,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        let first_output = effects.outputs.len();
        let mut traceparent = None;
        let mut scene = Scene { key, context, effects };
        let Some(message) = self.take_in(message, &mut scene) else { return };
        let Some(message) = self.pass_on(message, hops, &mut scene) else { return };
        match message {
            Message::Input(input) => {
                traceparent.clone_from(&input.traceparent);
                self.on_input(*input, Some(hops), &mut scene);
            }
            Message::Resolved(input) => {
                traceparent.clone_from(&input.traceparent);
                self.on_input(*input, None, &mut scene);
            }
            Message::Seated { input, told } => {
                traceparent.clone_from(&input.traceparent);
                self.on_seated(&input, told, &mut scene);
            }
            Message::NotSeated { source, id } => self.on_not_seated(&source, &id, &mut scene),
            Message::Link { to, instead_of } => self.on_link(to, instead_of.as_ref(), &mut scene),
            Message::Move(moved) => self.on_move(moved, hops, &mut scene),
            Message::Claimed { order_id, owner } => self.on_claimed(&order_id, owner, &mut scene),
            Message::Introduce { guest, customer_id, until } => {
                self.on_introduce(guest, customer_id, until, &mut scene);
            }
            Message::IntroduceAt { guest, customer_id, until, at: _ } => {
                self.on_introduce(guest, customer_id, until, &mut scene);
            }
            Message::Erase { who, at } => self.on_erase(&who, at, &mut scene),
            Message::ForgetAsked { who, .. } => self.on_forget_asked(&who),
            Message::Gone { who, at } => self.on_gone(&who, at, &mut scene),
            Message::Introduced(introduction) => self.on_introduced(introduction, &mut scene),
            Message::Unmatched(input) => self.on_unmatched(&input, &mut scene),
            Message::Matched { incident_id } => self.on_matched(&incident_id, &mut scene),
            Message::GestureFree { incident_id, action_id } => {
                self.on_gesture_free(&incident_id, &action_id, &mut scene);
            }
            Message::GestureAnswer(answer) => self.on_gesture_answer(&answer, &mut scene),
            Message::FeedLives { order_id, lives } => self.on_feed(&order_id, lives, &mut scene),
            Message::InsightOpen { incident_id, owner, is_open } => {
                self.on_insight(&incident_id, owner, is_open, &mut scene);
            }
            Message::Register { .. }
            | Message::Reassign { .. }
            | Message::Unknown { .. }
            | Message::Sits(_)
            | Message::RequestGesture(_)
            | Message::GestureSettled(_)
            | Message::GestureGiven(_)
            | Message::OrderSeen(_)
            | Message::Failed(_)
            | Message::AskInsight { .. }
            | Message::AskFeed { .. }
            | Message::Confirmed { .. }
            | Message::Causes(_) => {
                debug_assert!(false, "a guest never gets such a message");
            }
        }
        self.tell_owners(&mut scene);
        self.ask_about_insights(&mut scene);
        for output in &mut effects.outputs[first_output..] {
            output.traceparent.clone_from(&traceparent);
        }
    }

    /// `hops`: how far the input has come, or `None` when the index has vouched that its order is ours.
    fn on_input(&mut self, input: Input, hops: Option<u8>, scene: &mut Scene<'_, '_>) {
        match &input.event {
            Event::Customer(update) => self.on_profile(update, scene),
            Event::Catalogue(_) => debug_assert!(false, "the catalogue goes to no guest"),
            Event::Outcome(_) => self.on_outcome(input, hops, scene),
            Event::Complaint(complaint) if complaint.order_id.is_none() => self.on_loose_complaint(&input, scene),
            Event::Order(event) => {
                let order_id = event.order_id.clone();
                let is_placed = event.event_type == OrderEventType::Placed;
                self.on_order_news(&order_id, is_placed, input, hops, scene);
            }
            Event::Delivery(event) => {
                let order_id = event.order_id.clone();
                self.on_order_news(&order_id, false, input, hops, scene);
            }
            Event::Complaint(event) => {
                let order_id = event.order_id.clone().unwrap_or_default();
                self.on_order_news(&order_id, false, input, hops, scene);
            }
        }
    }

    fn on_order_news(
        &mut self,
        order_id: &str,
        is_placed: bool,
        input: Input,
        hops: Option<u8>,
        scene: &mut Scene<'_, '_>,
    ) {
        if !self.orders.contains_key(order_id) && !is_placed {
            match hops {
                Some(hops) => {
                    self.asked.insert(order_id.to_owned(), scene.context.now);
                    scene.effects.messages.push(Envelope {
                        to: EntityKey::order_index(order_id),
                        hops: hops + 1,
                        message: Message::Unknown { from: scene.key.clone(), input: Box::new(input) },
                    });
                }
                // the order was forgotten after its horizon: a complaint still goes to a person
                None if matches!(input.event, Event::Complaint(_)) => self.on_loose_complaint(&input, scene),
                None => scene.observe(Observation::Unclaimed),
            }
            return;
        }
        let context = scene.context;
        let latest_believed = context.now + context.policy.horizons.future_tolerance;
        let Some(fact) = facts::fact_of(&input, context.now, latest_believed) else { return };
        if input.time() > latest_believed {
            scene.observe(Observation::FutureDated);
        }
        let is_new = !self.orders.contains_key(order_id);
        self.asked.remove(order_id);
        let order = self.orders.entry(order_id.to_owned()).or_insert_with(|| Order {
            facts: Facts::default(),
            handled_at: context.now,
            silence: SilenceRecord::default(),
        });
        if order.facts.contains(&fact.source, fact.news.id()) {
            scene.observe(Observation::Duplicate);
            return;
        }
        let seats_before = self.seats_before(order_id, &input, scene);
        let Some(order) = self.orders.get_mut(order_id) else { return };
        order.facts.insert(fact);
        order.handled_at = context.now;
        self.take_seats(order_id, seats_before, scene);
        self.meet_companions(&input, scene);
        if is_new && let Event::Order(placed) = &input.event {
            Self::tell_watch_of_order(placed, scene);
        }
        self.tell_watch_of_confirmation(order_id, &input, scene);
        let promise = input_promise(&input);
        if is_new || promise.is_some() {
            let until = promise.unwrap_or(context.now).max(context.now);
            scene.send(EntityKey::order_index(order_id), Message::Register { guest: scene.key.clone(), until });
        }
        self.rebind_complaints(scene);
        self.reconsider_order(order_id, scene);
    }

    fn on_profile(&mut self, update: &CustomerUpdate, scene: &mut Scene<'_, '_>) {
        // the later record of the log wins, even when a producer's clock is wrong; a new log begins with a later time
        let of_profile = self.profile.as_ref().map(|known| (known.offset, known.time));
        let of_erasure = self.erased.map(|erased| (erased.offset, erased.at));
        if of_profile.or(of_erasure).is_some_and(|(offset, time)| update.offset <= offset && update.time <= time) {
            scene.observe(Observation::Duplicate);
            return;
        }
        if update.profile.is_none() {
            let at = update.time.min(scene.context.now);
            self.erase(Erasure { at, offset: update.offset }, scene.key, scene);
            return;
        }
        let (was_profiling, was_merged) = (self.profiling(), self.is_declared_merged());
        self.profile = Some(Profile { offset: update.offset, time: update.time, declared: update.profile.clone() });
        if self.profiling() != was_profiling {
            self.relearn_habits(scene.context.policy, scene.context.catalogue);
        }
        self.recheck_gestures(scene);
        self.tell_the_party(scene);
        self.merge_into_the_declared(was_merged, scene);
    }

    /// Habits may be observed: nobody objected, nobody was erased.
    fn profiling(&self) -> bool {
        match &self.profile {
            None => self.erased.is_none(),
            Some(Profile { declared, .. }) => declared.as_ref().is_some_and(|profile| profile.profiling),
        }
    }

    fn declared(&self) -> Option<&CustomerProfile> {
        self.profile.as_ref().and_then(|profile| profile.declared.as_ref())
    }

    /// The order as its facts tell it, with the complaints that name it and those that belong to it.
    fn view<'a>(&'a self, order_id: &str, policy: &'a Policy) -> Option<OrderView<'a>> {
        let mut view = OrderView::of(&self.orders.get(order_id)?.facts, policy)?;
        for news in self.loose.effective() {
            if let News::Complaint(complaint) = news
                && self.bound.get(&complaint.id).is_some_and(|bound| bound == order_id)
            {
                view.complaints.push(complaint);
            }
        }
        view.complaints.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Some(view)
    }

    /// Works on one incident while the rest of the guest stays readable.
    fn with_incident<R>(&mut self, id: &str, work: impl FnOnce(&Self, &mut Incident) -> R) -> Option<R> {
        let mut incident = self.incidents.remove(id)?;
        let result = work(self, &mut incident);
        self.incidents.insert(id.to_owned(), incident);
        Some(result)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.incidents.is_empty()
            && self.loose.is_empty()
            && self.habits.is_empty()
            && self.profile.is_none()
            && self.given.is_empty()
            && self.declined.is_empty()
            && self.alias.is_none()
            && self.linked.is_empty()
            && self.companions.is_empty()
            && self.in_party_of.is_empty()
            && self.amends.is_empty()
            && self.asked.is_empty()
    }
}

/// How long ahead an order is promised: its index must not forget it earlier.
fn input_promise(input: &Input) -> Option<Timestamp> {
    match &input.event {
        Event::Order(event) => event.promised_at.map(|promised| promised + Millis::days(1)),
        _ => None,
    }
}
