//! What the contracts ask of an event beyond its types.
//!
//! Bounds keep sums of money and counts far from overflow; ids keep out the control characters that composed ids are
//! joined with.

use super::error::{DecodeError, DecodeErrorKind as Kind};
use crate::events::{
    CatalogueUpdate, ComplaintEvent, CustomerProfile, CustomerUpdate, DeliveryEvent, Event, OrderEvent, OrderEventType,
    OrderLine, OutcomeEvent,
};

/// In UTF-8.
const MAX_ID_BYTES: usize = 512;
/// A `reply_to` is two ids in base64.
const MAX_REPLY_TO_BYTES: usize = 1024;
const MAX_COUNT: i64 = 1_000_000;
/// A thousand million of the major unit of most currencies.
const MAX_MINOR: i64 = 100_000_000_000;

type Checked = Result<(), DecodeError>;

/// Checks one event.
pub(super) fn check(event: &Event) -> Checked {
    match event {
        Event::Order(order) => check_order(order),
        Event::Delivery(delivery) => check_delivery(delivery),
        Event::Complaint(complaint) => check_complaint(complaint),
        Event::Outcome(outcome) => check_outcome(outcome),
        Event::Customer(update) => check_customer(update),
        Event::Catalogue(update) => check_catalogue(update),
    }
}

/// Checks the first half of an event's identity.
pub(super) fn check_source(source: &str) -> Checked {
    id("the source", source)
}

fn check_order(order: &OrderEvent) -> Checked {
    identity(&order.id, &order.corrects, order.withdrawn)?;
    id("order_id", &order.order_id)?;
    optional_id("customer_id", &order.customer_id)?;
    optional_id("visit_id", &order.visit_id)?;
    for guest in order.guest_ids.iter().flatten() {
        id("guest_ids", guest)?;
    }
    optional_id("site_id", &order.site_id)?;
    optional_id("carrier", &order.carrier)?;
    optional_id("touchpoint", &order.touchpoint)?;
    if order.event_type == OrderEventType::Placed && order.site_id.is_none() && !order.withdrawn {
        return Err(invalid("site_id is missing, a placed order needs it"));
    }
    between("party_size", order.party_size, 1, MAX_COUNT)?;
    between("parcels", order.parcels, 1, MAX_COUNT)?;
    currency(&order.currency)?;
    for (index, line) in order.lines.iter().flatten().enumerate() {
        check_line(index, line)?;
    }
    Ok(())
}

fn check_line(index: usize, line: &OrderLine) -> Checked {
    let within = |field: &str| format!("lines[{index}].{field}");
    id(&within("item_id"), &line.item_id)?;
    optional_id(&within("line_id"), &line.line_id)?;
    optional_id(&within("replaces"), &line.replaces)?;
    between(&within("quantity"), Some(line.quantity), 0, MAX_COUNT)?;
    // A discount may be a line, or a modifier, of its own.
    between(&within("unit_price_minor"), line.unit_price_minor, -MAX_MINOR, MAX_MINOR)?;
    for (at, modifier) in line.modifiers.iter().flatten().enumerate() {
        id(&within(&format!("modifiers[{at}].id")), &modifier.id)?;
        between(&within(&format!("modifiers[{at}].price_minor")), modifier.price_minor, -MAX_MINOR, MAX_MINOR)?;
    }
    Ok(())
}

fn check_delivery(delivery: &DeliveryEvent) -> Checked {
    identity(&delivery.id, &delivery.corrects, delivery.withdrawn)?;
    id("order_id", &delivery.order_id)?;
    optional_id("customer_id", &delivery.customer_id)?;
    optional_id("visit_id", &delivery.visit_id)?;
    optional_id("site_id", &delivery.site_id)?;
    optional_id("parcel_id", &delivery.parcel_id)?;
    optional_id("carrier", &delivery.carrier)
}

fn check_complaint(complaint: &ComplaintEvent) -> Checked {
    identity(&complaint.id, &complaint.corrects, complaint.withdrawn)?;
    optional_id("customer_id", &complaint.customer_id)?;
    optional_id("visit_id", &complaint.visit_id)?;
    optional_id("order_id", &complaint.order_id)?;
    optional_id("site_id", &complaint.site_id)?;
    optional_id("item_id", &complaint.item_id)?;
    optional_id("recorded_by", &complaint.recorded_by)?;
    between("amount_minor", complaint.amount_minor, 0, MAX_MINOR)?;
    currency(&complaint.currency)?;
    between("inconvenience", complaint.inconvenience, 0, 4)?;
    let references = [&complaint.customer_id, &complaint.visit_id, &complaint.order_id, &complaint.site_id];
    let says_something = complaint.text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if references.iter().all(|reference| reference.is_none()) && !says_something && !complaint.withdrawn {
        return Err(invalid("a complaint needs customer_id, visit_id, order_id, site_id or text"));
    }
    Ok(())
}

