//! What a guest's clock brings: promises that pass in silence, decisions that waited, answers that never came.
//!
//! Nothing here is stored: every deadline follows from the state, and lies no earlier than the moment at which what set
//! it was handled.

use super::approval::awaits_approval;
use super::complaints::own_incident;
use super::gestures::counts_as_given;
use super::incident::GestureProgress;
use super::{Guest, Incident, Order, Scene};
use crate::events::{ActionState, ActionType, Millis, Timestamp};
use crate::policy::{Policy, Reporting, Tracking};
use crate::recovery::detection::OrderView;
use crate::recovery::life_cycle::Cause;
use crate::recovery::{Context, Effects, EntityKey};

impl Guest {
    pub(in crate::recovery) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let of_orders = self.orders.iter().filter_map(|(id, order)| self.order_deadline(id, order, policy)).min();
        let of_incidents = self.incidents.values().filter_map(|incident| incident.next_deadline(policy)).min();
        let of_habits = self.habits.forget_at(policy.habits.remember);
        let of_given = self.given.iter().map(|given| given.at + remember_given(policy)).min();
        let of_declined = self.declined.values().copied().min();
        let of_talk = self.talked_at.map(|at| at + policy.horizons.dedupe_horizon);
        let of_ties = self.ties_deadline(policy);
        let of_amends = self.amends_deadline(policy);
        let of_asked = self.asked.values().map(|at| *at + policy.horizons.dedupe_horizon).min();
        let all = [of_orders, of_incidents, of_habits, of_given, of_declined, of_talk, of_ties, of_amends, of_asked];
        all.into_iter().flatten().min()
    }

    pub(super) fn order_deadline(&self, id: &str, order: &Order, policy: &Policy) -> Option<Timestamp> {
        let promise = pending_silence(order, policy).map(|silence| self.looks_again_at(id, silence));
        let quarantine = order.facts.quarantined_until().map(|until| until.max(order.handled_at));
        match (promise, quarantine) {
            (None, None) => self.forget_order_at(id, order, policy),
            (promise, quarantine) => promise.flatten().into_iter().chain(quarantine).min(),
        }
    }

    /// Duplicates and late events of an order are recognised until then. An open incident keeps its order.
    fn forget_order_at(&self, id: &str, order: &Order, policy: &Policy) -> Option<Timestamp> {
        let incident = self.incidents.get(&crate::events::ids::incident_of_order(id));
        let last = match incident {
            Some(incident) if !incident.is_over() => return None,
            Some(incident) => incident.event.time.max(order.handled_at),
            None => order.handled_at,
        };
        Some(last + policy.horizons.dedupe_horizon)
    }

    pub(in crate::recovery) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let mut scene = Scene { key, context, effects };
        self.fire_promises(&mut scene);
        let ids: Vec<String> = self.incidents.keys().cloned().collect();
        for id in ids {
            self.fire_incident(&id, &mut scene);
        }
        self.forget(&mut scene);
        self.tell_owners(&mut scene);
        self.ask_about_insights(&mut scene);
    }

    fn fire_promises(&mut self, scene: &mut Scene<'_, '_>) {
        let context = scene.context;
        let mut passed = Vec::new();
        for (id, order) in &mut self.orders {
            let had = order.facts.quarantined_until();
            order.facts.release(|time| context.has_passed(time));
            let is_released = had != order.facts.quarantined_until();
            let mut has_passed = false;
            while let Some(deadline) =
                pending_silence(order, context.policy).filter(|deadline| context.has_passed(*deadline))
            {
                if Self::doubts(&mut self.feed, id, order, deadline, scene) {
                    break;
                }
                order.silence.proven_until = order.silence.proven_until.max(Some(deadline));
                has_passed = true;
            }
            if is_released || has_passed {
                passed.push(id.clone());
            }
        }
        for id in passed {
            self.reconsider_order(&id, scene);
        }
    }

    fn fire_incident(&mut self, id: &str, scene: &mut Scene<'_, '_>) {
        let mut unreported = Vec::new();
        let mut is_next_wanted = false;
        self.with_incident(id, |guest, incident| {
            let context = scene.context;
            if let Some(since) = incident.undecided_since {
                let is_time = context.has_passed(since) || context.safe.is_none();
                if is_time && guest.may_decide(incident, scene) {
                    guest.decide(incident, scene);
                }
                return;
            }
            if incident.gesture == GestureProgress::Waiting && context.has_passed(incident.event.time) {
                guest.restart_gesture(incident, scene);
            }
            guest.follow_the_first_step(incident, scene);
            is_next_wanted = guest.fire_actions(incident, &mut unreported, scene);
            guest.fire_follow_ups(incident, scene);
        });
        let site = self.incidents.get(id).and_then(|incident| incident.event.site_id.clone()).unwrap_or_default();
        for (action_id, given_minor) in unreported {
            match given_minor {
                Some(_) => self.settle(id, &action_id, None, scene),
                None => self.release(&site, &action_id, scene),
            }
        }
        if is_next_wanted {
            self.offer_next(id, scene);
        }
        self.with_incident(id, |guest, incident| guest.conclude(incident, scene));
    }

    /// Calls what is late overdue where staff always report, and ends what nobody answered. Returns whether the next
    /// best gesture is wanted.
    fn fire_actions(
        &self,
        incident: &mut Incident,
        unreported: &mut Vec<(String, Option<i64>)>,
        scene: &mut Scene<'_, '_>,
    ) -> bool {
        let context = scene.context;
        let reporting = context.policy.touchpoint(incident.event.touchpoint.as_deref()).reporting;
        let mut is_next_wanted = false;
        let mut given_minor = 0;
        let mut speaker = scene.speaker();
        for index in 0..incident.actions.len() {
            let action = &mut incident.actions[index];
            if !action.state.is_open() {
                continue;
            }
            if context.has_passed(action.expires_at) {
                let state = match reporting {
                    _ if awaits_approval(action) => ActionState::Expired, // nobody said yes: it was not given
                    Reporting::Always => ActionState::Expired,
                    Reporting::Sometimes | Reporting::Never => ActionState::Unreported,
                };
                let cause = if awaits_approval(action) { Cause::ApprovalTimedOut } else { Cause::Unanswered };
                incident.move_action(index, state, cause, &mut speaker, |_| {});
                let action = &incident.actions[index];
                if action.kind.is_gift() {
                    let value_minor = action.gesture.as_ref().map_or(0, |gesture| gesture.value_minor);
                    let is_given = counts_as_given(state);
                    unreported.push((action.id.clone(), is_given.then_some(value_minor)));
                    given_minor += if is_given { value_minor } else { 0 };
                    is_next_wanted = !is_given;
                }
            } else if reporting == Reporting::Always
                && context.has_passed(action.due_at)
                && !incident.overdue.contains(&action.id)
            {
                incident.overdue.push(action.id.clone());
                action.revision += 1;
                action.time = context.now;
                action.action_type = ActionType::Overdue;
                speaker.say(crate::events::Payload::Action(Box::new(action.clone())));
            }
        }
        if given_minor > 0 {
            self.book(incident, given_minor, scene);
        }
        is_next_wanted
    }

    /// The clock is held: what has passed by the wall clock is suspected, and nobody is sent.
    pub(in crate::recovery) fn suspect(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let mut scene = Scene { key, context, effects };
        let mut suspected = Vec::new();
        for (id, order) in &mut self.orders {
            let deadline = pending_promise(order, context.policy).filter(|deadline| *deadline < context.now);
            if deadline.is_some() && order.silence.suspected_until < deadline {
                order.silence.suspected_until = deadline;
                suspected.push(id.clone());
            }
        }
        for id in suspected {
            self.reconsider_order(&id, &mut scene);
        }
    }

    /// Lets go of what no duplicate, complaint or habit can need any more.
    fn forget(&mut self, scene: &mut Scene<'_, '_>) {
        let context = scene.context;
        let Some(safe) = context.safe else { return };
        let policy = context.policy;
        let old: Vec<String> = self
            .orders
            .iter()
            .filter(|(id, order)| self.order_deadline(id, order, policy).is_some_and(|at| context.has_passed(at)))
            .filter(|(_, order)| pending_silence(order, policy).is_none() && order.facts.quarantined_until().is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in old {
            self.orders.remove(&id);
            self.incidents.remove(&crate::events::ids::incident_of_order(&id));
        }
        self.incidents.retain(|_, incident| incident.forget_at(policy).is_none_or(|at| safe <= at));
        self.forget_complaints(safe, policy);
        self.habits.forget_before(safe - policy.habits.remember);
        self.given.retain(|given| safe <= given.at + remember_given(policy));
        self.declined.retain(|_, until| *until >= safe);
        self.forget_ties(safe, policy);
        self.forget_waits(policy);
        self.forget_amends(safe, policy);
        self.asked.retain(|_, at| safe <= *at + policy.horizons.dedupe_horizon);
    }

    /// Complaints go with the order or the incident that they belong to, never before it: they would be taken for new.
    fn forget_complaints(&mut self, safe: Timestamp, policy: &Policy) {
        let gone: Vec<String> = self
            .loose_complaints()
            .filter(|complaint| match self.bound.get(&complaint.id) {
                Some(order_id) => !self.orders.contains_key(order_id),
                None => !self.incidents.contains_key(&own_incident(complaint, policy)),
            })
            .map(|complaint| complaint.id.clone())
            .collect();
        let is_long_ago = self.talked_at.is_some_and(|at| safe > at + policy.horizons.dedupe_horizon);
        let alive: Vec<String> = self.loose_complaints().map(|complaint| complaint.id.clone()).collect();
        self.loose.take(|fact| {
            let id = fact.news.id();
            gone.iter().any(|gone| gone == id) || is_long_ago && !alive.iter().any(|alive| alive == id)
        });
        self.bound.retain(|id, _| !gone.contains(id));
        if is_long_ago {
            self.talked_at = None;
        }
    }
}

