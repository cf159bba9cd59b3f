//! What a task promises to whoever drives it, shown with real orders under the evaluation policy (no grace, reliable
//! tracking: a promise is broken a millisecond after it).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::engine::route;
use crate::events::{ActionKind, Event, IncidentStatus, Input, Millis, Output, Payload};
use crate::policy::presets;
use crate::recovery::World;
use crate::recovery::{Message, Observation};

/// Minutes on the day on which everything happens.
fn at(minutes: i64) -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap() + Millis::minutes(minutes)
}

fn policy() -> Policy {
    presets::evaluation().unwrap()
}

fn order(fields: Value) -> Envelope {
    let event = Event::Order(serde_json::from_value(fields).unwrap());
    let input = Input { source: "orders".into(), event, traceparent: None };
    route(&input, &policy()).unwrap().carry(input)
}

fn placed(order_id: &str, promised: Timestamp) -> Envelope {
    order(json!({"id": format!("{order_id}-placed"), "time": at(0), "type": "placed", "order_id": order_id,
        "customer_id": format!("guest-{order_id}"), "site_id": "bar", "promised_at": promised}))
}

fn fulfilled(order_id: &str, time: Timestamp) -> Envelope {
    order(json!({"id": format!("{order_id}-fulfilled"), "time": time, "type": "fulfilled", "order_id": order_id,
        "customer_id": format!("guest-{order_id}")}))
}

fn complaint(id: &str, customer_id: &str) -> Envelope {
    let fields =
        json!({"id": id, "time": at(0), "customer_id": customer_id, "text": "the soup is cold", "site_id": "bar"});
    let event = Event::Complaint(serde_json::from_value(fields).unwrap());
    let input = Input { source: "complaints".into(), event, traceparent: None };
    route(&input, &policy()).unwrap().carry(input)
}

/// A task that owns every entity, with a policy and a batch at hand.
struct Bench {
    task: Task,
    policy: Policy,
    batch: Batch,
}

impl Bench {
    fn new() -> Self {
        Self::with(policy())
    }

    fn with(policy: Policy) -> Self {
        let mut task = Task::new(0, 1);
        task.start(at(-1_000), &policy).unwrap();
        Self { task, policy, batch: Batch::default() }
    }

    fn deliver(&mut self, envelope: Envelope, now: Timestamp, safe: Option<Timestamp>) {
        self.task.deliver(envelope, now, safe, World::of(&self.policy), &mut self.batch).unwrap();
    }

    fn fire(&mut self, now: Timestamp, safe: Option<Timestamp>, limit: usize) -> usize {
        self.task.fire(now, safe, World::of(&self.policy), limit, &mut self.batch).unwrap()
    }

    fn commit(&mut self) -> Vec<StateRecord> {
        let mut records = self.task.changes();
        self.task.committed();
        records.sort_by(|a, b| a.key.cmp(&b.key));
        records
    }

    /// The incidents' statuses, newest revision of each, since the last call.
    fn incidents(&mut self) -> Vec<IncidentStatus> {
        let mut latest = BTreeMap::new();
        for output in &self.batch.outputs {
            if let Payload::Incident(incident) = &output.payload {
                latest.insert(incident.id.clone(), incident.status);
            }
        }
        latest.into_values().collect()
    }

    fn apologies(&self) -> usize {
        let is_apology = |output: &&Output| match &output.payload {
            Payload::Action(action) => action.kind == ActionKind::Apology && action.revision == 1,
            _ => false,
        };
        self.batch.outputs.iter().filter(is_apology).count()
    }

    /// Everything that an undo has to bring back.
    fn image(&self) -> (Vec<(String, Vec<u8>)>, Deadlines, usize, usize) {
        let mut state: Vec<(String, Vec<u8>)> =
            self.task.state().map(|(key, bytes)| (key.to_string(), bytes.to_vec())).collect();
        state.sort();
        (state, self.task.deadlines.clone(), self.task.entities(), self.task.bytes())
    }
}

#[test]
fn undo_brings_back_entities_and_deadlines() {
    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), at(0), Some(at(0)));
    bench.deliver(placed("B", at(40)), at(0), Some(at(0)));
    bench.commit();
    let before = bench.image();
    let now = Some(at(35));

    let mut attempts = Vec::new();
    for _ in 0..2 {
        bench.batch = Batch::default();
        bench.deliver(fulfilled("B", at(20)), at(35), now);
        bench.deliver(placed("C", at(90)), at(35), now);
        bench.fire(at(35), now, 100);
        let mut changed: Vec<String> =
            bench.task.changes().iter().map(|record| format!("{:?} {:?}", record.key, record.value)).collect();
        changed.sort();
        assert_ne!(bench.task.deadlines, before.1);
        attempts.push((bench.batch.outputs.clone(), changed));
        bench.task.undo();
        assert_eq!(bench.image(), before);
    }
    assert_eq!(attempts[0], attempts[1]);
    assert_eq!(bench.apologies(), 1, "the promise of A was broken");
}

