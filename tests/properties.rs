//! Invariants over generated histories: whatever comes in whatever order, facts converge and commitments are safe.
//!
//! `make properties` plays many more of them, other ones each time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod history;
mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use history::{
    Arrival, DELIVERY_STARTS, GUESTS, Step, Trouble, clock, disorder, history, play_out, report, staff, troubled,
};
use play::{Play, at, day};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use service_recovery::events::{
    ActionKind, ActionState, Contract, FailureKind, IncidentStatus, InitiatedBy, Payload, RecoveryAction, Timestamp,
    ids,
};
use service_recovery::policy::{Policy, presets};
use service_recovery::recovery::EntityKey;

/// As the program has it: half of the time goes into small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The hotel, acting on news of any age.
static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let mut policy = presets::hotel().unwrap();
    policy.default_touchpoint.max_action_age = None;
    policy.touchpoints.values_mut().for_each(|touchpoint| touchpoint.max_action_age = None);
    Arc::new(policy)
});

/// As `POLICY`, with a budget and a guest cap that bind.
static POOR: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let mut policy = Policy::clone(&POLICY);
    policy.default_site.daily_budget = BTreeMap::from([("DKK".to_owned(), 2_000)]);
    for site in policy.sites.values_mut() {
        site.daily_budget = BTreeMap::from([("DKK".to_owned(), 2_000)]);
    }
    policy.gestures.guest_count = Some(1);
    Arc::new(policy)
});

/// The hotel as it is: everything that arrives is too old.
static HOTEL: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(presets::hotel().unwrap()));

fn policy() -> Arc<Policy> {
    Arc::clone(&POLICY)
}

fn plain(steps: &[Step]) -> Play {
    play_out(policy(), 4, steps, |_, _| {})
}

