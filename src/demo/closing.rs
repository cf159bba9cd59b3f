//! The day in four lines.

use std::collections::BTreeMap;

use super::board::{Board, Card};
use super::screen::{PLAIN, STRONG, Screen};
use crate::events::{ActionKind, ActionState, ActionType, Band, IncidentStatus, InitiatedBy};
use crate::policy::money;

pub(super) fn show(board: &Board, screen: &mut Screen) {
    let incidents: Vec<&Card> =
        board.cards().iter().filter(|card| card.incident.status != IncidentStatus::Retracted).collect();
    let false_alarms = board.cards().len() - incidents.len();
    let first = incidents.iter().filter(|card| card.incident.initiated_by == InitiatedBy::Company).count();
    let noticed = format!(
        "{} orders, {} failures; {first} of them noticed before the guest spoke; false alarms: {false_alarms}",
        board.orders_of_the_day(),
        incidents.len()
    );
    screen.note("THE DAY", &noticed, STRONG);

    let mut given: BTreeMap<String, i64> = BTreeMap::new();
    let (mut gestures, mut usual, mut unreported, mut told) = (0, 0, 0, 0);
    for action in incidents.iter().flat_map(|card| &card.actions) {
        told += 1;
        unreported += usize::from(action.latest.state == ActionState::Unreported);
        let Some(gesture) = action.latest.gesture.as_ref().filter(|_| counts(action.latest.state)) else { continue };
        gestures += 1;
        usual += usize::from(!gesture.evidence.is_empty());
        *given.entry(gesture.currency.clone()).or_default() += gesture.value_minor;
    }
    let values: Vec<String> = given.iter().map(|(currency, minor)| money::format(*minor, currency)).collect();
    let gifts = format!("{gestures} gestures worth {}, {usual} of them the guest's usual", values.join(", "));
    screen.note("given", &gifts, PLAIN);

    let staff =
        format!("{told} actions asked for, the first word {}; {unreported} never reported", promptness(&incidents));
    screen.note("staff", &staff, PLAIN);

    let mut bands: BTreeMap<Band, usize> = BTreeMap::new();
    for band in incidents.iter().filter_map(|card| card.incident.band) {
        *bands.entry(band).or_default() += 1;
    }
    let bands: Vec<String> =
        bands.iter().map(|(band, count)| format!("{count} {}", band.name().replace('_', " "))).collect();
    screen.note("guests", &bands.join(", "), PLAIN);
}

fn counts(state: ActionState) -> bool {
    matches!(state, ActionState::Done | ActionState::Substituted | ActionState::Unreported)
}

/// The longest time between the news and the first word to a guest.
fn promptness(incidents: &[&Card]) -> String {
    let is_word = |kind: ActionKind| matches!(kind, ActionKind::Apology | ActionKind::HumanContact);
    let firsts = incidents.iter().flat_map(|card| &card.actions).map(|told| &told.first);
    let words = firsts.filter(|action| action.action_type == ActionType::Proposed && is_word(action.kind));
    match words.map(|action| action.age_seconds).max().unwrap_or(0) {
        0 => "within the second".to_owned(),
        seconds => format!("within {seconds} s"),
    }
}
