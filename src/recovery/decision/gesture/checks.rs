//! Why not: one reason for each idea that fails, the one that matters most; and what those that pass are worth.

use super::limits::Limits;
use super::safety::unsafe_for_the_party;
use super::{Idea, Worth, item_name, text_in};
use crate::events::{CatalogueItem, GestureKind};
use crate::policy::Service;
use crate::recovery::decision::Case;

type Checked<T> = Result<T, &'static str>;

pub(super) fn worth(case: &Case<'_>, idea: &Idea, limits: &Limits) -> Checked<Worth> {
    match (idea.kind, idea.id.as_deref()) {
        (_, Some(id)) if idea.is_service() => service(case, id, limits),
        (_, Some(id)) => item(case, id, limits),
        (GestureKind::LoyaltyPoints, None) => points(case, limits),
        (GestureKind::Credit, None) => credit(case, limits),
        (GestureKind::Donation, None) => donation(case, limits),
        (kind, None) => note(case, kind),
    }
}

fn item(case: &Case<'_>, id: &str, limits: &Limits) -> Checked<Worth> {
    let item = case.catalogue.item(case.site_id, id).ok_or("not_in_catalogue")?;
    is_safe_and_there(case, item)?;
    can_be_handed_over(case)?;
    is_not_too_much_of_it(case, id)?;
    if item.currency != case.currency {
        return Err("other_currency");
    }
    let quantity = case.party_size;
    let value_minor = item.price_minor.saturating_mul(quantity);
    limits.check(value_minor)?;
    Ok(Worth {
        name: item_name(item, &case.site.language),
        quantity,
        value_minor,
        cost_minor: item.cost_minor.unwrap_or(item.price_minor).saturating_mul(quantity),
    })
}

/// Something that is done for the whole party. Where the catalogue lists it too, it must be available there.
fn service(case: &Case<'_>, id: &str, limits: &Limits) -> Checked<Worth> {
    let service = case.policy.gestures.services.get(id).ok_or("not_in_policy")?;
    if let Some(item) = case.catalogue.item(case.site_id, id) {
        is_safe_and_there(case, item)?;
    }
    if !service.is_done_at(case.touchpoint_name) {
        return Err("not_at_this_touchpoint");
    }
    is_not_too_much_of_it(case, id)?;
    let value_minor = *service.value.get(case.currency).ok_or("other_currency")?;
    limits.check(value_minor)?;
    let cost_minor = service.cost.get(case.currency).copied().unwrap_or(value_minor);
    Ok(Worth { name: service_name(id, service, &case.site.language), quantity: 1, value_minor, cost_minor })
}

pub(super) fn service_name(id: &str, service: &Service, language: &str) -> String {
    text_in(&service.names, language).unwrap_or(id).to_owned()
}

fn is_safe_and_there(case: &Case<'_>, item: &CatalogueItem) -> Checked<()> {
    if let Some(reason) = unsafe_for_the_party(case, item) {
        return Err(reason);
    }
    match (item.giftable, item.available) {
        (false, _) => Err("not_giftable"),
        (true, false) => Err("not_available"),
        (true, true) => Ok(()),
    }
}

/// There is a person who can bring it while the guest is still there.
fn can_be_handed_over(case: &Case<'_>) -> Checked<()> {
    let leaves_at = case.order.and_then(|order| order.visit_ends_at);
    if !case.touchpoint.hands_over || leaves_at.is_some_and(|leaves_at| leaves_at <= case.now) {
        return Err("cannot_be_handed_over");
    }
    let opens_at = case.site.hours.next_open(&case.site.time_zone, case.now);
    if leaves_at.is_some_and(|leaves_at| leaves_at <= opens_at) { Err("closed_until_they_leave") } else { Ok(()) }
}

/// Not what just failed, not what is being served, not what was turned down or given lately; under any of its names.
fn is_not_too_much_of_it(case: &Case<'_>, id: &str) -> Checked<()> {
    let one = case.catalogue.kin(case.site_id, id);
    let is_same = |other: &str| case.catalogue.kin(case.site_id, other) == one;
    if case.shortfalls.iter().any(|shortfall| shortfall.item_id.as_deref().is_some_and(is_same)) {
        return Err("just_failed");
    }
    if case.order.is_some_and(|order| order.lines.iter().any(|line| is_same(&line.item_id))) {
        return Err("in_the_order");
    }
    if case.declined.iter().any(|(item, until)| *until > case.now && is_same(item)) {
        return Err("turned_down");
    }
    let repeat_after = case.policy.gestures.repeat_after;
    let was_given = case
        .given
        .iter()
        .any(|given| case.now - given.at < repeat_after && given.item_id.as_deref().is_some_and(is_same));
    if was_given { Err("given_recently") } else { Ok(()) }
}

fn points(case: &Case<'_>, limits: &Limits) -> Checked<Worth> {
    if case.profile.is_none() {
        return Err("no_account"); // nobody that is known: there is nothing to put them on
    }
    let points = case.policy.gestures.points.as_ref().ok_or("no_points_in_policy")?;
    let value_minor = *points.value.get(case.currency).ok_or("no_points_for_currency")?;
    limits.check(value_minor)?;
    let name = GestureKind::LoyaltyPoints.name().to_owned();
    Ok(Worth { name, quantity: i64::from(points.points), value_minor, cost_minor: value_minor })
}

/// Something off the next order, at most what the limits allow.
fn credit(case: &Case<'_>, limits: &Limits) -> Checked<Worth> {
    let listed = *case.policy.gestures.credit.get(case.currency).ok_or("no_credit_for_currency")?;
    let value_minor = limits.at_most(listed)?;
    Ok(Worth { name: GestureKind::Credit.name().to_owned(), quantity: 1, value_minor, cost_minor: value_minor })
}

/// Money for a good cause, at most what the limits allow.
fn donation(case: &Case<'_>, limits: &Limits) -> Checked<Worth> {
    let donation = case.policy.gestures.donation.as_ref().ok_or("no_donation_in_policy")?;
    let listed = *donation.amount.get(case.currency).ok_or("no_donation_for_currency")?;
    let value_minor = limits.at_most(listed)?;
    let name = text_in(&donation.causes, &case.site.language).unwrap_or_else(|| GestureKind::Donation.name());
    Ok(Worth { name: name.to_owned(), quantity: 1, value_minor, cost_minor: value_minor })
}

fn note(case: &Case<'_>, kind: GestureKind) -> Checked<Worth> {
    can_be_handed_over(case)?;
    Ok(Worth { name: kind.name().to_owned(), quantity: 1, value_minor: 0, cost_minor: 0 })
}