#[test]
fn a_commit_writes_what_changed_once_and_nothing_else() {
    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), at(0), Some(at(0)));
    bench.deliver(fulfilled("A", at(10)), at(10), Some(at(10)));
    let keys: Vec<String> = bench.commit().iter().map(|record| record.key.to_string()).collect();
    assert_eq!(keys, ["c:guest-A", "x:A"]);
    assert_eq!(bench.task.entities(), 2);

    bench.deliver(fulfilled("A", at(10)), at(11), Some(at(11)));
    assert_eq!(bench.batch.observations, [Observation::Duplicate]);
    assert_eq!(bench.commit(), []);
}

#[test]
fn an_entity_with_nothing_left_is_deleted_and_one_that_never_had_anything_is_not_written() {
    let mut bench = Bench::new();
    bench.deliver(fulfilled("A", at(0)), at(0), Some(at(0)));
    let keys = |records: Vec<StateRecord>| {
        let mut keys: Vec<(String, bool)> =
            records.into_iter().map(|record| (record.key.to_string(), record.value.is_some())).collect();
        keys.sort();
        keys
    };
    let both = |is_there| [("c:guest-A".to_owned(), is_there), ("x:A".to_owned(), is_there)];
    assert_eq!(keys(bench.commit()), both(true), "the guest has asked; the index holds the event for its order");

    let much_later = at(0) + Millis::days(400);
    assert_eq!(bench.fire(much_later, Some(much_later), 100), 2);
    assert_eq!(keys(bench.commit()), both(false));
    assert_eq!((bench.task.entities(), bench.task.deadlines(), bench.task.bytes()), (0, 0, 0));
}

#[test]
fn messages_stay_in_the_task_when_they_can_and_go_by_mail_when_they_cannot() {
    let policy = policy();
    let partitions = 64;
    let envelope = placed("A", at(30));
    let index = EntityKey::order_index("A");
    let (here, there) = (task_of(&envelope.to, partitions), task_of(&index, partitions));
    assert_ne!(here, there, "choose ids that fall apart");
    let mut task = Task::new(here, partitions);
    let mut batch = Batch::default();
    task.deliver(envelope, at(0), Some(at(0)), World::of(&policy), &mut batch).unwrap();
    assert_eq!(task.get(&index), None);
    let mail: Vec<(u32, &EntityKey)> = batch.mail.iter().map(|(to, list)| (*to, &list[0].to)).collect();
    assert_eq!(mail, [(there, &index)]);

    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), at(0), Some(at(0)));
    assert!(bench.task.get(&index).is_some());
    assert!(bench.batch.mail.is_empty());
}

#[test]
fn deadlines_fire_in_order_and_in_slices() {
    let mut bench = Bench::new();
    for (order_id, promised) in [("A", 35), ("B", 31), ("C", 33), ("D", 32), ("E", 34)] {
        bench.deliver(placed(order_id, at(promised)), at(0), Some(at(0)));
    }
    assert_eq!(bench.task.next_deadline(), Some(at(31)));
    let safe = Some(at(36));
    let fired: Vec<usize> = (0..3).map(|_| bench.fire(at(36), safe, 2)).collect();
    assert_eq!(fired, [2, 2, 1]);
    let orders: Vec<String> = bench
        .batch
        .outputs
        .iter()
        .filter_map(|output| match &output.payload {
            Payload::Incident(incident) if incident.revision == 1 => incident.order_id.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(orders, ["B", "D", "C", "E", "A"]);
}

#[test]
fn a_deadline_born_late_waits_for_what_is_still_on_its_way() {
    let now = at(60);
    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), now, Some(now));
    assert_eq!(bench.fire(now, Some(now), 10), 0);
    bench.deliver(fulfilled("A", at(20)), now + Millis(1), Some(now));
    bench.fire(now + Millis(250), Some(now + Millis(250)), 10);
    assert_eq!(bench.batch.outputs, []);

    let mut silent = Bench::new();
    silent.deliver(placed("A", at(30)), now, Some(now));
    assert_eq!(silent.fire(now + Millis(1), Some(now + Millis(1)), 10), 1);
    assert_eq!(silent.apologies(), 1);
}

#[test]
fn a_deadline_born_in_a_transaction_that_began_before_the_safe_time_waits_for_the_next_one() {
    let mut bench = Bench::new();
    let (began, safe) = (at(60), at(60) + Millis(5));
    bench.deliver(placed("A", at(30)), began, Some(safe));
    assert_eq!(bench.fire(began, Some(safe), 10), 0);
    assert_eq!(bench.fire(safe + Millis(1), Some(safe + Millis(1)), 10), 1);
}

#[test]
fn a_safe_time_from_before_the_start_proves_nothing() {
    let mut first = Bench::new();
    first.deliver(placed("A", at(30)), at(0), Some(at(0)));
    first.commit();

    let mut bench = Bench::new();
    for (key, bytes) in first.task.state() {
        bench.task.restore(key, Some(bytes)).unwrap();
    }
    bench.task.start(at(60), &bench.policy).unwrap();
    assert_eq!(bench.task.next_deadline(), Some(at(30)));
    assert_eq!(bench.fire(at(60), Some(at(60)), 10), 0);
    bench.deliver(fulfilled("A", at(20)), at(61), Some(at(60)));
    bench.fire(at(61), Some(at(61)), 10);
    assert_eq!(bench.batch.outputs, []);
}

