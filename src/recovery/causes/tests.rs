//! The bounds of what an owner remembers; what it tells is shown in `tests/insights.rs`.

use super::*;
use crate::events::{FailureKind, InsightType};
use crate::policy::presets;
use crate::recovery::World;

fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-06-03T12:00:00Z").unwrap() + Millis::seconds(seconds)
}

fn cause(item_id: Option<&str>) -> Cause {
    Cause { failure: FailureKind::SlowService, item_id: item_id.map(str::to_owned), modifier_id: None, reason: None }
}

fn report(n: i64, causes: &[(Cause, i64)]) -> CauseReport {
    let failing = |(cause, seconds): &(Cause, i64)| Failing {
        cause: cause.clone(),
        at: at(*seconds),
        touchpoint: None,
        item_name: None,
        modifier_name: None,
    };
    CauseReport {
        guest: EntityKey::customer(&n.to_string()),
        incident_id: ids::incident_of_order(&n.to_string()),
        causes: causes.iter().map(failing).collect(),
    }
}

struct Owner {
    policy: Policy,
    causes: Causes,
    effects: Effects,
}

impl Owner {
    fn new() -> Self {
        Self { policy: presets::hotel().unwrap(), causes: Causes::default(), effects: Effects::default() }
    }

    fn context(world: World<'_>, seconds: i64) -> Context<'_> {
        let now = at(seconds);
        Context {
            policy: world.policy,
            catalogue: world.catalogue,
            now,
            safe: Some(now),
            started: Timestamp::MIN,
            erased: None,
        }
    }

    fn hear(&mut self, report: &CauseReport, seconds: i64) {
        let context = Self::context(World::of(&self.policy), seconds);
        self.causes.on_report(&EntityKey::site("s"), report, &context, &mut self.effects);
    }

    fn fire(&mut self, seconds: i64) {
        let context = Self::context(World::of(&self.policy), seconds);
        self.causes.fire(&EntityKey::site("s"), &context, &mut self.effects);
        let next = self.causes.next_deadline(&self.policy);
        assert!(next.is_none_or(|next| !context.has_passed(next)), "{next:?} stays");
    }

    fn told(&self) -> Vec<(InsightType, i64, String)> {
        let of = |output: &Output| match &output.payload {
            crate::events::Payload::Insight(insight) => (insight.insight_type, insight.count, insight.id.clone()),
            other => panic!("{other:?}"),
        };
        self.effects.outputs.iter().map(of).collect()
    }
}

#[test]
fn the_oldest_failures_of_all_causes_are_forgotten_when_there_are_too_many() {
    let mut owner = Owner::new();
    let most = MOST_COUNTED as i64;
    for n in 0..most + 100 {
        let item = if n % 2 == 0 { None } else { Some("salad") };
        owner.hear(&report(n, &[(cause(item), n)]), n);
    }
    let first: Vec<Timestamp> = owner.causes.tracks.iter().map(|track| track.counted[0].at).collect();
    assert_eq!(first, [at(100), at(101)]);
    assert_eq!(owner.causes.tracks.iter().map(|track| track.counted.len()).sum::<usize>(), MOST_COUNTED);
    let bytes = postcard::to_stdvec(&owner.causes).unwrap().len();
    assert!(bytes < 160_000, "{bytes} bytes");
}

#[test]
fn a_report_of_nothing_leaves_nothing() {
    let mut owner = Owner::new();
    owner.hear(&report(1, &[(cause(None), 0)]), 0);
    owner.hear(&report(1, &[]), 5);
    owner.hear(&report(2, &[]), 6);
    assert!(owner.causes.is_empty() && owner.told().is_empty());
}

#[test]
fn ids_never_come_twice_even_when_the_cause_was_forgotten() {
    let mut owner = Owner::new();
    let day = 24 * 3_600;
    for round in 0..3 {
        let begin = round * 10 * day;
        for n in 0..5 {
            owner.hear(&report(round * 10 + n, &[(cause(None), begin + n)]), begin + n);
        }
        while let Some(next) = owner.causes.next_deadline(&owner.policy) {
            owner.fire((next - at(0)).as_seconds() + 1);
        }
        assert!(owner.causes.tracks.is_empty(), "all is forgotten but how many there were");
    }
    let told = owner.told();
    let ids: std::collections::BTreeSet<&String> = told.iter().map(|(_, _, id)| id).collect();
    assert_eq!((told.len(), ids.len()), (6, 3), "{told:?}");
    assert!(!owner.causes.is_empty());
}

#[test]
fn one_incident_with_two_causes_counts_for_both_and_once() {
    let mut owner = Owner::new();
    let both = [(cause(None), 1), (cause(Some("salad")), 2)];
    owner.hear(&report(1, &both), 5);
    owner.hear(&report(1, &both), 6);
    let counted: Vec<usize> = owner.causes.tracks.iter().map(|track| track.counted.len()).collect();
    assert_eq!(counted, [1, 1]);
    owner.hear(&report(1, &both[..1]), 7);
    assert_eq!(owner.causes.tracks.len(), 1);
}

#[test]
fn many_guests_are_many_only_within_a_short_time() {
    let mut owner = Owner::new();
    owner.policy.insights.threshold = 1_000;
    for n in 0..30 {
        owner.hear(&report(n, &[(cause(None), n * 70)]), n * 70); // nine in ten minutes
    }
    assert!(owner.told().is_empty());
    for n in 0..30 {
        let again = report(100 + n, &[(cause(None), 2_100 + n)]);
        owner.hear(&CauseReport { guest: EntityKey::customer("the same"), ..again }, 2_100 + n);
    }
    assert_eq!(owner.told().len(), 0, "one guest is not many: {:?}", owner.told());
    owner.hear(&report(99, &[(cause(None), 2_140)]), 2_140);
    assert_eq!(owner.told().len(), 1);
}
