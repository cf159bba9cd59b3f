//! Plays recorded events on the core and reads back what came of them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use service_recovery::codec::{Codec, RawRecord};
use service_recovery::engine::InProcess;
use service_recovery::events::{
    ActionKind, ActionState, ActionType, Contract, FollowUp, IncidentEvent, IncidentStatus, Input, Output, Payload,
    RecoveryAction, Timestamp,
};
use service_recovery::policy::{Policy, presets};
use service_recovery::recovery::explain::{RecordError, explain};
use service_recovery::recovery::life_cycle::{action_may_move, follow_up_may_move, incident_may_move};
use service_recovery::recovery::{Entity, EntityKey, Observation};

/// A moment as it is written in events; day 0 is 2026-06-03, at the hotel's summer time.
pub fn day(offset: i64, clock: &str) -> String {
    let date = jiff::civil::date(2026, 6, 3).checked_add(jiff::Span::new().days(offset)).unwrap();
    format!("{date}T{clock}:00+02:00")
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[allow(dead_code, reason = "each test binary uses its own part of the menu")]
pub mod order {
    use serde_json::{Value, json};

    pub fn salads() -> Value {
        json!({"line_id": "1", "item_id": "salad", "name": "salad", "quantity": 2, "unit_price_minor": 14_500, "modifiers": [
            {"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"},
            {"id": "extra-dressing", "name": "extra dressing", "kind": "add", "price_minor": 1_500}]})
    }

    pub fn bare_salads() -> Value {
        json!({"line_id": "1", "item_id": "salad", "quantity": 2, "modifiers": []})
    }

    pub fn smoothies() -> Value {
        json!({"item_id": "strawberry-smoothie", "name": "strawberry smoothie", "quantity": 2, "unit_price_minor": 6_500})
    }
}

/// Reading the schemas takes longer than most plays.
static CODEC: LazyLock<Codec> = LazyLock::new(|| Codec::new(None).unwrap());
/// And so does reading a policy.
static HOTEL: LazyLock<Policy> = LazyLock::new(|| presets::hotel().unwrap());

pub struct Play {
    engine: InProcess,
    policy: Arc<Policy>,
    outputs: Vec<Output>,
    observations: Vec<Observation>,
    events: usize,
    held_at: Option<Timestamp>,
}

#[allow(dead_code, reason = "each test binary uses its own part of the play")]
impl Play {
    pub fn hotel() -> Self {
        Self::hotel_with(|_| {})
    }

    pub fn hotel_with(edit: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = HOTEL.clone();
        edit(&mut policy);
        Self::with(Arc::new(policy))
    }

    pub fn with(policy: Arc<Policy>) -> Self {
        Self::with_partitions(policy, 4)
    }

    pub fn with_partitions(policy: Arc<Policy>, partitions: u32) -> Self {
        Self {
            engine: InProcess::new(partitions, Arc::clone(&policy)),
            policy,
            outputs: Vec::new(),
            observations: Vec::new(),
            events: 0,
            held_at: None,
        }
    }

    /// Two strawberry smoothies on each of the two days before, and a salad on the first of them.
    pub fn habits(&mut self) {
        self.order("o-day2", &day(-2, "15:00"), &[order::smoothies(), order::salads()]);
        self.fulfilled("o-day2", &day(-2, "15:10"), json!({}));
        self.order("o-day1", &day(-1, "15:00"), &[order::smoothies()]);
        self.fulfilled("o-day1", &day(-1, "15:10"), json!({}));
    }

    pub fn order(&mut self, order_id: &str, time: &str, lines: &[Value]) {
        self.event(
            Contract::Orders,
            time,
            json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "strandhotellet",
                "location": "sunbed 14", "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK", "lines": lines}),
        );
    }

    pub fn fulfilled(&mut self, order_id: &str, time: &str, fields: Value) {
        let base = json!({"type": "fulfilled", "order_id": order_id, "customer_id": "c-1"});
        self.event(Contract::Orders, time, merged(base, fields));
    }

    pub fn remark(&mut self, time: &str, fields: Value) {
        self.event(Contract::Complaints, time, merged(json!({"form": "remark", "customer_id": "c-1"}), fields));
    }

    pub fn now(&self) -> Timestamp {
        self.engine.now()
    }

    /// A record of the customers topic with an offset of its own; nothing declared is a deletion.
    pub fn profile_as_is(&mut self, customer_id: &str, offset: i64, time: &str, declared: Option<Value>) {
        let value = declared.map(|declared| merged(json!({"customer_id": customer_id}), declared).to_string());
        let record = RawRecord {
            source: "customers",
            key: Some(customer_id.as_bytes()),
            value: value.as_ref().map(|value| value.as_bytes()),
            timestamp: Some(at(time)),
            offset,
            ..RawRecord::default()
        };
        let input = CODEC.decode(Contract::Customers, &record).unwrap();
        self.play(input);
    }

    /// The profile is deleted.
    pub fn erase(&mut self, time: &str) {
        self.events += 1;
        self.profile_as_is("c-1", self.events as i64, time, None);
    }

    pub fn profile(&mut self, time: &str, fields: Value) {
        self.events += 1;
        self.profile_as_is("c-1", self.events as i64, time, Some(fields));
    }

    pub fn answer(&mut self, kind: ActionKind, time: &str, fields: Value) {
        let id = self.actions(kind).last().unwrap().id.clone();
        self.answer_action(&id, time, fields);
    }

    pub fn answer_action(&mut self, id: &str, time: &str, fields: Value) {
        let action = self.all_actions().into_iter().find(|action| action.id == id).unwrap();
        let base = json!({"reply_to": action.reply_to, "action_id": id, "staff_id": "ida"});
        self.event(Contract::RecoveryOutcomes, time, merged(base, fields));
    }

    pub fn answer_follow_up(&mut self, time: &str, fields: Value) {
        let reply_to = self.follow_ups().last().unwrap().reply_to.clone();
        self.event(Contract::RecoveryOutcomes, time, merged(json!({"reply_to": reply_to}), fields));
    }

    pub fn event(&mut self, contract: Contract, time: &str, fields: Value) {
        self.events += 1;
        let value = merged(json!({"id": format!("e{}", self.events), "time": time}), fields);
        self.event_as_is(contract, value);
    }

    /// An old event that arrives now.
    pub fn handle_as_is(&mut self, contract: Contract, value: Value) {
        let value = value.to_string();
        let record = RawRecord { source: contract.name(), value: Some(value.as_bytes()), ..RawRecord::default() };
        let input = CODEC.decode(contract, &record).unwrap();
        self.engine.handle(input).unwrap();
        self.collect();
    }

    /// The live records of the state topic.
    pub fn state(&self) -> Vec<(EntityKey, Vec<u8>)> {
        self.engine.state().map(|(key, record)| (key.clone(), record.to_vec())).collect()
    }

    /// An event with an id and a time of its own.
    pub fn event_as_is(&mut self, contract: Contract, value: Value) {
        let value = value.to_string();
        let record = RawRecord { source: contract.name(), value: Some(value.as_bytes()), ..RawRecord::default() };
        let input = CODEC.decode(contract, &record).unwrap();
        self.play(input);
    }

    pub fn play(&mut self, input: Input) {
        match self.held_at {
            Some(_) => self.engine.handle(input).unwrap(),
            None => self.engine.input(input).unwrap(),
        }
        self.collect();
    }

    pub fn advance(&mut self, time: &str) {
        self.engine.advance(at(time));
        self.collect();
    }

    /// Everything that follows is old news when it arrives.
    pub fn hold_everything_until(&mut self, time: &str) {
        self.held_at = Some(at(time));
        self.engine.advance(at(time));
    }

    pub fn restart(&mut self) {
        self.engine.restart(true);
    }

    /// Stops, and starts again; the first safe time is yet to come.
    pub fn restart_without_safe_time(&mut self) {
        self.engine.restart(false);
    }

    pub fn hold_safe_time(&mut self) {
        self.engine.hold_safe_time();
    }

    pub fn release_safe_time(&mut self) {
        self.engine.release_safe_time();
        self.collect();
    }

    pub fn entity(&self, key: &EntityKey) -> Option<Entity> {
        self.engine.get(key)
    }

    pub fn entities(&self) -> usize {
        self.engine.entities()
    }

    fn collect(&mut self) {
        let outputs = self.engine.take_outputs();
        self.outputs.extend(outputs.iter().cloned());
        for output in &outputs {
            self.assert_explained(output);
        }
        self.observations.extend(self.engine.take_observations());
        let undeliverable = self.engine.take_undeliverable();
        assert!(undeliverable.is_empty(), "{undeliverable:#?}");
    }

    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// How often something was noticed.
    pub fn observed(&self, observation: Observation) -> usize {
        self.observations.iter().filter(|other| **other == observation).count()
    }

    /// Whatever is published follows from the facts that go with it, and the policy.
    fn assert_explained(&self, output: &Output) {
        let Payload::Action(action) = &output.payload else { return };
        if action.say.is_empty() && action.decision.facts.is_empty() {
            return; // its guest was erased, and what it rested on with them
        }
        let explanation = match explain(action, &self.policy) {
            Err(RecordError::OfASite) => return, // it follows from what a site has seen of many guests
            explanation => explanation.unwrap(),
        };
        let found = &explanation.differences;
        let (kind, revision, decision) = (action.kind, action.revision, &action.decision);
        assert!(
            found.is_empty(),
            "{kind} revision {revision}: {found:#?} {decision:#?} {}",
            self.story(&action.incident_id)
        );
    }

    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The latest revision of every action, in the order in which they were first proposed.
    pub fn all_actions(&self) -> Vec<RecoveryAction> {
        let mut order: Vec<&str> = Vec::new();
        let mut latest: BTreeMap<&str, &RecoveryAction> = BTreeMap::new();
        for output in &self.outputs {
            if let Payload::Action(action) = &output.payload {
                if !order.contains(&action.id.as_str()) {
                    order.push(&action.id);
                }
                latest.insert(&action.id, action);
            }
        }
        order.into_iter().map(|id| latest[id].clone()).collect()
    }

    /// An action as it was first proposed.
    pub fn first_of(&self, id: &str) -> RecoveryAction {
        let mut actions = self.outputs.iter().filter_map(|output| match &output.payload {
            Payload::Action(action) if action.id == id => Some(action.as_ref().clone()),
            _ => None,
        });
        actions.next().unwrap()
    }

    pub fn actions(&self, kind: ActionKind) -> Vec<RecoveryAction> {
        self.all_actions().into_iter().filter(|action| action.kind == kind).collect()
    }

    pub fn only(&self, kind: ActionKind) -> RecoveryAction {
        let actions = self.actions(kind);
        assert_eq!(actions.len(), 1, "{kind}: {actions:#?}");
        actions.into_iter().next().unwrap()
    }

    /// How often an action was called overdue.
    pub fn overdue(&self, id: &str) -> usize {
        let is_overdue = |output: &&Output| match &output.payload {
            Payload::Action(action) => action.id == id && action.action_type == ActionType::Overdue,
            _ => false,
        };
        self.outputs.iter().filter(is_overdue).count()
    }

    /// Where the first revision of a kind lies among the actions.
    pub fn position(&self, kind: ActionKind) -> usize {
        self.all_actions().iter().position(|action| action.kind == kind).unwrap()
    }

    pub fn incidents(&self) -> Vec<IncidentEvent> {
        let mut latest: BTreeMap<&str, &IncidentEvent> = BTreeMap::new();
        for output in &self.outputs {
            if let Payload::Incident(incident) = &output.payload {
                latest.insert(&incident.id, incident);
            }
        }
        latest.into_values().cloned().collect()
    }

    /// Every status that an incident has had.
    pub fn revisions_of(&self, id: &str) -> Vec<IncidentStatus> {
        let of_incident = |output: &Output| match &output.payload {
            Payload::Incident(incident) if incident.id == id => Some(incident.status),
            _ => None,
        };
        self.outputs.iter().filter_map(of_incident).collect()
    }

    /// Incidents that stand.
    pub fn standing(&self) -> Vec<IncidentEvent> {
        let is_gone = |status| matches!(status, IncidentStatus::Retracted | IncidentStatus::Merged);
        self.incidents().into_iter().filter(|incident| !is_gone(incident.status)).collect()
    }

    pub fn only_incident(&self) -> IncidentEvent {
        let incidents = self.standing();
        assert_eq!(incidents.len(), 1, "{incidents:#?}");
        incidents.into_iter().next().unwrap()
    }

    pub fn follow_ups(&self) -> Vec<FollowUp> {
        let mut latest: BTreeMap<(i64, &str), &FollowUp> = BTreeMap::new();
        for output in &self.outputs {
            if let Payload::FollowUp(follow_up) = &output.payload {
                latest.insert((follow_up.attempt, &follow_up.id), follow_up);
            }
        }
        latest.into_values().cloned().collect()
    }

    pub fn only_follow_up(&self) -> FollowUp {
        let follow_ups = self.follow_ups();
        assert_eq!(follow_ups.len(), 1, "{follow_ups:#?}");
        follow_ups.into_iter().next().unwrap()
    }

    /// Every published sequence of states is one that its life cycle knows.
    pub fn assert_legal(&self) {
        let mut incidents = BTreeMap::new();
        let mut actions = BTreeMap::new();
        let mut follow_ups = BTreeMap::new();
        for output in &self.outputs {
            match &output.payload {
                Payload::Incident(event) => {
                    let from = incidents.insert(&event.id, event.status);
                    let is_legal = from == Some(event.status) || incident_may_move(from, event.status);
                    assert!(is_legal, "incident {from:?} to {}: {event:#?}", event.status);
                }
                Payload::Action(action) => {
                    let from = actions.insert(&action.id, action.state);
                    let is_legal = from == Some(action.state) || action_may_move(from, action.state);
                    assert!(is_legal, "action {from:?} to {}: {action:#?}", action.state);
                }
                Payload::FollowUp(follow_up) => {
                    let to = (follow_up.follow_up_type, follow_up.state);
                    let from = follow_ups.insert(&follow_up.id, to);
                    assert!(from == Some(to) || follow_up_may_move(from, to), "follow-up {from:?} to {to:?}");
                }
                Payload::Insight(_) => {}
            }
        }
    }

    /// Everything that was published about an incident, a line each.
    pub fn story(&self, incident_id: &str) -> String {
        let mut lines = Vec::new();
        for output in &self.outputs {
            match &output.payload {
                Payload::Incident(it) if it.id == incident_id => {
                    let kinds: Vec<_> =
                        it.shortfalls.iter().map(|s| format!("{} {:?}", s.id, s.late_by_seconds)).collect();
                    lines
                        .push(format!("{} incident r{} {} {} {kinds:?}", it.time, it.revision, it.status, it.severity));
                }
                Payload::Action(it) if it.incident_id == incident_id => lines.push(format!(
                    "{} {} {} r{} {:?} {} {}",
                    it.time,
                    it.kind,
                    &it.id[..4],
                    it.revision,
                    it.action_type,
                    it.state,
                    it.assignee
                )),
                Payload::FollowUp(it) if it.incident_id == incident_id => {
                    lines.push(format!("{} follow-up r{} {:?} {}", it.time, it.revision, it.follow_up_type, it.state));
                }
                _ => {}
            }
        }
        lines.join("\n")
    }

    /// What holds in every story: revisions are gapless, and no gesture comes before its apology.
    pub fn assert_sound(&self) {
        let mut revisions: BTreeMap<&str, i64> = BTreeMap::new();
        let mut spoken: Vec<&str> = Vec::new();
        self.assert_legal();
        for output in &self.outputs {
            let (id, revision) = match &output.payload {
                Payload::Action(action) => (&action.id, action.revision),
                Payload::FollowUp(follow_up) => (&follow_up.id, follow_up.revision),
                Payload::Incident(incident) => (&incident.id, incident.revision),
                Payload::Insight(insight) => (&insight.id, insight.revision),
            };
            let before = revisions.insert(id, revision).unwrap_or(0);
            assert_eq!(revision, before + 1, "revisions of {id} have a gap");
            if let Payload::Action(action) = &output.payload {
                spoken.push(&action.id);
                if let Some(after) = &action.after {
                    assert!(spoken.contains(&after.as_str()), "{} comes before its apology", action.kind);
                }
            }
        }
        for incident in self.incidents() {
            let open = |action: &RecoveryAction| {
                action.incident_id == incident.id && action.kind.is_gift() && action.state == ActionState::Open
            };
            assert!(self.all_actions().iter().filter(|action| open(action)).count() <= 1, "two gestures at once");
        }
    }
}

fn merged(mut base: Value, fields: Value) -> Value {
    if let (Value::Object(base), Value::Object(fields)) = (&mut base, fields) {
        base.extend(fields);
    }
    base
}