fn check_outcome(outcome: &OutcomeEvent) -> Checked {
    identity(&outcome.id, &outcome.corrects, outcome.withdrawn)?;
    if let Some(reply_to) = &outcome.reply_to {
        text_id("reply_to", reply_to, MAX_REPLY_TO_BYTES)?;
    }
    optional_id("incident_id", &outcome.incident_id)?;
    optional_id("order_id", &outcome.order_id)?;
    optional_id("customer_id", &outcome.customer_id)?;
    optional_id("visit_id", &outcome.visit_id)?;
    optional_id("action_id", &outcome.action_id)?;
    optional_id("insight_id", &outcome.insight_id)?;
    optional_id("staff_id", &outcome.staff_id)?;
    optional_id("item_id", &outcome.item_id)?;
    between("value_minor", outcome.value_minor, 0, MAX_MINOR)?;
    currency(&outcome.currency)?;
    between("score", outcome.score, 0, 10)
}

fn check_customer(update: &CustomerUpdate) -> Checked {
    if let Err(error) = id("the record key", &update.customer_id) {
        return Err(DecodeError::new(Kind::InvalidKey, error.to_string()));
    }
    match &update.profile {
        Some(profile) => check_profile(profile, &update.customer_id),
        None => Ok(()),
    }
}

fn check_profile(profile: &CustomerProfile, key: &str) -> Checked {
    id("customer_id", &profile.customer_id)?;
    if profile.customer_id != key {
        return Err(DecodeError::new(Kind::InvalidKey, "the record key is not the customer_id"));
    }
    optional_id("merged_into", &profile.merged_into)?;
    let lists = [
        ("allergies", &profile.allergies),
        ("diets", &profile.diets),
        ("dislikes", &profile.dislikes),
        ("preferences", &profile.preferences),
    ];
    for (field, list) in lists {
        for entry in list {
            id(field, entry)?;
        }
    }
    Ok(())
}

fn check_catalogue(update: &CatalogueUpdate) -> Checked {
    id("item_id", &update.item_id)?;
    optional_id("site_id", &update.site_id)?;
    if update.site_id.as_ref().is_some_and(|site_id| site_id.contains('/')) {
        return Err(invalid("site_id has a '/', which parts site and item in the record key"));
    }
    let Some(item) = &update.item else { return Ok(()) };
    between("price_minor", Some(item.price_minor), 0, MAX_MINOR)?;
    between("cost_minor", item.cost_minor, 0, MAX_MINOR)?;
    currency(&Some(item.currency.clone()))?;
    for tag in &item.tags {
        id("tags", tag)?;
    }
    optional_id("same_as", &item.same_as)
}

fn identity(event_id: &str, corrects: &Option<String>, withdrawn: bool) -> Checked {
    id("id", event_id)?;
    optional_id("corrects", corrects)?;
    if withdrawn && corrects.is_none() {
        return Err(invalid("withdrawn without corrects: it must name the event that never happened"));
    }
    if corrects.as_deref() == Some(event_id) {
        return Err(invalid("corrects names the event's own id: a correction has a new one"));
    }
    Ok(())
}

fn optional_id(field: &str, value: &Option<String>) -> Checked {
    value.as_ref().map_or(Ok(()), |value| id(field, value))
}

fn id(field: &str, value: &str) -> Checked {
    text_id(field, value, MAX_ID_BYTES)
}

fn text_id(field: &str, value: &str, max_bytes: usize) -> Checked {
    if value.is_empty() {
        return Err(invalid(format!("{field} is empty")));
    }
    if value.len() > max_bytes {
        return Err(invalid(format!("{field} is longer than {max_bytes} bytes")));
    }
    if value.chars().any(char::is_control) {
        return Err(invalid(format!("{field} has a control character")));
    }
    Ok(())
}

fn between(field: &str, value: Option<i64>, least: i64, most: i64) -> Checked {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(invalid(format!("{field} is out of range, expected {least} to {most}")))
        }
        _ => Ok(()),
    }
}

fn currency(value: &Option<String>) -> Checked {
    match value {
        Some(code) if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Err(invalid("currency is not an ISO 4217 code, expected three capital letters, as DKK"))
        }
        _ => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> DecodeError {
    DecodeError::new(Kind::InvalidField, message)
}