/// Gestures are remembered as long as a cap or a repetition may ask for them, or a habit might be learned from them.
fn remember_given(policy: &Policy) -> Millis {
    policy.gestures.guest_window.max(policy.gestures.repeat_after).max(policy.habits.remember)
}

/// When silence about an order's promise means something, or something worse, if that is still to come.
pub(super) fn pending_silence(order: &Order, policy: &Policy) -> Option<Timestamp> {
    let view = OrderView::of(&order.facts, policy)?;
    promise_to_judge(&view, order).or_else(|| band_to_judge(&view, order))
}

/// When silence about an order's promise means something, if that is still to come.
pub(super) fn pending_promise(order: &Order, policy: &Policy) -> Option<Timestamp> {
    promise_to_judge(&OrderView::of(&order.facts, policy)?, order)
}

/// When a wait that is proven to go on gets worse. Where silence is often only forgetfulness, it is asked about once.
fn band_to_judge(view: &OrderView<'_>, order: &Order) -> Option<Timestamp> {
    let proven_until = order.silence.proven_until.filter(|until| Some(*until) >= view.promise_deadline())?;
    let is_waiting = view.settled_at.is_none() && view.cancelled.is_none() && view.parcels.arrived() == 0;
    let is_sure = view.touchpoint.tracking == Tracking::Reliable;
    let band = view.next_band(proven_until).filter(|_| is_waiting && is_sure)?;
    Some(band.max(order.handled_at))
}

