//! What the duty manager's board shows: outputs folded by incident, and what guests said.

use std::collections::{BTreeMap, BTreeSet};

use crate::events::{
    ActionState, ComplaintForm, Event, FollowUp, FollowUpType, IncidentEvent, Input, Millis, OrderEventType, Output,
    Payload, RecoveryAction, Timestamp,
};

/// What somebody said, or what our own people noted.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub(super) time: Timestamp,
    pub(super) text: String,
    pub(super) form: ComplaintForm,
}

/// An action as it was told first and as it stands now.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) first: Box<RecoveryAction>,
    pub(super) latest: Box<RecoveryAction>,
}

/// One incident.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) noticed_at: Timestamp,
    pub(super) incident: Box<IncidentEvent>,
    pub(super) actions: Vec<Told>,
    pub(super) follow_up: Option<Box<FollowUp>>,
    pub(super) asked_at: Option<Timestamp>,
    pub(super) remarks: Vec<Remark>,
}

#[derive(Debug, Default)]
pub(super) struct Board {
    /// In order of their first news.
    cards: Vec<Card>,
    /// Actions that came before their incident, by incident.
    early: BTreeMap<String, Vec<Told>>,
    /// When each order was placed.
    orders: BTreeMap<String, Timestamp>,
    /// By order.
    remarks: BTreeMap<String, Vec<Remark>>,
    /// Actions and follow-ups that wait for somebody.
    open: BTreeSet<String>,
}

impl Board {
    pub(super) fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// Orders from the morning of the first incident on; those before it are only there for the habits.
    pub(super) fn orders_of_the_day(&self) -> usize {
        let Some(first) = self.cards.first() else { return 0 };
        let morning = first.noticed_at - Millis::hours(6);
        self.orders.values().filter(|placed_at| **placed_at >= morning).count()
    }

    pub(super) fn is_open(&self, id: &str) -> bool {
        self.open.contains(id)
    }

    pub(super) fn see_input(&mut self, input: &Input) {
        match &input.event {
            Event::Order(order) if order.event_type == OrderEventType::Placed => {
                self.orders.insert(order.order_id.clone(), order.time);
            }
            Event::Complaint(complaint) => {
                let Some(order_id) = &complaint.order_id else { return };
                let remark = Remark {
                    time: complaint.time,
                    text: complaint.text.clone().unwrap_or_default(),
                    form: complaint.form,
                };
                match self.cards.iter_mut().find(|card| card.incident.order_id.as_ref() == Some(order_id)) {
                    Some(card) => card.remarks.push(remark),
                    None => self.remarks.entry(order_id.clone()).or_default().push(remark),
                }
            }
            _ => {}
        }
    }

    pub(super) fn see_output(&mut self, output: &Output) {
        match &output.payload {
            Payload::Incident(incident) => self.see_incident(incident),
            Payload::Action(action) => {
                self.track(&action.id, action.state);
                self.see_action(action);
            }
            Payload::FollowUp(follow_up) => {
                self.track(&follow_up.id, follow_up.state);
                if let Some(card) = self.card(&follow_up.incident_id) {
                    if follow_up.follow_up_type == FollowUpType::Due {
                        card.asked_at = Some(follow_up.time);
                    }
                    card.follow_up = Some(follow_up.clone());
                }
            }
            Payload::Insight(_) => {}
        }
    }

    fn track(&mut self, id: &str, state: ActionState) {
        if state.is_open() {
            self.open.insert(id.to_owned());
        } else {
            self.open.remove(id);
        }
    }

    fn see_incident(&mut self, incident: &IncidentEvent) {
        if let Some(card) = self.card(&incident.id) {
            *card.incident = incident.clone();
            return;
        }
        let remarks = incident.order_id.as_ref().and_then(|order_id| self.remarks.remove(order_id));
        self.cards.push(Card {
            noticed_at: incident.time,
            actions: self.early.remove(&incident.id).unwrap_or_default(),
            incident: Box::new(incident.clone()),
            follow_up: None,
            asked_at: None,
            remarks: remarks.unwrap_or_default(),
        });
    }

    fn see_action(&mut self, action: &RecoveryAction) {
        let told = match self.card(&action.incident_id) {
            Some(card) => &mut card.actions,
            None => self.early.entry(action.incident_id.clone()).or_default(),
        };
        match told.iter_mut().find(|told| told.latest.id == action.id) {
            Some(told) => *told.latest = action.clone(),
            None => told.push(Told { first: Box::new(action.clone()), latest: Box::new(action.clone()) }),
        }
    }

    fn card(&mut self, incident_id: &str) -> Option<&mut Card> {
        self.cards.iter_mut().find(|card| card.incident.id == incident_id)
    }
}
