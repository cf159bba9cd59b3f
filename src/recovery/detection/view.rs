//! An order as its facts tell it now.

use super::parcels::Parcels;
use crate::events::{
    ComplaintEvent, DeliveryEvent, Millis, OrderEvent, OrderEventType, OrderLine, Party, Severity, Timestamp,
};
use crate::policy::{Keywords, Policy, Touchpoint};
use crate::recovery::guest::{Facts, News};

/// Derived from the facts; never stored.
#[derive(Debug)]
pub struct OrderView<'a> {
    pub order_id: &'a str,
    /// The first statement of the order: who, where, when.
    pub placed: &'a OrderEvent,
    pub site_id: &'a str,
    pub location: Option<&'a str>,
    pub touchpoint: &'a Touchpoint,
    /// What makes lateness worse, ascending.
    pub lateness: &'a [(Millis, Severity)],
    pub keywords: &'a Keywords,
    /// Of the site.
    pub language: &'a str,
    pub currency: &'a str,
    pub party_size: i64,
    pub visit_ends_at: Option<Timestamp>,
    /// The latest time promised: only the customer moves it later (R14).
    pub promise: Option<Timestamp>,
    /// All that is ordered now.
    pub lines: &'a [OrderLine],
    /// Lines that the company took out of the order and did not put back, with how many and when.
    pub stockouts: Vec<(&'a OrderLine, i64, Timestamp)>,
    /// What the company said, against the promise, when it would come: for when, and when it said so.
    pub postponements: Vec<(Timestamp, Timestamp)>,
    pub cancelled: Option<(Party, Timestamp)>,
    pub fulfilments: Vec<&'a OrderEvent>,
    pub reports: Vec<&'a DeliveryEvent>,
    pub parcels: Parcels<'a>,
    pub complaints: Vec<&'a ComplaintEvent>,
    /// The first of `fulfilled` or `delivered`.
    pub settled_at: Option<Timestamp>,
}

impl<'a> OrderView<'a> {
    /// The order, or `None` while nobody has said that it was placed.
    pub fn of(facts: &'a Facts, policy: &'a Policy) -> Option<Self> {
        let placed = facts.effective().find_map(|news| match news {
            News::Order(event) if event.event_type == OrderEventType::Placed => Some(event),
            _ => None,
        })?;
        let site_id = placed.site_id.as_deref().unwrap_or_default();
        let touchpoint = policy.touchpoint(placed.touchpoint.as_deref());
        let mut view = Self {
            order_id: &placed.order_id,
            placed,
            site_id,
            location: placed.location.as_deref(),
            touchpoint,
            lateness: &policy.severity.lateness,
            keywords: &policy.keywords,
            language: &policy.site(site_id).language,
            currency: placed.currency.as_deref().unwrap_or(&policy.site(site_id).currency),
            party_size: placed.party_size.unwrap_or(1).max(1),
            visit_ends_at: placed.visit_ends_at,
            promise: placed.promised_at.or_else(|| touchpoint.expected.map(|expected| placed.time + expected)),
            lines: placed.lines.as_deref().unwrap_or_default(),
            stockouts: Vec::new(),
            postponements: Vec::new(),
            cancelled: None,
            fulfilments: Vec::new(),
            reports: Vec::new(),
            parcels: Parcels::default(),
            complaints: Vec::new(),
            settled_at: None,
        };
        let mut parcels = placed.parcels;
        for news in facts.effective() {
            match news {
                News::Order(event) => {
                    parcels = event.parcels.or(parcels);
                    view.add_order_event(event);
                }
                News::Delivery(event) => view.reports.push(event),
                News::Complaint(event) => view.complaints.push(event),
            }
        }
        view.parcels = Parcels::of(parcels, &view.reports);
        view.settled_at = view.settlement();
        Some(view)
    }

    fn add_order_event(&mut self, event: &'a OrderEvent) {
        match event.event_type {
            OrderEventType::Placed => {
                if !std::ptr::eq(event, self.placed) {
                    self.change(event);
                }
            }
            OrderEventType::Changed => self.change(event),
            OrderEventType::Cancelled => {
                let by = event.cancelled_by.unwrap_or(Party::Unknown);
                self.cancelled.get_or_insert((by, event.time));
            }
            OrderEventType::Fulfilled => self.fulfilments.push(event),
        }
    }

