//! The difference of two policies for a manager to read: what changes for each guest, then what it adds up to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Change, Changed, Difference};
use crate::events::money;

impl Difference {
    /// Only what it adds up to, without the incidents one by one.
    pub fn totals(&self) -> String {
        let mut text = String::new();
        // writing to a string cannot fail
        let _ = self.write_totals(&mut text);
        text
    }

    fn write_totals(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (old, new) = (&self.old, &self.new);
        let changed = self.changed.len();
        writeln!(f, "{changed} of {} incidents decided otherwise, {} events", self.incidents, old.events)?;
        let mut by_what: BTreeMap<&str, usize> = BTreeMap::new();
        for change in self.changed.iter().flat_map(|changed| &changed.changes) {
            *by_what.entry(change.what).or_default() += 1;
        }
        if !by_what.is_empty() {
            let parts: Vec<String> = by_what.iter().map(|(what, count)| format!("{} {count}", label(what))).collect();
            writeln!(f, "what changes: {}", parts.join(", "))?;
        }
        writeln!(f)?;
        row(f, "policy", &old.policy_version, &new.policy_version)?;
        row(f, "incidents", old.incidents.total, new.incidents.total)?;
        let kinds: BTreeSet<&str> = old.actions.keys().chain(new.actions.keys()).copied().collect();
        for kind in kinds {
            let count = |actions: &BTreeMap<&str, u64>| actions.get(kind).copied().unwrap_or(0);
            row(f, kind, count(&old.actions), count(&new.actions))?;
        }
        row(f, "follow_up", old.follow_ups.scheduled, new.follow_ups.scheduled)?;
        row(f, "insight", old.insights, new.insights)?;
        row(f, "gestures by habit", old.gestures.personalised, new.gestures.personalised)?;
        amounts(f, "gestures offered", &old.gestures.offered_minor, &new.gestures.offered_minor)?;
        amounts(f, "gestures given", &old.gestures.given_minor, &new.gestures.given_minor)?;
        if old.dead_letters + new.dead_letters > 0 {
            row(f, "dead letters", old.dead_letters, new.dead_letters)?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for changed in &self.changed {
            writeln!(f, "{}", heading(changed))?;
            for change in &changed.changes {
                write_change(f, change)?;
            }
            writeln!(f)?;
        }
        self.write_totals(f)
    }
}

fn heading(changed: &Changed) -> String {
    let about = &changed.about;
    let subject = match &about.order_id {
        Some(order_id) => format!("order {order_id}"),
        None => format!("incident {}", about.incident_id),
    };
    format!("{subject}, {}: {}", changed.local_time, about.shortfalls.join(", "))
}

fn label(what: &str) -> String {
    what.replace('_', "-")
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    let label = label(change.what);
    if change.old.len() <= 1 && change.new.len() <= 1 && change.old.len() + change.new.len() == 2 {
        return writeln!(f, "  {label:<10} {} -> {}", change.old[0], change.new[0]);
    }
    for old in &change.old {
        writeln!(f, "  {label:<10} - {old}")?;
    }
    for new in &change.new {
        writeln!(f, "  {label:<10} + {new}")?;
    }
    Ok(())
}

fn row(f: &mut dyn fmt::Write, name: &str, old: impl fmt::Display, new: impl fmt::Display) -> fmt::Result {
    let (old, new) = (old.to_string(), new.to_string());
    let mark = if old == new { "" } else { " *" };
    writeln!(f, "{name:<20} {old:>14} {new:>14}{mark}")
}

fn amounts(
    f: &mut dyn fmt::Write,
    name: &str,
    old: &BTreeMap<String, i64>,
    new: &BTreeMap<String, i64>,
) -> fmt::Result {
    let currencies: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for currency in currencies {
        let amount = |side: &BTreeMap<String, i64>| money::format(side.get(currency).copied().unwrap_or(0), currency);
        row(f, name, amount(old), amount(new))?;
    }
    Ok(())
}
