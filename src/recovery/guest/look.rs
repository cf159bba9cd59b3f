//! A guest as a person reads it: orders, incidents, habits and deadlines, derived as the decisions derive them.

use super::deadlines::pending_silence;
use super::incident::GestureProgress;
use super::viewpoint::{Viewpoint, day_number};
use super::{Guest, Incident, News, Order};
use crate::events::{Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::EntityKey;
use crate::recovery::detection::{self, OrderView};
use crate::recovery::view::{
    ComplaintSummary, EventView, FactView, FindingView, GestureView, GuestView, HabitView, IncidentView, Moment,
    OrderDetails, OrderSummary, PastIncident, ProfileView, StepView,
};

impl Guest {
    pub(in crate::recovery) fn look(&self, key: &EntityKey, moment: Moment<'_>) -> GuestView {
        let Moment { now, safe, policy } = moment;
        let (past, open): (Vec<_>, Vec<_>) = self.incidents.values().partition(|incident| incident.is_over());
        GuestView {
            guest: key.to_string(),
            became: self.became().cloned(),
            also_known_as: self.linked.keys().map(EntityKey::to_string).collect(),
            companions: self.companions.keys().cloned().collect(),
            now,
            safe_time: safe,
            next_deadline: self.next_deadline(policy),
            profile: self.look_at_profile(),
            orders: self.orders.iter().map(|(id, order)| self.summary(id, order, policy)).collect(),
            complaints: self.look_at_complaints(),
            open_incidents: open.into_iter().map(|incident| incident.look(policy).only_open()).collect(),
            past_incidents: past.into_iter().map(Incident::look_back).collect(),
            habits: self.look_at_habits(now, policy),
            gestures: self.given.clone(),
            declined_items: self.declined.clone(),
            amends: self.look_at_amends(|_| true),
        }
    }

    pub(in crate::recovery) fn look_at_order(
        &self,
        key: &EntityKey,
        order_id: &str,
        moment: Moment<'_>,
    ) -> Option<OrderDetails> {
        let Moment { now, safe, policy } = moment;
        let order = self.orders.get(order_id)?;
        let view = self.view(order_id, policy);
        let findings = view.as_ref().map(|view| detection::detect(view, order.silence.into())).unwrap_or_default();
        let incident = self.incidents.get(&ids::incident_of_order(order_id));
        let amends = self.look_at_amends(|amends| amends.is_about(order_id));
        Some(OrderDetails {
            guest: key.to_string(),
            now,
            safe_time: safe,
            order: self.summary(order_id, order, policy),
            reasons: super::why::reasons(order, view.as_ref(), &findings, incident, &amends, moment),
            time_zone: view
                .as_ref()
                .and_then(|view| policy.site(view.site_id).time_zone.iana_name())
                .map(str::to_owned),
            amends,
            lines: view.map(|view| view.lines.to_vec()).unwrap_or_default(),
            silence_proven_until: order.silence.proven_until,
            silence_suspected_until: order.silence.suspected_until,
            findings: findings
                .into_iter()
                .map(|finding| FindingView { shortfall: finding.shortfall, news_at: finding.news_at })
                .collect(),
            incident: incident.map(|incident| incident.look(policy)),
            facts: self.look_at_facts(order_id, order),
        })
    }

    fn summary(&self, order_id: &str, order: &Order, policy: &Policy) -> OrderSummary {
        let view = OrderView::of(&order.facts, policy);
        let view = view.as_ref();
        let incident_id = ids::incident_of_order(order_id);
        let deadline = self.order_deadline(order_id, order, policy);
        let is_waiting = pending_silence(order, policy).is_some() || order.facts.quarantined_until().is_some();
        OrderSummary {
            order_id: order_id.to_owned(),
            site_id: view.map(|view| view.site_id.to_owned()),
            location: view.and_then(|view| view.location).map(str::to_owned),
            touchpoint: view.and_then(|view| view.placed.touchpoint.clone()),
            placed_at: view.map(|view| view.placed.time),
            promised_at: view.and_then(|view| view.promise),
            settled_at: view.and_then(|view| view.settled_at),
            cancelled_at: view.and_then(|view| view.cancelled).map(|(_, at)| at),
            judged_at: deadline.filter(|_| is_waiting),
            forgotten_at: deadline.filter(|_| !is_waiting),
            incident_id: self.incidents.contains_key(&incident_id).then_some(incident_id),
        }
    }

    fn look_at_profile(&self) -> Option<ProfileView> {
        let of_erasure = self.erased.map(|erased| ProfileView { since: erased.at, erased: true, declared: None });
        let profile = self.profile.as_ref().map(|profile| ProfileView {
            since: profile.time,
            erased: profile.declared.is_none(),
            declared: profile.declared.clone(),
        });
        profile.or(of_erasure)
    }

    /// All that was heard of an order, with the complaints that were found to be about it, by time.
    fn look_at_facts(&self, order_id: &str, order: &Order) -> Vec<FactView> {
        let is_bound = |id: &str| self.bound.get(id).is_some_and(|bound| bound == order_id);
        let bound = self.loose.all().filter(|(fact, _)| is_bound(fact.news.id()));
        let mut facts: Vec<_> = order.facts.all().chain(bound).collect();
        facts.sort_by_key(|(fact, _)| fact.news.time());
        facts.into_iter().map(|(fact, holds)| look_at_fact(&fact.source, &fact.news, holds)).collect()
    }

    fn look_at_complaints(&self) -> Vec<ComplaintSummary> {
        let complaints = self.loose_complaints().map(|complaint| ComplaintSummary {
            id: complaint.id.clone(),
            time: complaint.time,
            text: complaint.text.clone(),
            order_id: self.bound.get(&complaint.id).cloned(),
        });
        complaints.collect()
    }

    fn look_at_habits(&self, now: Timestamp, policy: &Policy) -> Vec<HabitView> {
        if !self.profiling() {
            return Vec::new();
        }
        let Some(site_id) = self.habits.last_site() else { return Vec::new() };
        let day = day_number(policy.site(site_id).service_day(now));
        let from = Viewpoint {
            policy,
            catalogue: &policy.catalogue,
            at: now,
            day,
            site_id,
            except_order: None,
            visit: None,
            given: &self.given,
        };
        let habits = self.habits.eligible(from).into_iter().map(|habit| HabitView {
            share: habit.share,
            item_id: habit.item_id,
            strength: habit.strength,
            recent_streak: habit.recent_streak,
            evidence: habit.evidence,
        });
        habits.collect()
    }
}

impl Incident {
    fn look(&self, policy: &Policy) -> IncidentView {
        let (state, suppressed_because) = match &self.gesture {
            GestureProgress::None => ("none", None),
            GestureProgress::Waiting => ("waiting", None),
            GestureProgress::Companions => ("companions", None),
            GestureProgress::FirstStep => ("first_step", None),
            GestureProgress::Requested { .. } => ("requested", None),
            GestureProgress::Held { .. } => ("held", None),
            GestureProgress::Proposed { .. } => ("proposed", None),
            GestureProgress::Refused(suppression) => ("suppressed", Some(suppression.name())),
        };
        let moves = self.ledger.moves().iter();
        let steps = moves.filter_map(|made| StepView::of(made, &self.actions, &self.follow_ups));
        IncidentView {
            incident: self.event.clone(),
            undecided: self.undecided_since.is_some(),
            rule: self.rule.clone(),
            gesture: GestureView { state: state.into(), suppressed_because: suppressed_because.map(Into::into) },
            acknowledged_at: self.acknowledged_at,
            actions: self.actions.clone(),
            follow_ups: self.follow_ups.clone(),
            steps: steps.collect(),
            steps_forgotten: self.ledger.forgotten(),
            next_deadline: self.next_deadline(policy),
        }
    }

    fn look_back(&self) -> PastIncident {
        PastIncident {
            id: self.event.id.clone(),
            order_id: self.event.order_id.clone(),
            status: self.event.status,
            occurred_at: self.event.occurred_at,
            score: self.event.score,
        }
    }
}

impl IncidentView {
    fn only_open(mut self) -> Self {
        self.actions.retain(|action| action.state.is_open());
        self.follow_ups.retain(|follow_up| follow_up.state.is_open());
        self
    }
}

fn look_at_fact(source: &str, news: &News, holds: bool) -> FactView {
    let (contract, event) = match news {
        News::Order(event) => (crate::events::Contract::Orders, EventView::Order(event.clone())),
        News::Delivery(event) => (crate::events::Contract::DeliveryDelays, EventView::Delivery(event.clone())),
        News::Complaint(event) => (crate::events::Contract::Complaints, EventView::Complaint(event.clone())),
    };
    FactView { contract: contract.name().into(), source: source.to_owned(), holds, event }
}
