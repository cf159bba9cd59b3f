//! Generated histories: what may happen to a few orders of some guests of one site, and every way in which it may be
//! told.

use std::fmt;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract, Millis, RecoveryAction};
use service_recovery::policy::Policy;

use crate::play::{self, Play, at, day};

/// Something that reaches the service.
#[derive(Clone)]
pub enum Arrival {
    Event(Contract, Value),
    /// A record of the customers topic: guest, its version, what it declares (nothing: erased).
    Profile(usize, i64, Option<Value>),
}

/// One arrival, how long after the one before it comes, and what the clock and the machines do before.
#[derive(Clone)]
pub struct Step {
    pub arrival: Arrival,
    pub pause_minutes: i64,
    pub trouble: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// The safe time stays where it is.
    Hold,
    Release,
    /// Stopped and restored; the safe time is known at once.
    Restart,
    /// As `Restart`, but the first safe time is yet to come.
    ColdRestart,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(contract, value) => write!(f, "{} {}", contract.name(), in_short(value)),
            Self::Profile(guest, version, declared) => write!(f, "customers c{guest} {version} {declared:?}"),
        }
    }
}

/// Without what every order has.
fn in_short(event: &Value) -> String {
    let mut event = event.clone();
    if let Some(fields) = event.as_object_mut() {
        let is_same_everywhere = |name: &str| matches!(name, "site_id" | "touchpoint" | "currency" | "party_size");
        fields.retain(|name, _| !is_same_everywhere(name));
        for line in fields.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
            *line = line["item_id"].take();
        }
    }
    event.to_string()
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{} min {:?} {:?}", self.pause_minutes, self.trouble, self.arrival)
    }
}

/// Events arrive when all of them have happened; promises may still be open.
pub const DELIVERY_STARTS: i64 = 260;
/// Everything has come to its end.
pub const END: i64 = 84 * 60;
const ORDERS: usize = 4;
/// The order whose guest is known late, or never: the first guest's, if anybody's.
const ANONYMOUS: usize = 3;
pub const VISIT: &str = "v9";
pub const TABLE: &str = "table 4";
pub const GUESTS: usize = 3;

/// The order that was placed at `TABLE`, wherever its party sits now.
pub fn ordered_there() -> Option<String> {
    Some(format!("o{ANONYMOUS}"))
}

pub fn clock(minutes: i64) -> String {
    (at(&day(0, "12:00")) + Millis::minutes(minutes)).to_string()
}

/// Order `n` belongs to a fixed guest, was placed at a fixed time and has fixed lines: what varies is what follows. Of
/// the last order only the table is known at first, or the visit.
fn placed(order: usize, promised_after: i64, brings_a_friend: bool) -> Value {
    let base = json!({"type": "placed", "order_id": format!("o{order}"), "site_id": "strandhotellet",
        "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK",
        "time": clock(order as i64 * 7), "promised_at": clock(order as i64 * 7 + promised_after),
        "lines": [play::order::salads(), espresso()]});
    let guest = match (order, promised_after % 2) {
        (ANONYMOUS, 0) => json!({"location": TABLE}),
        (ANONYMOUS, _) => json!({"location": TABLE, "visit_id": VISIT}),
        _ => json!({"customer_id": format!("c{}", order % GUESTS), "location": "table 1"}),
    };
    let party = if brings_a_friend { json!({"guest_ids": [friend_of(order % GUESTS)]}) } else { json!({}) };
    with(with(base, guest), party)
}

/// Whom a guest brings along.
pub fn friend_of(guest: usize) -> String {
    format!("c{}", (guest + 1) % GUESTS)
}

/// What a guest had on a day before, and took: two of the same days make a habit.
fn earlier(number: usize, (guest, days, item): (usize, i64, usize)) -> [Arrival; 2] {
    let item = [play::order::smoothies(), espresso(), play::order::salads()][item].clone();
    let event = |what: &str, minutes: i64, fields: Value| {
        let base = json!({"id": format!("h{number}-{what}"), "type": what, "order_id": format!("oh{number}"),
            "customer_id": format!("c{guest}"), "time": clock(minutes - days * 24 * 60)});
        Arrival::Event(Contract::Orders, with(base, fields))
    };
    let fields = json!({"site_id": "strandhotellet", "touchpoint": "pool_bar", "currency": "DKK", "lines": [item],
        "promised_at": clock(number as i64 + 30 - days * 24 * 60)});
    [event("placed", number as i64, fields), event("fulfilled", number as i64 + 10, json!({}))]
}

