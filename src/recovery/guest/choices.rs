//! A choice of two after something serious (R24): the company takes the first step, and the guest has the last word.
//!
//! It is one gift with an alternative: asked for, reserved, counted and taken back once. Until somebody has said sorry
//! it waits, at most until the first word is due; after that it is one gesture as anywhere else.

use super::incident::GestureProgress;
use super::{Guest, Incident, Scene};
use crate::events::{ActionKind, Alternative, Authority, Gesture, RecoveryAction, Severity, Timestamp, ids};
use crate::policy::{Rule, SitePolicy};
use crate::recovery::decision::gesture::Offer;
use crate::recovery::decision::{Case, measures};

impl Guest {
    /// There would be a choice, and nobody has had the time to say sorry.
    pub(super) fn awaits_the_first_step(
        &self,
        incident: &Incident,
        case: &Case<'_>,
        rule: &Rule,
        scene: &Scene<'_, '_>,
    ) -> bool {
        let may_choose = !incident.is_acknowledged() && incident.two_to_choose_from(case, rule).is_some();
        may_choose && incident.first_step_due().is_some_and(|due_at| !scene.context.has_passed(due_at))
    }

    /// The first step was taken, or has not been seen in time.
    pub(super) fn follow_the_first_step(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        let is_due = incident.first_step_due().is_none_or(|due_at| scene.context.has_passed(due_at));
        if incident.gesture == GestureProgress::FirstStep && (incident.is_acknowledged() || is_due) {
            self.restart_gesture(incident, scene);
        }
    }
}

impl Incident {
    /// The best offer and the next one that is a thing, where the policy gives a choice and whoever goes may give both.
    pub(super) fn two_to_choose_from(&self, case: &Case<'_>, rule: &Rule) -> Option<[&Offer; 2]> {
        let is_serious = self.event.severity == Severity::Major && !case.facts.equal_treatment;
        let had_none = self.latest_gift().is_none();
        if !case.policy.gestures.choice_of_two || !is_serious || !had_none {
            return None;
        }
        let authority = measures::authority(ActionKind::ChoiceOffer, rule);
        let first = self.offers.first().filter(|offer| is_choosable(&offer.gesture, authority, case.site))?;
        let others = self.offers.iter().skip(1);
        let second = others.into_iter().find(|offer| is_choosable(&offer.gesture, authority, case.site))?;
        Some([first, second])
    }

    /// The kind that the gift was asked for as: its id says so.
    pub(super) fn kind_asked_for(&self, action_id: &str) -> ActionKind {
        let as_choice = ids::action(&self.event.id, ActionKind::ChoiceOffer.name(), self.requests);
        if action_id == as_choice { ActionKind::ChoiceOffer } else { ActionKind::Gesture }
    }

    /// When the word that comes first is due, while nobody has answered it.
    pub(super) fn first_step_due(&self) -> Option<Timestamp> {
        let first = self.first_word()?;
        let open = self.actions.iter().find(|action| action.id == first && action.state.is_open());
        open.map(|action| action.due_at)
    }

    /// The newest gift that was not taken back.
    pub(super) fn latest_gift(&self) -> Option<&RecoveryAction> {
        self.latest(ActionKind::Gesture).into_iter().chain(self.latest(ActionKind::ChoiceOffer)).max_by_key(|a| a.time)
    }

    /// The other options of a gift: at most two that whoever has it may give alone; of a choice, the second.
    pub(super) fn others(&self, kind: ActionKind, authority: Authority, site: &SitePolicy) -> Vec<Alternative> {
        if kind != ActionKind::ChoiceOffer {
            return self.alternatives(authority, site);
        }
        let others = self.offers.iter().skip(1).map(|offer| &offer.gesture);
        let second = others.into_iter().find(|gesture| is_choosable(gesture, authority, site));
        second.map(Gesture::as_alternative).into_iter().collect()
    }
}

/// A thing or a service with a name; a note or a credit is nothing to choose.
fn is_choosable(gesture: &Gesture, authority: Authority, site: &SitePolicy) -> bool {
    let most = site.may_give_alone(authority, &gesture.currency);
    gesture.item_id.is_some() && most.is_none_or(|most| gesture.value_minor <= most)
}

/// What the guest took of a gift, as staff report it, and what that is worth.
pub(super) fn taken(action: &RecoveryAction, item_id: Option<&str>) -> Option<(Option<String>, i64)> {
    let gesture = action.gesture.as_ref()?;
    let Some(item_id) = item_id else { return Some((gesture.item_id.clone(), gesture.value_minor)) };
    let other = action.alternatives.iter().find(|other| other.item_id.as_deref() == Some(item_id));
    Some((Some(item_id.to_owned()), other.map_or(gesture.value_minor, |other| other.value_minor)))
}

/// Every item that was offered with a gift.
pub(super) fn offered(action: &RecoveryAction) -> impl Iterator<Item = &str> {
    let is_choice = action.kind == ActionKind::ChoiceOffer;
    let others = action.alternatives.iter().filter(move |_| is_choice).filter_map(|other| other.item_id.as_deref());
    action.gesture.iter().filter_map(|gesture| gesture.item_id.as_deref()).chain(others)
}