fn promise_to_judge(view: &OrderView<'_>, order: &Order) -> Option<Timestamp> {
    let deadline = view.promise_deadline()?;
    let is_proven = order.silence.proven_until.is_some_and(|until| until >= deadline);
    let is_cancelled = view.cancelled.is_some_and(|(_, at)| at <= deadline);
    let names_lines = !view.fulfilments.is_empty() && view.fulfilments.iter().all(|event| event.lines.is_some());
    let is_complete = view.fulfilments.iter().any(|event| event.completes == Some(true));
    let is_settled = view.settled_at.is_some() && (!names_lines || is_complete);
    if is_proven || is_cancelled || is_settled {
        return None;
    }
    Some(deadline.max(order.handled_at))
}

impl Incident {
    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        if let Some(since) = self.undecided_since {
            return Some(since);
        }
        let waiting = (self.gesture == GestureProgress::Waiting).then_some(self.event.time);
        let of_first_step =
            (self.gesture == GestureProgress::FirstStep).then(|| self.first_step_due().unwrap_or(self.event.time));
        let waiting = waiting.or(of_first_step);
        let reporting = policy.touchpoint(self.event.touchpoint.as_deref()).reporting;
        let of_actions = self
            .actions
            .iter()
            .filter(|action| action.state.is_open())
            .map(|action| {
                let is_watched = reporting == Reporting::Always && !self.overdue.contains(&action.id);
                if is_watched { action.due_at } else { action.expires_at }
            })
            .min();
        let of_life = waiting.into_iter().chain(of_actions).chain(self.follow_up_deadline()).min();
        of_life.or_else(|| self.forget_at(policy))
    }

    /// Incidents of complaints are kept as long as orders are.
    fn forget_at(&self, policy: &Policy) -> Option<Timestamp> {
        let is_of_complaints = self.subject == super::incident::Subject::Complaints;
        (is_of_complaints && self.is_over()).then(|| self.event.time + policy.horizons.dedupe_horizon)
    }
}