fn espresso() -> Value {
    json!({"line_id": "2", "item_id": "espresso", "quantity": 1, "unit_price_minor": 3200})
}

/// Some know the guest, some the visit, some only the order number. The visit is that of the first customer.
fn reference(order: usize, knows: u8) -> Value {
    let of_order = json!({"order_id": format!("o{order}")});
    let customer = json!({"customer_id": format!("c{}", order % GUESTS)});
    let visit = json!({"visit_id": VISIT});
    let is_theirs = order.is_multiple_of(GUESTS);
    match knows {
        0 | 1 => of_order,
        2 if is_theirs => with(of_order, visit),
        3 if is_theirs => with(with(of_order, customer), visit),
        _ => with(of_order, customer),
    }
}

fn with(mut base: Value, fields: Value) -> Value {
    base.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    base
}

fn later_event() -> impl Strategy<Value = Arrival> {
    let minute = 0..240_i64;
    (0..ORDERS, 0..5_u8, minute, 0..16_u8).prop_map(|(order, knows, minute, what)| {
        let base = with(reference(order, knows), json!({"time": clock(order as i64 * 7 + minute)}));
        let of = |contract, fields| Arrival::Event(contract, with(base.clone(), fields));
        let order = |fields| of(Contract::Orders, fields);
        let complaint = |fields| of(Contract::Complaints, with(json!({"form": "remark"}), fields));
        match what {
            0 => order(json!({"type": "fulfilled"})),
            1 => order(json!({"type": "fulfilled", "completes": true, "lines": [play::order::bare_salads()]})),
            2 => order(json!({"type": "fulfilled", "lines": [{"line_id": "2", "item_id": "espresso"}]})),
            3 => order(
                json!({"type": "cancelled", "cancelled_by": if minute % 2 == 0 { "customer" } else { "company" }}),
            ),
            4 => order(json!({"type": "changed", "changed_by": "customer", "promised_at": clock(minute * 2)})),
            5 => order(json!({"type": "changed", "changed_by": "company", "promised_at": clock(minute + 60)})),
            6 => order(json!({"type": "changed", "changed_by": "company", "lines": [play::order::salads()]})),
            7 => of(Contract::DeliveryDelays, json!({"type": "delivered"})),
            8 => of(Contract::DeliveryDelays, json!({"type": "eta_changed", "eta": clock(minute * 2)})),
            9 => of(Contract::DeliveryDelays, json!({"type": "lost"})),
            10 => of(Contract::DeliveryDelays, json!({"type": "delay_reported", "reason": "weather"})),
            11 => complaint(json!({"failure": "item_missing", "item_id": "espresso"})),
            12 => complaint(json!({"form": "claim", "apologised": minute % 2 == 0})),
            13 => complaint(json!({"inconvenience": minute % 5})),
            14 => order(json!({"type": "changed", "changed_by": "customer", "location": "table 5"})),
            _ => complaint(json!({"form": "observed", "failure": "safety"})),
        }
    })
}

/// Complaints that name no order, or one that nobody knows.
fn other_complaint() -> impl Strategy<Value = Arrival> {
    (0..GUESTS, 0..240_i64, 0..7_u8).prop_map(|(guest, minute, what)| {
        let base = json!({"form": "remark", "text": "it was cold", "time": clock(minute)});
        let fields = match what {
            0 => json!({"order_id": "o-nobody-knows"}),
            1 => json!({"customer_id": format!("c{guest}"), "order_id": "o-nobody-knows"}),
            2 => json!({"visit_id": "v1", "site_id": "strandhotellet"}),
            3 => json!({"visit_id": VISIT, "site_id": "strandhotellet"}),
            4 => json!({"site_id": "strandhotellet", "location": TABLE}),
            5 => json!({"site_id": "strandhotellet", "location": "table 77"}),
            _ => json!({"customer_id": format!("c{guest}"), "site_id": "strandhotellet"}),
        };
        Arrival::Event(Contract::Complaints, with(base, fields))
    })
}

fn profile() -> impl Strategy<Value = Arrival> {
    (0..GUESTS, 1..5_i64, 0..7_u8).prop_map(|(guest, version, what)| {
        let declared = match what {
            6 if guest == 0 => json!({"merged_into": "c1"}),
            0 => json!({"allergies": ["milk"]}),
            1 => json!({"dislikes": ["elderflower", "strawberry"]}),
            2 => json!({"profiling": false}),
            3 => json!({"diets": ["vegan"], "contact_declined": true}),
            4 => json!({}),
            _ => return Arrival::Profile(guest, version, None),
        };
        Arrival::Profile(guest, version, Some(declared))
    })
}

