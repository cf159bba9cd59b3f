//! The parcels of an order: how many there are, which have come and when.
//!
//! Parcels are told apart by their ids. Where nobody says how many there are, there are as many as carriers have named.
//! `delivered` without an id means all of them. Of an order with one parcel every report is about that one.

use crate::events::{DeliveryEvent, DeliveryEventType, Shortfall, Timestamp};

#[derive(Debug, Default)]
pub struct Parcels<'a> {
    /// At least 1.
    pub total: usize,
    /// In the order in which carriers first named them; none of an order with one parcel.
    named: Vec<&'a str>,
    /// When each came first.
    delivered: Vec<(&'a str, Timestamp)>,
    all_at: Option<Timestamp>,
}

impl<'a> Parcels<'a> {
    /// `stated` is how many the order says; `reports` are in the order of time.
    pub fn of(stated: Option<i64>, reports: &[&'a DeliveryEvent]) -> Self {
        let mut named: Vec<&str> = Vec::new();
        for id in reports.iter().filter_map(|report| report.parcel_id.as_deref()) {
            if !named.contains(&id) {
                named.push(id);
            }
        }
        let stated = stated.and_then(|stated| usize::try_from(stated).ok());
        let mut parcels = Self { total: stated.unwrap_or(named.len()).max(1), named, ..Self::default() };
        if parcels.total == 1 {
            parcels.named.clear();
        }
        for report in reports.iter().filter(|report| report.event_type == DeliveryEventType::Delivered) {
            match parcels.name(report) {
                None => {
                    parcels.all_at.get_or_insert(report.time);
                }
                Some(id) if parcels.delivered.iter().all(|(other, _)| *other != id) => {
                    parcels.delivered.push((id, report.time));
                }
                Some(_) => {}
            }
        }
        parcels
    }

    /// The parcel that a report is about; `None`: all of them.
    pub fn name(&self, report: &DeliveryEvent) -> Option<&'a str> {
        let id = report.parcel_id.as_deref()?;
        self.named.iter().copied().find(|named| *named == id)
    }

    pub fn named(&self) -> &[&'a str] {
        &self.named
    }

    /// When a parcel came; `None` asks for all of them.
    pub fn arrival(&self, id: Option<&str>) -> Option<Timestamp> {
        let own = match id {
            Some(id) => self.delivered.iter().find(|(other, _)| *other == id).map(|(_, at)| *at),
            None if self.delivered.len() >= self.total => self.delivered.get(self.total - 1).map(|(_, at)| *at),
            None => None,
        };
        [own, self.all_at].into_iter().flatten().min()
    }

    /// How many have come.
    pub fn arrived(&self) -> usize {
        if self.all_at.is_some() { self.total } else { self.delivered.len().min(self.total) }
    }

    /// When the last of those that have come came.
    pub fn last_arrival(&self) -> Option<Timestamp> {
        self.arrival(None).or_else(|| self.delivered.last().map(|(_, at)| *at))
    }

    /// How many parcels a shortfall is about, or `None` when it is about something else or about all of them.
    pub fn count(&self, shortfall: &Shortfall) -> Option<i64> {
        let is_of_parcels =
            shortfall.item_id.is_none() && (shortfall.parcel_id.is_some() || shortfall.quantity.is_some());
        (self.total > 1 && is_of_parcels).then(|| shortfall.quantity.unwrap_or(1).max(1))
    }

    /// The part of the order that [`Parcels::count`] parcels are: which lines they hold is unknown.
    pub fn share(&self, shortfall: &Shortfall) -> Option<f64> {
        self.count(shortfall).map(|count| (count as f64 / self.total as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(kind: &str, parcel: Option<&str>, minute: u32) -> DeliveryEvent {
        let time = format!("2026-06-03T12:{minute:02}:00Z");
        let event =
            json!({"id": format!("{kind}{minute}"), "time": time, "type": kind, "order_id": "o", "parcel_id": parcel});
        serde_json::from_value(event).unwrap()
    }

    fn at(minute: u32) -> Option<Timestamp> {
        Some(Timestamp::parse(&format!("2026-06-03T12:{minute:02}:00Z")).unwrap())
    }

    #[test]
    fn a_second_scan_of_a_parcel_is_not_a_second_parcel() {
        let reports = [report("delivered", Some("P1"), 1), report("delivered", Some("P1"), 2)];
        let reports: Vec<&DeliveryEvent> = reports.iter().collect();
        let parcels = Parcels::of(Some(2), &reports);
        assert_eq!((parcels.arrived(), parcels.arrival(None), parcels.arrival(Some("P1"))), (1, None, at(1)));
        assert_eq!((parcels.last_arrival(), parcels.arrival(Some("P2"))), (at(1), None));
    }

    #[test]
    fn without_an_id_all_have_come() {
        let reports = [report("delivered", Some("P1"), 1), report("delivered", None, 5)];
        let reports: Vec<&DeliveryEvent> = reports.iter().collect();
        let parcels = Parcels::of(Some(3), &reports);
        assert_eq!((parcels.arrived(), parcels.arrival(None), parcels.arrival(Some("P1"))), (3, at(5), at(1)));
    }

    #[test]
    fn there_are_as_many_as_were_named_where_nobody_says_how_many() {
        let reports = [report("eta_changed", Some("P2"), 1), report("delivered", Some("P1"), 2)];
        let reports: Vec<&DeliveryEvent> = reports.iter().collect();
        let unstated = Parcels::of(None, &reports);
        assert_eq!((unstated.total, unstated.arrival(None), unstated.named()), (2, None, &["P2", "P1"][..]));
        // the shop knows better: a label was replaced
        let stated = Parcels::of(Some(1), &reports);
        assert_eq!((stated.total, stated.arrival(None)), (1, at(2)));
    }
}
