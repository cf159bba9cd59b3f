//! What was ordered against what was received: lines, ingredients and extras.
//!
//! Fulfilments add up. A line that none names is missing at once when one says `completes`, else when the promise has
//! passed in silence. Lines of one item without `line_id` are pooled, and modifiers compared as multisets.

use std::collections::BTreeMap;

use super::view::is_same_line;
use super::{Finding, OrderView, Silence, shortfall};
use crate::events::{
    FailureKind, Modifier, ModifierKind, OrderLine, Responsibility, Shortfall, ShortfallSource, Timestamp,
};
use crate::policy::Tracking;

pub fn detect(view: &OrderView<'_>, silence: Silence, findings: &mut Vec<Finding>) {
    for (line, quantity, at) in &view.stockouts {
        let mut gone = of_line(line, FailureKind::StockoutAfterOrder, "stockout");
        gone.quantity = Some(*quantity);
        gone.source = ShortfallSource::Report;
        gone.responsibility = Responsibility::Company;
        findings.push(Finding { shortfall: gone, news_at: *at });
    }
    let Some(completion) = completion(view, silence) else { return };
    if view.cancelled.is_some_and(|(_, at)| at <= completion.at) {
        return; // nothing more was owed
    }
    if view.fulfilments.iter().any(|event| event.lines.is_none()) {
        return; // everything as ordered
    }
    let mut pools = pools(view.lines);
    let mut unordered = 0_i64;
    for received in view.fulfilments.iter().flat_map(|event| event.lines.iter().flatten()) {
        if !receive(&mut pools, received) {
            unordered += received.quantity;
        }
    }
    for pool in &pools {
        pool.report(&mut unordered, completion, findings);
    }
}

/// When all that will come has come, and who says so.
#[derive(Debug, Clone, Copy)]
struct Completion {
    at: Timestamp,
    source: ShortfallSource,
    suspected: bool,
}

/// The last word is `completes`, or silence after the promise, where silence means anything.
fn completion(view: &OrderView<'_>, silence: Silence) -> Option<Completion> {
    if let Some(last) = view.fulfilments.iter().find(|event| event.completes == Some(true)) {
        return Some(Completion { at: last.time, source: ShortfallSource::Reconciliation, suspected: false });
    }
    view.fulfilments.first()?;
    let at = view.promise_deadline()?;
    let suspected = match view.touchpoint.tracking {
        Tracking::None => return None,
        Tracking::Unreliable => true,
        Tracking::Reliable => false,
    };
    let is_proven = silence.proven_until.is_some_and(|until| until >= at);
    is_proven.then_some(Completion { at, source: ShortfallSource::Silence, suspected })
}

/// One line, or all lines of one item that have no `line_id`.
struct Pool<'a> {
    line: &'a OrderLine,
    /// Each ordered unit with its modifiers.
    units: Vec<&'a [Modifier]>,
    received: i64,
    /// By modifier id, over all received units.
    modifiers: BTreeMap<&'a str, i64>,
    /// Delivered instead of it, and not agreed.
    substituted: i64,
}

fn pools(lines: &[OrderLine]) -> Vec<Pool<'_>> {
    let mut pools: Vec<Pool<'_>> = Vec::new();
    for line in lines {
        let units = units(line);
        match pools.iter_mut().find(|pool| line.line_id.is_none() && is_pooled_with(pool.line, line)) {
            Some(pool) => pool.units.extend(units),
            None => pools.push(Pool { line, units, received: 0, modifiers: BTreeMap::new(), substituted: 0 }),
        }
    }
    pools
}

fn is_pooled_with(one: &OrderLine, other: &OrderLine) -> bool {
    one.line_id.is_none() && other.line_id.is_none() && one.item_id == other.item_id
}

/// More units of a line than this are compared as this many: no order of a guest is larger.
const MAX_UNITS: i64 = 10_000;

fn units(line: &OrderLine) -> Vec<&[Modifier]> {
    let modifiers = line.modifiers.as_deref().unwrap_or_default();
    (0..line.quantity.clamp(0, MAX_UNITS)).map(|_| modifiers).collect()
}

/// Books a received line to its pool; false when nothing like it was ordered.
fn receive<'a>(pools: &mut [Pool<'a>], received: &'a OrderLine) -> bool {
    if let Some(replaced) = received.replaces.as_deref() {
        let pool = pools.iter_mut().find(|pool| pool.line.line_id.as_deref() == Some(replaced));
        let Some(pool) = pool else { return false };
        if received.agreed == Some(true) {
            pool.receive_as_ordered(received.quantity);
        } else {
            pool.substituted += received.quantity;
        }
        return true;
    }
    let mut left = received.quantity;
    let mut is_known = false;
    for pool in pools.iter_mut().filter(|pool| is_same_line(pool.line, received)) {
        is_known = true;
        let open = pool.units.len() as i64 - pool.received;
        let share = left.min(open).max(0);
        pool.receive(received, share);
        left -= share;
        if left <= 0 {
            break;
        }
    }
    is_known
}