/// Which event a correction replaces, and whether it only withdraws it.
type Correction = (prop::sample::Index, bool);

/// All events of a history, each with its id, in the order of their generation.
pub fn history() -> impl Strategy<Value = Vec<Arrival>> {
    let orders = prop::collection::vec(prop_oneof![3 => 10..90_i64, 1 => 250..500_i64], ORDERS);
    let later = prop_oneof![8 => later_event(), 2 => other_complaint(), 2 => profile()];
    let later = prop::collection::vec(later, 0..9);
    let friends = prop::collection::vec(prop::bool::weighted(0.2), ORDERS);
    let habits = prop::collection::vec((0..GUESTS, 1..4_i64, 0..3_usize), 0..5);
    let corrections = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..3);
    (orders, friends, later, corrections, habits).prop_map(|(promises, friends, later, corrections, habits)| {
        let orders = promises.into_iter().zip(friends).enumerate();
        let mut arrivals: Vec<Arrival> = orders
            .map(|(order, (after, friend))| Arrival::Event(Contract::Orders, placed(order, after, friend)))
            .collect();
        arrivals.extend(later);
        for (index, arrival) in arrivals.iter_mut().enumerate() {
            if let Arrival::Event(_, value) = arrival {
                value["id"] = json!(format!("e{index}"));
            }
        }
        for (number, correction) in corrections.into_iter().enumerate() {
            arrivals.extend(correct(&arrivals, number, correction));
        }
        arrivals.extend(habits.into_iter().enumerate().flat_map(|(number, habit)| earlier(number, habit)));
        let kept = arrivals.iter().filter(|arrival| !corrects_the_erased(&arrivals, arrival));
        kept.cloned().collect()
    })
}

/// A correction says the same a little later, or that it never happened.
fn correct(arrivals: &[Arrival], number: usize, (which, withdraws): Correction) -> Option<Arrival> {
    let Arrival::Event(contract, original) = &arrivals[which.index(arrivals.len())] else { return None };
    let time = at(original["time"].as_str()?) + Millis::minutes(11);
    let fields = json!({"id": format!("x{number}"), "corrects": original["id"], "withdrawn": withdraws,
        "time": time.to_string()});
    Some(Arrival::Event(*contract, with(original.clone(), fields)))
}

/// Nobody knows any more what it corrects: it is taken for something new (docs/privacy.md).
fn corrects_the_erased(arrivals: &[Arrival], arrival: &Arrival) -> bool {
    let Arrival::Event(_, value) = arrival else { return false };
    if value["corrects"].is_null() {
        return false;
    }
    let is_original = |other: &&Arrival| matches!(other, Arrival::Event(_, other) if other["id"] == value["corrects"]);
    let Some(Arrival::Event(_, original)) = arrivals.iter().find(is_original) else { return false };
    let is_erased = |version: i64| at(original["time"].as_str().unwrap()) <= at(&clock(version));
    let erases = |other: &Arrival| matches!(other, Arrival::Profile(_, version, None) if is_erased(*version));
    arrivals.iter().any(erases) || corrects_the_erased(arrivals, &Arrival::Event(Contract::Orders, original.clone()))
}

/// The history in some order, some events twice, with pauses in which the clock and the safe time go on.
pub fn disorder(arrivals: Vec<Arrival>) -> impl Strategy<Value = Vec<Step>> {
    told(arrivals, Just(Trouble::None).boxed())
}

/// As `disorder`, with safe time held and released and the service stopped and started at random.
pub fn troubled(arrivals: Vec<Arrival>) -> impl Strategy<Value = Vec<Step>> {
    let trouble = prop_oneof![
        5 => Just(Trouble::None), 2 => Just(Trouble::Hold), 3 => Just(Trouble::Release),
        1 => Just(Trouble::Restart), 1 => Just(Trouble::ColdRestart)
    ];
    told(arrivals, trouble.boxed())
}

fn told(arrivals: Vec<Arrival>, trouble: BoxedStrategy<Trouble>) -> impl Strategy<Value = Vec<Step>> {
    let count = arrivals.len();
    let doubled = prop::collection::vec(0..count, 0..4);
    let twice = doubled.prop_map(move |again| {
        let mut all = arrivals.clone();
        all.extend(again.into_iter().map(|index| arrivals[index].clone()));
        all
    });
    twice.prop_flat_map(move |all| {
        let around = prop::collection::vec((0..20_i64, trouble.clone()), all.len());
        (Just(all).prop_shuffle(), around).prop_map(|(all, around)| {
            let steps = all.into_iter().zip(around);
            steps.map(|(arrival, (pause_minutes, trouble))| Step { arrival, pause_minutes, trouble }).collect()
        })
    })
}