    fn change(&mut self, event: &'a OrderEvent) {
        let by_customer = event.changed_by == Some(Party::Customer);
        if let Some(promised) = event.promised_at {
            if event.changed_by == Some(Party::Company) {
                self.postponements.push((promised, event.time));
            }
            self.promise = match self.promise {
                Some(promise) if !by_customer => Some(promise.min(promised)),
                _ => Some(promised),
            };
        }
        if let Some(lines) = event.lines.as_deref() {
            self.put_back(lines);
            if event.changed_by == Some(Party::Company) {
                self.take_out(lines, event.time);
            }
            self.lines = lines;
        }
        self.location = event.location.as_deref().or(self.location);
        self.party_size = event.party_size.unwrap_or(self.party_size).max(1);
        self.visit_ends_at = event.visit_ends_at.or(self.visit_ends_at);
    }

    /// What of the lines that are ordered now is more than before was found again.
    fn put_back(&mut self, lines: &[OrderLine]) {
        for (line, missing, _) in &mut self.stockouts {
            let more = ordered_quantity(lines, line) - ordered_quantity(self.lines, line);
            *missing -= more.max(0);
        }
        self.stockouts.retain(|(_, missing, _)| *missing > 0);
    }

    fn take_out(&mut self, lines: &[OrderLine], at: Timestamp) {
        let mut counted: Vec<&OrderLine> = Vec::new();
        for line in self.lines {
            // lines of one item without an id of their own are one
            if counted.iter().any(|other| is_same_line(other, line)) {
                continue;
            }
            counted.push(line);
            let removed = ordered_quantity(self.lines, line) - ordered_quantity(lines, line);
            if removed <= 0 {
                continue;
            }
            match self.stockouts.iter_mut().find(|(other, ..)| is_same_line(other, line)) {
                Some((_, missing, last)) => (*missing, *last) = (*missing + removed, at),
                None => self.stockouts.push((line, removed, at)),
            }
        }
    }

    /// Parcels count when every one of them was delivered.
    fn settlement(&self) -> Option<Timestamp> {
        let fulfilled = self.fulfilments.iter().map(|event| event.time).min();
        [fulfilled, self.parcels.arrival(None)].into_iter().flatten().min()
    }

    /// When the wait gets worse while nothing comes: the first band of lateness that ends after this moment.
    pub fn next_band(&self, after: Timestamp) -> Option<Timestamp> {
        let promise = self.promise?;
        self.lateness.iter().map(|(up_to, _)| promise + *up_to).find(|end| *end > after)
    }

    /// The last band of lateness that had ended by this moment: how long it was, and when it ended.
    pub fn band_passed(&self, by: Timestamp) -> Option<(Millis, Timestamp)> {
        let promise = self.promise?;
        self.lateness.iter().rev().map(|(up_to, _)| (*up_to, promise + *up_to)).find(|(_, end)| *end <= by)
    }

    /// When silence about the promise begins to mean something.
    pub fn promise_deadline(&self) -> Option<Timestamp> {
        self.promise.map(|promise| promise + self.touchpoint.grace)
    }

    /// Who brings it: as the order says, else whoever reported last.
    pub fn carrier(&self) -> Option<&'a str> {
        let reported = self.reports.iter().rev().find_map(|report| report.carrier.as_deref());
        self.placed.carrier.as_deref().or(reported).filter(|carrier| !carrier.is_empty())
    }

    /// The name of an item as it was ordered.
    pub fn item_name(&self, item_id: &str) -> Option<&'a str> {
        self.lines.iter().find(|line| line.item_id == item_id).and_then(|line| line.name.as_deref())
    }

    /// The whole price of the order, in minor units, where every line has one.
    pub fn value_minor(&self) -> Option<i64> {
        let mut sum = 0_i64;
        for line in self.lines {
            sum = sum.saturating_add(line_value_minor(line)?);
        }
        (!self.lines.is_empty()).then_some(sum)
    }
}

/// The price of a line with its extras, in minor units.
pub fn line_value_minor(line: &OrderLine) -> Option<i64> {
    Some(unit_value_minor(line)?.saturating_mul(line.quantity))
}

/// The price of one unit of a line with its extras, in minor units.
pub fn unit_value_minor(line: &OrderLine) -> Option<i64> {
    let mut each = line.unit_price_minor?;
    for modifier in line.modifiers.iter().flatten() {
        each = each.saturating_add(modifier.price_minor.unwrap_or(0));
    }
    Some(each)
}

/// Lines are the same by their id, else by their item.
pub fn is_same_line(one: &OrderLine, other: &OrderLine) -> bool {
    match (&one.line_id, &other.line_id) {
        (Some(one), Some(other)) => one == other,
        _ => one.item_id == other.item_id,
    }
}

fn ordered_quantity(lines: &[OrderLine], line: &OrderLine) -> i64 {
    lines.iter().filter(|other| is_same_line(other, line)).map(|other| other.quantity).sum()
}
