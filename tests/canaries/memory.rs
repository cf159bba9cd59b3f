//! A guest who was erased is nowhere in memory, nor in the records of the state topic, nor after a restart; and nothing
//! that was published of them, or counted, is in a metric.

use std::sync::LazyLock;

use service_recovery::events::{Contract, Timestamp};
use service_recovery::policy::presets;
use service_recovery::recovery::EntityKey;
use service_recovery::telemetry::{Business, Metrics};

use crate::play::{Play, at, day};
use crate::story::{BIRDS, COMPANION, CUSTOMER, Told, answer, birds_in, story};
use crate::{LOGGED, assert_the_log_is_clean};

/// The story, told until 14:00 at the hotel, in which staff answer whatever they are asked.
fn played() -> (Play, Vec<Told>) {
    let end = at(&day(0, "14:00")).as_millis();
    let told = story(|ago| Timestamp::from_millis(end - ago * 60_000).unwrap().to_string());
    let mut play = Play::hotel();
    for (offset, (contract, key, event)) in told.iter().enumerate() {
        match (contract, key) {
            (Contract::Customers, Some(key)) => {
                play.profile_as_is(key, offset as i64, &day(-2, "09:00"), Some(event.clone()));
            }
            _ => play.event_as_is(*contract, event.clone()),
        }
    }
    play.advance(&day(0, "14:00"));
    for (index, action) in play.all_actions().into_iter().enumerate() {
        if action.state.is_open() {
            let time = day(0, &format!("14:{:02}", index + 1));
            play.event_as_is(Contract::RecoveryOutcomes, answer(&action.reply_to, &action.id, &time));
        }
    }
    play.advance(&day(0, "15:00"));
    (play, told)
}

fn remembered(play: &Play) -> Vec<String> {
    let mut found = Vec::new();
    for (key, record) in play.state() {
        let sights = [birds_in(key.as_str().as_bytes(), &["canary"]), birds_in(&record, &["canary"])].concat();
        found.extend(sights.into_iter().map(|sight| format!("{key}: {sight}")));
        let entity = play.entity(&key).map(|entity| format!("{entity:?}")).unwrap_or_default();
        found.extend(birds_in(entity.as_bytes(), &["canary"]));
    }
    found
}

#[test]
fn nothing_of_an_erased_guest_is_remembered_anywhere() {
    LazyLock::force(&LOGGED);
    let (mut play, told) = played();
    let kinds: Vec<char> = play.state().iter().filter_map(|(key, _)| key.as_str().chars().next()).collect();
    for kind in ['c', 'x', 's', 'p', 'w'] {
        assert!(kinds.contains(&kind), "somebody of kind {kind} knew something: {kinds:?}");
    }
    play.profile_as_is(CUSTOMER, 90, &day(0, "15:01"), None);
    assert!(play.entity(&EntityKey::customer(CUSTOMER)).is_none());
    assert!(play.entity(&EntityKey::customer(COMPANION)).is_some(), "others stay");
    play.profile_as_is(COMPANION, 91, &day(0, "15:02"), None);
    assert_eq!(remembered(&play), Vec::<String>::new());
    play.restart();
    assert_eq!(remembered(&play), Vec::<String>::new());

    // nor does what is read again bring it back
    let said = play.outputs().len();
    let again = told.into_iter().filter(|(contract, ..)| *contract != Contract::Customers);
    again.for_each(|(contract, _, event)| play.handle_as_is(contract, event));
    play.advance(&day(2, "12:00")); // a place remembers what was said there for a day
    assert_eq!(remembered(&play), Vec::<String>::new());
    assert_eq!(play.outputs()[said..].iter().filter(|output| output.key.contains("canary")).count(), 0);
    assert_the_log_is_clean();
}

#[test]
fn no_metric_tells_of_a_guest() {
    let (play, _) = played();
    let published = serde_json::to_string(&play.all_actions()).unwrap();
    assert!(published.contains("parrot cheese") && published.contains("canary sunbed"), "there is something to tell");
    let metrics = Metrics::default();
    Business::new(metrics.clone()).count(&presets::hotel().unwrap(), play.outputs(), play.observations());
    let text = metrics.gather();
    assert!(text.contains("service_recovery_incidents_total{"), "{text}");
    assert_eq!(birds_in(text.as_bytes(), &BIRDS), Vec::<String>::new());
}
