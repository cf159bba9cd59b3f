//! What might be given, best fit first: what the guest asked for, what they take by habit, what anybody likes.

use super::Idea;
use super::safety::is_same_word;
use crate::events::GestureKind;
use crate::policy::{Rule, Service};
use crate::recovery::decision::Case;
use crate::recovery::guest::Habit;

pub(super) fn ideas(case: &Case<'_>, rule: &Rule) -> Vec<Idea> {
    let mut ideas: Vec<Idea> = Vec::new();
    let allows = |kind: GestureKind| rule.then.gesture.contains(&kind);
    if case.profiling() {
        let habits = case.habits.eligible(case.viewpoint);
        ideas.extend(preferred(case, rule, &habits));
        if allows(GestureKind::HabitItem) {
            ideas.extend(habits.iter().map(|habit| by_habit(GestureKind::HabitItem, &habit.item_id, habit)));
        }
        ideas.extend(earned_by_habit(case, rule, &habits));
    }
    for kind in impersonal_kinds(case, rule) {
        if kind == GestureKind::GenericTreat {
            let generic = case.policy.gestures.generic.iter();
            ideas.extend(generic.map(|id| Idea::impersonal(kind, Some(id.clone()))));
        } else {
            ideas.push(Idea::impersonal(kind, None));
        }
    }
    // what says something about health or belief is not even a rejected candidate: that would tell
    ideas.retain(|idea| !idea.id.as_deref().is_some_and(|id| case.catalogue.is_sensitive(case.site_id, id)));
    ideas
}

/// What anybody may like, in the order of the rule.
fn impersonal_kinds(case: &Case<'_>, rule: &Rule) -> Vec<GestureKind> {
    use GestureKind as G;
    let is_personal = |kind: &GestureKind| matches!(kind, G::HabitItem | G::HabitService | G::HabitUpgrade);
    let mut kinds: Vec<GestureKind> = rule.then.gesture.iter().copied().filter(|kind| !is_personal(kind)).collect();
    // a guest who does not want to be known by their habits can still see something good come of it
    let is_offered = case.policy.gestures.donation.as_ref().is_some_and(|donation| donation.for_opted_out);
    let is_meant_personally = rule.then.gesture.iter().any(is_personal);
    let is_equal = case.facts.equal_treatment;
    if is_offered && is_meant_personally && !case.profiling() && !is_equal && !kinds.contains(&G::Donation) {
        let before_the_note = kinds.iter().position(|kind| *kind == G::HandwrittenNote).unwrap_or(kinds.len());
        kinds.insert(before_the_note, G::Donation);
    }
    // where all get the same, what is generic stands in for the habit
    if is_equal && rule.then.gesture.contains(&G::HabitItem) && !kinds.contains(&G::GenericTreat) {
        kinds.insert(0, G::GenericTreat);
    }
    kinds
}

/// Declared preferences come first: items by their id, services by what the policy says asks for them.
fn preferred(case: &Case<'_>, rule: &Rule, habits: &[Habit]) -> Vec<Idea> {
    let mut ideas = Vec::new();
    for preference in case.profile.iter().flat_map(|profile| &profile.preferences) {
        let service = case.policy.gestures.services.iter().find(|(id, service)| {
            is_same_word(id, preference) || service.preference.iter().any(|word| is_same_word(word, preference))
        });
        if let Some((id, service)) = service {
            if rule.then.gesture.contains(&service.kind) {
                ideas.push(Idea { personalised: true, ..Idea::impersonal(service.kind, Some(id.clone())) });
            }
            continue;
        }
        if !rule.then.gesture.contains(&GestureKind::HabitItem) {
            continue;
        }
        let observed = habits.iter().find(|habit| habit.is_of(preference, case.viewpoint));
        ideas.push(Idea {
            kind: GestureKind::HabitItem,
            id: Some(preference.clone()),
            personalised: true,
            strength: observed.map(|habit| habit.strength),
            evidence: observed.map(|habit| habit.evidence.clone()).unwrap_or_default(),
        });
    }
    ideas
}

/// Upgrades before services; the stronger habit first.
fn earned_by_habit(case: &Case<'_>, rule: &Rule, habits: &[Habit]) -> Vec<Idea> {
    let mut ideas = Vec::new();
    for kind in [GestureKind::HabitUpgrade, GestureKind::HabitService] {
        if !rule.then.gesture.contains(&kind) {
            continue;
        }
        for habit in habits {
            let earned = |service: &Service| service.habit.iter().any(|item| habit.is_of(item, case.viewpoint));
            let services = case.policy.gestures.services.iter();
            let matching = services.filter(|(_, service)| service.kind == kind && earned(service));
            ideas.extend(matching.map(|(id, _)| by_habit(kind, id, habit)));
        }
    }
    ideas
}

fn by_habit(kind: GestureKind, id: &str, habit: &Habit) -> Idea {
    Idea {
        kind,
        id: Some(id.to_owned()),
        personalised: true,
        strength: Some(habit.strength),
        evidence: habit.evidence.clone(),
    }
}
