//! What the incidents show: how recoveries ended, what was given, who found the failure, and who came back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::events::{Band, IncidentEvent, IncidentStatus, InitiatedBy, Millis, OrderEvent, OrderEventType, Timestamp};

/// Incidents and orders as they were recorded.
#[derive(Debug, Default)]
pub struct Observed {
    /// The newest revision, by id.
    incidents: BTreeMap<String, IncidentEvent>,
    /// When each customer ordered.
    orders: BTreeMap<String, BTreeSet<Timestamp>>,
    last_at: Option<Timestamp>,
}

/// Who ordered again within the window after the moment that is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Returning {
    pub customers: usize,
    pub came_back: usize,
}

/// Customers after a recovery that they rated, beside those whom nothing happened to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Loyalty {
    pub very_satisfied: Returning,
    pub other_recovered: Returning,
    pub nothing_happened: Returning,
}

impl Observed {
    pub fn incident(&mut self, incident: IncidentEvent) {
        let known = self.incidents.get(&incident.id);
        if known.is_none_or(|known| known.revision < incident.revision) {
            self.incidents.insert(incident.id.clone(), incident);
        }
    }

    pub fn order(&mut self, order: &OrderEvent) {
        self.last_at = self.last_at.max(Some(order.time));
        if let (OrderEventType::Placed, Some(customer_id)) = (order.event_type, &order.customer_id) {
            self.orders.entry(customer_id.clone()).or_default().insert(order.time);
        }
    }

    /// Failures that somebody was told about.
    fn real(&self) -> impl Iterator<Item = &IncidentEvent> {
        let is_real = |status| !matches!(status, IncidentStatus::Retracted | IncidentStatus::Merged);
        self.incidents.values().filter(move |incident| !incident.history && is_real(incident.status))
    }

    pub fn count(&self) -> usize {
        self.real().count()
    }

    pub fn found_by_the_company(&self) -> usize {
        self.real().filter(|incident| incident.initiated_by == InitiatedBy::Company).count()
    }

    pub fn with_band(&self, band: Band) -> usize {
        self.real().filter(|incident| incident.band == Some(band)).count()
    }

    /// What was given, in minor units by currency.
    pub fn spent(&self) -> BTreeMap<String, i64> {
        let mut spent = BTreeMap::new();
        for incident in self.real() {
            if let Some(currency) = incident.currency.as_ref().filter(|_| incident.given_minor > 0) {
                *spent.entry(currency.clone()).or_default() += incident.given_minor;
            }
        }
        spent
    }

    /// Who ordered again within the window. Only moments after which the recording goes on for all of it count; the
    /// moment of a customer whom nothing happened to is the first order.
    pub fn loyalty(&self, window: Millis) -> Loyalty {
        let mut loyalty = Loyalty::default();
        let mut failed = BTreeSet::new();
        for incident in self.incidents.values() {
            let Some(customer_id) = &incident.customer_id else { continue };
            failed.insert(customer_id);
        }
        for incident in self.real() {
            let (Some(customer_id), Some(band)) = (&incident.customer_id, incident.band) else { continue };
            let group = match band {
                Band::VerySatisfied => &mut loyalty.very_satisfied,
                Band::Satisfied => &mut loyalty.other_recovered,
                Band::Unsatisfied | Band::NoAnswer => continue,
            };
            self.compare(customer_id, incident.occurred_at, window, group);
        }
        for (customer_id, orders) in self.orders.iter().filter(|(customer_id, _)| !failed.contains(customer_id)) {
            if let Some(first) = orders.first() {
                self.compare(customer_id, *first, window, &mut loyalty.nothing_happened);
            }
        }
        loyalty
    }

    fn compare(&self, customer_id: &str, from: Timestamp, window: Millis, group: &mut Returning) {
        let Some(last_at) = self.last_at.filter(|last_at| *last_at >= from + window) else { return };
        debug_assert!(last_at >= from);
        let is_again = |at: &Timestamp| *at > from && *at <= from + window;
        group.customers += 1;
        group.came_back += usize::from(self.orders.get(customer_id).is_some_and(|orders| orders.iter().any(is_again)));
    }
}