#[test]
fn a_task_that_is_resumed_waits_for_a_new_safe_time() {
    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), at(0), Some(at(0)));
    bench.commit();
    bench.task.resume(at(60));
    assert_eq!(bench.fire(at(60), Some(at(60)), 10), 0);
    assert_eq!(bench.fire(at(60) + Millis(1), None, 10), 0);
    assert_eq!(bench.fire(at(61), Some(at(61)), 10), 1);
}

#[test]
fn a_safe_time_that_was_seen_stays_true() {
    let mut bench = Bench::new();
    bench.deliver(placed("A", at(30)), at(0), Some(at(0)));
    bench.fire(at(31), Some(at(20)), 10);
    bench.fire(at(40), None, 10);
    bench.fire(at(41), Some(at(10)), 10);
    assert_eq!(bench.batch.outputs, [], "nothing has passed yet, and nothing is out of patience");
    assert_eq!(bench.fire(at(41), Some(at(31)), 10), 1);
}

#[test]
fn only_complaints_run_out_of_patience() {
    let mut bench = Bench::new();
    bench.task.resume(at(0));
    bench.deliver(placed("A", at(0)), at(0), None);
    bench.deliver(complaint("k-1", "somebody"), at(0), None);
    assert_eq!(bench.batch.outputs.len(), 0, "{:?}", bench.batch.outputs);

    let patience = bench.policy.horizons.patience;
    assert_eq!(bench.fire(at(0) + patience - Millis(1), None, 10), 0);
    let late = at(0) + patience + Millis(1);
    let fired: usize = (0..10).map(|_| bench.fire(late, None, 1)).sum();
    assert_eq!(fired, 2, "each once, also in slices");
    let orders: Vec<Option<String>> = bench
        .batch
        .outputs
        .iter()
        .filter_map(|output| match &output.payload {
            Payload::Incident(incident) => Some(incident.order_id.clone()),
            _ => None,
        })
        .collect();
    assert!(!orders.is_empty() && orders.iter().all(Option::is_none), "{orders:?}");
}

#[test]
fn a_held_clock_makes_suspicions_once_and_the_safe_time_confirms_them() {
    let mut policy = policy();
    policy.horizons.max_clock_hold = Some(Millis::minutes(2));
    let mut bench = Bench::with(policy);
    bench.deliver(placed("A", at(1)), at(0), Some(at(0)));
    bench.deliver(placed("B", at(5)), at(0), Some(at(0)));
    assert_eq!(bench.fire(at(2), Some(at(0)), 10), 0, "held for exactly as long as allowed");

    let fired: usize = (0..10).map(|_| bench.fire(at(2) + Millis(1), Some(at(0)), 1)).sum();
    assert_eq!(fired, 1, "A once, B is not due");
    assert_eq!((bench.incidents(), bench.apologies()), (vec![IncidentStatus::Suspected], 0));
    bench.commit();

    bench.fire(at(3), Some(at(2)), 10);
    assert_eq!(bench.apologies(), 1);
}

#[test]
fn a_suspicion_that_was_undone_is_made_again() {
    let mut policy = policy();
    policy.horizons.max_clock_hold = Some(Millis::minutes(2));
    let mut bench = Bench::with(policy);
    bench.deliver(placed("A", at(1)), at(0), Some(at(0)));
    bench.commit();
    for _ in 0..2 {
        bench.batch = Batch::default();
        assert_eq!(bench.fire(at(4), Some(at(0)), 10), 1);
        assert_eq!(bench.incidents(), [IncidentStatus::Suspected]);
        bench.task.undo();
    }
}

#[test]
fn a_message_that_goes_round_in_circles_is_stopped() {
    let mut bench = Bench::new();
    let message = Message::Matched { incident_id: "i".into() };
    let envelope = Envelope { to: EntityKey::complaint("k"), hops: MAX_HOPS + 1, message };
    bench.deliver(envelope, at(0), None);
    assert_eq!(bench.batch.undeliverable.len(), 1);
    let said = bench.batch.undeliverable[0].to_string();
    assert!(said.starts_with("a message to a guest was passed on"), "{said}");
    assert_eq!(bench.commit(), []);
}

#[test]
fn state_that_cannot_be_read_or_is_not_ours_stops_the_start() {
    let policy = policy();
    let key = EntityKey::customer("7");
    let mut task = Task::new(0, 1);
    task.restore(&key, Some(&[99, 1, 2])).unwrap();
    assert!(matches!(task.start(at(0), &policy), Err(StateError::Version { found: 99, .. })));
    task.restore(&key, None).unwrap();
    task.start(at(0), &policy).unwrap();

    let owner = task_of(&key, 8);
    let mut other = Task::new((owner + 1) % 8, 8);
    let refused = other.restore(&key, Some(&[1])).unwrap_err().to_string();
    assert!(refused.contains(&format!("it belongs to task {owner} of 8")), "{refused}");
}