impl<'a> Pool<'a> {
    fn receive(&mut self, line: &'a OrderLine, quantity: i64) {
        match line.modifiers.as_deref() {
            None => self.receive_as_ordered(quantity),
            Some(modifiers) => {
                self.received += quantity;
                // quantity 0 brings modifiers only, each once
                let times = if line.quantity == 0 { 1 } else { quantity };
                for modifier in modifiers.iter().filter(|modifier| modifier.kind != ModifierKind::Remove) {
                    *self.modifiers.entry(&modifier.id).or_default() += times;
                }
            }
        }
    }

    fn receive_as_ordered(&mut self, quantity: i64) {
        let first = usize::try_from(self.received).unwrap_or(0).min(self.units.len());
        let last = (first + usize::try_from(quantity).unwrap_or(0)).min(self.units.len());
        for modifier in self.units[first..last].iter().flat_map(|modifiers| modifiers.iter()) {
            if modifier.kind != ModifierKind::Remove {
                *self.modifiers.entry(&modifier.id).or_default() += 1;
            }
        }
        self.received += quantity;
    }

    fn report(&self, unordered: &mut i64, completion: Completion, findings: &mut Vec<Finding>) {
        let mut push = |mut shortfall: Shortfall| {
            shortfall.source = completion.source;
            shortfall.suspected = completion.suspected;
            findings.push(Finding { shortfall, news_at: completion.at });
        };
        let mut missing = self.units.len() as i64 - self.received;
        if missing > 0 && self.substituted > 0 {
            let quantity = missing.min(self.substituted);
            push(self.lacking(FailureKind::SubstitutedUnwanted, "substituted", quantity));
            missing -= quantity;
        }
        if missing > 0 && *unordered > 0 {
            let quantity = missing.min(*unordered);
            push(self.lacking(FailureKind::ItemWrong, "wrong", quantity));
            *unordered -= quantity;
            missing -= quantity;
        }
        if missing > 0 {
            push(self.lacking(FailureKind::ItemMissing, "missing", missing));
        }
        self.report_modifiers(push);
    }

    fn lacking(&self, kind: FailureKind, word: &str, quantity: i64) -> Shortfall {
        let mut shortfall = of_line(self.line, kind, word);
        shortfall.quantity = Some(quantity);
        shortfall
    }

    /// Ingredients and extras of the units that came; what was to be left out and came is a request ignored.
    fn report_modifiers(&self, mut push: impl FnMut(Shortfall)) {
        let came = usize::try_from(self.received).unwrap_or(0).min(self.units.len());
        let mut expected: BTreeMap<&str, (&Modifier, i64)> = BTreeMap::new();
        for modifier in self.units[..came].iter().flat_map(|modifiers| modifiers.iter()) {
            expected.entry(&modifier.id).or_insert((modifier, 0)).1 += 1;
        }
        // in the order of the menu, not of the ids
        let mut reported: Vec<&str> = Vec::new();
        for modifier in self.units[..came].iter().flat_map(|modifiers| modifiers.iter()) {
            let id = modifier.id.as_str();
            if reported.contains(&id) {
                continue;
            }
            reported.push(id);
            let received = self.modifiers.get(id).copied().unwrap_or(0);
            let ordered = expected.get(id).map_or(0, |(_, count)| *count);
            let (kind, quantity) = match modifier.kind {
                ModifierKind::Remove => (FailureKind::RequestIgnored, received),
                ModifierKind::Add | ModifierKind::Ingredient => (FailureKind::ItemPartial, ordered - received),
            };
            if quantity > 0 {
                let mut shortfall = of_line(self.line, kind, "modifier");
                shortfall.id = format!("{}:{id}", shortfall.id);
                shortfall.name = modifier.name.clone().or_else(|| Some(id.to_owned()));
                shortfall.modifier_id = Some(id.to_owned());
                shortfall.quantity = Some(quantity);
                push(shortfall);
            }
        }
    }
}

fn of_line(line: &OrderLine, kind: FailureKind, word: &str) -> Shortfall {
    let place = line.line_id.as_deref().unwrap_or(&line.item_id);
    let mut shortfall = shortfall(format!("{word}:{place}"), kind, ShortfallSource::Reconciliation);
    shortfall.line_id = line.line_id.clone();
    shortfall.item_id = Some(line.item_id.clone());
    shortfall.name = line.name.clone();
    shortfall
}