/// Tells the history to a service with this policy, and lets the clock run out. `between` comes after every step.
pub fn play_out(
    policy: Arc<Policy>,
    partitions: u32,
    steps: &[Step],
    mut between: impl FnMut(&mut Play, usize),
) -> Play {
    let mut play = Play::with_partitions(policy, partitions);
    let mut minutes = DELIVERY_STARTS;
    play.hold_everything_until(&clock(DELIVERY_STARTS));
    for (index, step) in steps.iter().enumerate() {
        minutes += step.pause_minutes;
        play.advance(&clock(minutes));
        match step.trouble {
            Trouble::None => {}
            Trouble::Hold => play.hold_safe_time(),
            Trouble::Release => play.release_safe_time(),
            Trouble::Restart => play.restart(),
            Trouble::ColdRestart => play.restart_without_safe_time(),
        }
        match &step.arrival {
            Arrival::Event(contract, value) => play.event_as_is(*contract, value.clone()),
            Arrival::Profile(guest, version, declared) => {
                play.profile_as_is(&format!("c{guest}"), *version, &clock(*version), declared.clone());
            }
        }
        between(&mut play, index);
    }
    play.release_safe_time();
    play.advance(&clock(END));
    play
}

/// What staff do after each step: nothing, or this to one of the actions so far.
pub fn staff() -> impl Strategy<Value = Vec<(u8, prop::sample::Index)>> {
    prop::collection::vec((0..17_u8, any::<prop::sample::Index>()), 40)
}

/// They report some, all, late, twice, or contradict each other. Returns whether somebody called a false alarm.
pub fn report(play: &mut Play, (what, which): (u8, prop::sample::Index), number: usize) -> bool {
    let actions = play.all_actions();
    let follow_ups = play.follow_ups();
    let mut value = match what {
        0 => json!({"status": "accepted"}),
        1..=3 => json!({"status": "done"}),
        4 => json!({"status": "declined", "declined_by": "guest"}),
        5 => json!({"status": "declined", "declined_by": "staff"}),
        6 => json!({"status": "not_possible"}),
        7 => json!({"status": "substituted", "item_id": "espresso", "value_minor": 3_200}),
        8 => json!({"status": "confirmed"}),
        9 => json!({"status": "false_alarm"}),
        10 => json!({"status": "done", "score": 4}),
        11 => json!({"status": "done", "score": 9}),
        12 => json!({"status": "done", "result": "gesture_not_received"}),
        13 => {
            // of their own accord, or elsewhere
            let order_id = format!("o{}", number % ORDERS);
            let given = json!({"order_id": order_id, "status": "done", "kind": "gesture", "value_minor": 4_000,
                "currency": "DKK", "id": format!("r{number}"), "time": play.now().to_string()});
            play.event_as_is(Contract::RecoveryOutcomes, given);
            return false;
        }
        _ => return false,
    };
    let replies: Vec<String> = match what {
        10..=12 => follow_ups.iter().map(|follow_up| follow_up.reply_to.clone()).collect(),
        _ => actions.iter().map(|action| action.reply_to.clone()).collect(),
    };
    if replies.is_empty() {
        return false;
    }
    value["reply_to"] = json!(which.get(&replies));
    value["id"] = json!(format!("r{number}"));
    value["time"] = json!(play.now().to_string());
    play.event_as_is(Contract::RecoveryOutcomes, value);
    what == 9
}

/// The action's order was told to be of a party with this guest.
pub fn came_along(steps: &[Step], action: &RecoveryAction, guest: usize) -> bool {
    let erasures = steps.iter().filter_map(|step| match &step.arrival {
        Arrival::Profile(erased, version, None) if *erased == guest => Some(at(&clock(*version))),
        _ => None,
    });
    // who was erased is not of a party any more that had met by then
    let erased = erasures.max();
    let customer_id = json!(format!("c{guest}"));
    steps.iter().any(|step| match &step.arrival {
        Arrival::Event(_, value) => {
            let is_friend = value["guest_ids"].as_array().is_some_and(|ids| ids.contains(&customer_id));
            let is_since = erased.is_none_or(|erased| at(value["time"].as_str().unwrap()) > erased);
            is_friend
                && is_since
                && value["order_id"].as_str() == action.order_id.as_deref()
                && value["withdrawn"] != true
        }
        Arrival::Profile(..) => false,
    })
}

/// Words that were said, or are to be said.
pub fn is_word(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Apology | ActionKind::HumanContact | ActionKind::EarlyWarning)
}