/// `HISTORIES` of each property, else 200; the same every time, unless `SEED=random`.
fn config() -> ProptestConfig {
    let wanted = std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok());
    let is_random = std::env::var("SEED").is_ok_and(|seed| seed == "random");
    let rng_seed = if is_random { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { cases: wanted.unwrap_or(200), rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn facts_converge_whatever_the_order_and_the_trouble(
        (one, other) in history().prop_flat_map(|events| (disorder(one_profile_each(&events)), troubled(one_profile_each(&events))))
    ) {
        let (one, other) = (plain(&one), plain(&other));
        prop_assert_eq!(standing(&one), standing(&other), "{}", differing_stories(&one, &other));
        prop_assert_eq!(habits(&one), habits(&other));
        other.assert_sound();
    }

    #[test]
    fn commitments_are_safe_in_every_schedule(
        steps in history().prop_flat_map(troubled), staff in staff(), is_poor in any::<bool>()
    ) {
        let policy = if is_poor { &POOR } else { &POLICY };
        let mut said_false_alarm = false;
        let play = play_out(Arc::clone(policy), 4, &steps, |play, index| {
            said_false_alarm |= report(play, staff[index], index);
            assert_gestures_suit_the_guest(play, &steps[..=index]);
        });
        play.assert_sound();
        assert_amends_are_bounded(&play, policy);
        assert_budgets_hold(&play, policy);
        assert_everything_ends(&play, &steps, said_false_alarm);
    }

    #[test]
    fn history_never_acts(steps in history().prop_flat_map(disorder)) {
        let mut steps = steps;
        steps.retain(|step| !is_promised_late(step));
        let mut play = Play::with_partitions(Arc::clone(&HOTEL), 4);
        play.hold_everything_until(&clock(DELIVERY_STARTS + 24 * 60));
        for step in &steps {
            if let Arrival::Event(contract, value) = &step.arrival {
                play.event_as_is(*contract, value.clone());
            }
        }
        play.advance(&clock(DELIVERY_STARTS + 72 * 60));
        prop_assert!(play.all_actions().is_empty() && play.follow_ups().is_empty(), "{:#?}", play.all_actions());
        prop_assert!(play.standing().iter().all(|incident| incident.history));
    }

    #[test]
    fn a_restart_anywhere_changes_nothing(
        steps in history().prop_flat_map(disorder), staff in staff(), stop in 0_usize..10
    ) {
        let undisturbed = play_out(policy(), 4, &steps, |play, index| { report(play, staff[index], index); });
        let mut steps = steps;
        if let Some(step) = steps.get_mut(stop) {
            step.trouble = Trouble::Restart;
        }
        let disturbed = play_out(policy(), 4, &steps, |play, index| { report(play, staff[index], index); });
        prop_assert_eq!(undisturbed.outputs(), disturbed.outputs());
    }

    #[test]
    fn the_number_of_tasks_changes_nothing(steps in history().prop_flat_map(disorder), staff in staff()) {
        let four = play_out(policy(), 4, &steps, |play, index| { report(play, staff[index], index); });
        let one = play_out(policy(), 1, &steps, |play, index| { report(play, staff[index], index); });
        prop_assert_eq!(four.outputs(), one.outputs());
    }
}

/// Records of one customer come in the order of their offsets; here each has one, so that any order will do. None is
/// forgotten: what came before that is gone for whatever comes later.
fn one_profile_each(arrivals: &[Arrival]) -> Vec<Arrival> {
    let mut seen = BTreeSet::new();
    let is_first = |arrival: &&Arrival| match arrival {
        Arrival::Profile(_, _, None) => false,
        Arrival::Profile(guest, ..) => seen.insert(*guest),
        Arrival::Event(..) => true,
    };
    arrivals.iter().filter(is_first).cloned().collect()
}

fn is_promised_late(step: &Step) -> bool {
    let Arrival::Event(_, value) = &step.arrival else { return false };
    let latest = at(&clock(DELIVERY_STARTS + 20 * 60));
    ["promised_at", "time", "eta"].iter().any(|name| value[name].as_str().is_some_and(|text| at(text) > latest))
}

/// Incidents that stand: order or complaint, and the kinds of their shortfalls.
fn standing(play: &Play) -> BTreeMap<String, BTreeSet<(String, FailureKind)>> {
    let kinds = |incident: service_recovery::events::IncidentEvent| {
        incident.shortfalls.iter().map(|shortfall| (shortfall.id.clone(), shortfall.kind)).collect()
    };
    play.standing().into_iter().map(|incident| (incident.id.clone(), kinds(incident))).collect()
}

/// What was published about the incidents in which two plays differ.
fn differing_stories(one: &Play, other: &Play) -> String {
    let (of_one, of_other) = (standing(one), standing(other));
    let ids: BTreeSet<&String> = of_one.keys().chain(of_other.keys()).collect();
    let differing = ids.into_iter().filter(|id| of_one.get(*id) != of_other.get(*id));
    differing.map(|id| format!("{id}:\n{}\n--\n{}\n", one.story(id), other.story(id))).collect()
}

/// What is known of the guests' habits.
fn habits(play: &Play) -> Vec<Value> {
    let of = |guest| json!(play.entity(&EntityKey::customer(&format!("c{guest}"))))["Guest"]["habits"].clone();
    // a guest who was forgotten has none
    let known = |habits: Value| if habits.is_null() { json!({}) } else { habits };
    (0..GUESTS).map(|guest| known(of(guest))).collect()
}

/// At most one apology and one gesture an incident, but for what was reopened; values within the caps of the moment.
fn assert_amends_are_bounded(play: &Play, policy: &Policy) {
    let cap = |action: &RecoveryAction| policy.gestures.caps.get(&action.severity).map_or(0, |caps| caps["DKK"]);
    for output in play.outputs() {
        if let Payload::Action(action) = &output.payload
            && let (Some(gesture), 1) = (&action.gesture, action.revision)
        {
            assert!(gesture.value_minor <= cap(action), "{gesture:?} above {}", cap(action));
        }
    }
    for incident in play.incidents() {
        let of_kind = |kind| {
            let is_taken_back = |state| matches!(state, ActionState::Retracted | ActionState::Superseded);
            let actions = play.all_actions().into_iter();
            actions.filter(move |action| action.kind == kind && !is_taken_back(action.state))
        };
        let own = |action: &RecoveryAction| action.incident_id == incident.id;
        let statuses = play.revisions_of(&incident.id);
        let is_again = |status| matches!(status, IncidentStatus::Reopened | IncidentStatus::Escalated);
        let reopened = statuses.windows(2).filter(|two| is_again(two[1]) && two[0] != two[1]).count();
        let apologies = of_kind(ActionKind::Apology).filter(own).count();
        assert!(apologies <= 1 + reopened, "{apologies} apologies for {incident:#?}");
        let is_given = |action: &RecoveryAction| {
            matches!(action.state, ActionState::Done | ActionState::Substituted | ActionState::Unreported)
                || action.state.is_open()
        };
        let gifts = play.all_actions().iter().filter(|a| a.kind.is_gift() && own(a) && is_given(a)).count();
        assert!(gifts <= 1, "{gifts} gestures for {incident:#?}");
        let said =
            incident.complained_at.is_some() || play.all_actions().iter().any(|a| own(a) && history::is_word(a.kind));
        assert!(
            said || of_kind(ActionKind::Gesture).filter(own).count() == 0,
            "a gesture without a word: {incident:#?}"
        );
    }
}

/// What the site has granted and not got back is within its budget of the service day, and what a guest was given for
/// claims of their own within the guest's.
fn assert_budgets_hold(play: &Play, policy: &Policy) {
    let site = policy.site("strandhotellet");
    let mut spent: BTreeMap<String, i64> = BTreeMap::new();
    let mut claimed: BTreeMap<String, u32> = BTreeMap::new();
    for action in play.all_actions() {
        use ActionState as S;
        let is_kept = matches!(action.state, S::Open | S::Accepted | S::Done | S::Substituted | S::Unreported);
        // what never came was given back to the budget
        let came = action.state.is_open()
            || play.incidents().iter().any(|incident| incident.id == action.incident_id && incident.given_minor > 0);
        let Some(gesture) = action.gesture.as_ref().filter(|_| is_kept && came) else { continue };
        let item = gesture.item_id.as_ref().and_then(|item_id| policy.catalogue.item("strandhotellet", item_id));
        let each = item.map_or(0, |item| item.cost_minor.unwrap_or(item.price_minor));
        let first = play.first_of(&action.id);
        *spent.entry(site.service_day(first.time).to_string()).or_default() += each * gesture.quantity;
        let is_claimed = first.initiated_by == InitiatedBy::Customer;
        if let Some(customer_id) = action.customer_id.filter(|_| is_claimed) {
            *claimed.entry(customer_id).or_default() += 1;
        }
    }
    let budget = site.daily_budget["DKK"];
    assert!(spent.values().all(|spent| *spent <= budget), "{spent:?} of {budget} a day");
    if let Some(most) = policy.gestures.guest_count {
        assert!(claimed.values().all(|count| *count <= most), "{claimed:?} of {most} a guest");
    }
}

/// What is on offer suits the profile that is known.
fn assert_gestures_suit_the_guest(play: &Play, steps: &[Step]) {
    let mut newest: BTreeMap<usize, (i64, &Option<Value>)> = BTreeMap::new();
    for step in steps {
        if let Arrival::Profile(guest, version, declared) = &step.arrival {
            let known = newest.entry(*guest).or_insert((*version, declared));
            if *version > known.0 {
                *known = (*version, declared);
            }
        }
    }
    let is_gift = |action: &RecoveryAction| action.kind.is_gift() && action.state.is_open();
    for action in play.all_actions().into_iter().filter(is_gift) {
        let named = |guest: &usize| Some(format!("c{guest}"));
        let party = newest
            .iter()
            .filter(|(guest, _)| action.customer_id == named(guest) || history::came_along(steps, &action, **guest));
        for (_, (_, declared)) in party {
            if let Some(declared) = declared {
                assert_suits(&action, declared);
            }
        }
    }
}

fn assert_suits(action: &RecoveryAction, declared: &Value) {
    let offered = action.gesture.iter().map(|gesture| gesture.item_id.clone());
    let alternatives = action.alternatives.iter().map(|other| other.item_id.clone());
    for item_id in offered.chain(alternatives).flatten() {
        let item = POLICY.catalogue.item("strandhotellet", &item_id).unwrap();
        let is_allergic = declared["allergies"].as_array().is_some_and(|allergies| !allergies.is_empty());
        assert!(!is_allergic || !item.tags.iter().any(|tag| tag == "contains:milk"), "{item_id}: {declared}");
        let dislikes = declared["dislikes"].to_string();
        let word = item_id.split('-').next().unwrap();
        assert!(!dislikes.contains(&format!("\"{word}\"")), "{item_id}: {declared} {:?}", action.order_id);
    }
}

/// Long afterwards nothing is left open, and no complaint was swallowed.
fn assert_everything_ends(play: &Play, steps: &[Step], said_false_alarm: bool) {
    let open: Vec<RecoveryAction> = play.all_actions().into_iter().filter(|action| action.state.is_open()).collect();
    assert!(open.is_empty(), "{open:#?}");
    assert!(play.follow_ups().iter().all(|follow_up| !follow_up.state.is_open()));
    for incident in play.incidents() {
        use IncidentStatus as S;
        let is_over = matches!(incident.status, S::Closed | S::Retracted | S::Merged | S::Expired);
        assert!(is_over, "{incident:#?} {}", play.story(&incident.id));
    }
    let events = || {
        steps.iter().filter_map(|step| match &step.arrival {
            Arrival::Event(contract, value) => Some((*contract, value)),
            Arrival::Profile(..) => None,
        })
    };
    let is_corrected = |id: &Value| events().any(|(_, other)| other["corrects"] == *id);
    let is_erased = |complaint: &Value| {
        let at_once = |version: &i64| at(complaint["time"].as_str().unwrap()) <= at(&clock(*version));
        steps.iter().any(|step| matches!(&step.arrival, Arrival::Profile(_, version, None) if at_once(version)))
    };
    for (contract, complaint) in events() {
        let is_standing = complaint["withdrawn"] != true && !is_corrected(&complaint["id"]) && !is_erased(complaint);
        if contract == Contract::Complaints && is_standing && !said_false_alarm {
            let stories = || play.incidents().iter().map(|it| play.story(&it.id)).collect::<Vec<_>>().join("\n\n");
            assert!(has_led_somewhere(play, complaint), "nothing came of {complaint}: {}", stories());
        }
    }
}

/// There is an incident for it: of its order, of its own, or of an order of its guest.
fn has_led_somewhere(play: &Play, complaint: &Value) -> bool {
    let own = ids::incident_of_complaint(complaint["id"].as_str().unwrap());
    let of_order = complaint["order_id"].as_str().map(ids::incident_of_order);
    play.standing().iter().any(|incident| {
        let is_of_guest = complaint["order_id"].is_null()
            && incident.complained_at.is_some()
            && (is_named(incident.customer_id.as_deref(), &complaint["customer_id"])
                || is_named(incident.visit_id.as_deref(), &complaint["visit_id"])
                || is_named(incident.location.as_deref(), &complaint["location"])
                || complaint["location"] == history::TABLE && incident.order_id == history::ordered_there()
                || complaint["visit_id"] == history::VISIT
                || complaint["customer_id"] == "c0" && incident.customer_id.as_deref() == Some("c1"));
        incident.id == own || Some(&incident.id) == of_order.as_ref() || is_of_guest
    })
}

fn is_named(name: Option<&str>, reference: &Value) -> bool {
    name.is_some() && name == reference.as_str()
}

#[test]
fn the_generated_times_are_what_they_seem() {
    assert_eq!(at(&clock(60)), at(&day(0, "13:00")));
    assert!(at(&clock(0)) > Timestamp::MIN);
}
