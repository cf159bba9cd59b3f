//! `[[event]]`: one kind of event that records become.

use serde_json::Value;

use super::Reader;
use crate::codec::mapping::EventRule;
use crate::codec::mapping::rule::{FieldRule, Fields, Rule, Source, Unlisted};
use crate::codec::shape::fields_of;
use crate::document::{Field, Section};
use crate::events::Contract;

/// Fields that tell records apart: a constant would make them all one.
const DISTINCT: [&str; 4] = ["id", "order_id", "customer_id", "visit_id"];
const COMPLAINT_REFERENCES: [&str; 5] = ["customer_id", "visit_id", "order_id", "site_id", "text"];

impl<'a> Reader<'a> {
    pub(super) fn events(&self, root: &Section<'a>, depth: usize) -> Vec<EventRule> {
        let mut events: Vec<EventRule> = Vec::new();
        for section in root.sections("event") {
            let Some(event) = self.event(&section, depth) else { continue };
            if events.iter().any(|other| other.name == event.name) {
                section.problem(format!(
                    "two events are called {:?}: dead letters name them, so give each its own",
                    event.name
                ));
            }
            section.finish();
            events.push(event);
        }
        if !root.has("event") {
            root.problem("there is no [[event]]: nothing would become of any record");
        }
        events
    }

    /// What becomes of a record that no event takes must be said, unless every record is taken.
    pub(super) fn unmatched(&self, root: &Section<'a>, events: &[EventRule]) -> bool {
        let words = [("ignore", true), ("dead_letter", false)];
        match root.get("unmatched") {
            Some(field) => field.one_of("way to treat unmatched records", &words).unwrap_or_default(),
            None => {
                let takes_all = events.iter().any(|event| event.when.is_always() && event.each.is_none());
                if !takes_all && !events.is_empty() {
                    root.problem(
                        "missing \"unmatched\": say what becomes of a record that no event takes, \"ignore\" or \
                         \"dead_letter\"",
                    );
                }
                false
            }
        }
    }

    fn event(&self, section: &Section<'a>, outer: usize) -> Option<EventRule> {
        let name = section.need("name").and_then(|field| field.text());
        let contract = section.need("contract").and_then(|field| {
            let names: Vec<(&str, Contract)> =
                Contract::ALL.iter().map(|contract| (contract.name(), *contract)).collect();
            field.one_of("contract", &names)
        });
        let each = section.get("each").and_then(|field| self.path(&field, outer));
        let depth = outer + usize::from(each.is_some());
        let when = self.condition(section, "when", depth);
        let erase = section.has("erase").then(|| self.condition(section, "erase", depth));
        let fields = section.need("fields").and_then(|field| field.section());
        let (name, contract, fields_section) = (name?, contract?, fields?);
        if erase.is_some() && !contract.is_compacted() {
            section
                .problem(format!("`erase` is for customers and catalogue; {} have nothing to erase", contract.name()));
        }
        let shapes = fields_of(contract);
        let entries = fields_section.entries();
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key).collect();
        let fields = self.fields(&entries, &shapes, (contract.name(), &[]), depth);
        self.check_required(&fields_section, &keys, &shapes, contract.name());
        self.check_meaning(&entries, &fields, &fields_section, contract);
        Some(EventRule { name, contract, when, each, erase, fields })
    }

    /// What the contract asks for beyond its types, as far as the mapping alone shows it.
    fn check_meaning(&self, entries: &[Field<'a>], fields: &Fields, section: &Section<'a>, contract: Contract) {
        for (name, rule) in fields.iter().filter(|(name, _)| DISTINCT.contains(&name.as_str())) {
            let Some(field) = entries.iter().find(|entry| entry.key == name) else { continue };
            if let FieldRule::Value(Rule { source: Source::Constant(value), .. }) = rule {
                let text = value.as_str().unwrap_or_default();
                field.problem(format!(
                    "{name} is the same for every record: nothing would tell them apart; the field of a record is written \
                     \"$.{text}\""
                ));
            }
        }
        let has = |name: &str| entries.iter().any(|entry| entry.key == name);
        if contract == Contract::Orders && can_be(fields, "type", "placed") && !has("site_id") {
            section.problem("a placed order needs site_id, and nothing fills it");
        }
        if contract == Contract::Complaints && !COMPLAINT_REFERENCES.iter().any(|name| has(name)) {
            section.problem(format!("a complaint needs one of {}", COMPLAINT_REFERENCES.join(", ")));
        }
    }
}

/// Whether the mapping itself gives `field` this value.
fn can_be(fields: &[(String, FieldRule)], field: &str, value: &str) -> bool {
    let Some((_, FieldRule::Value(rule))) = fields.iter().find(|(name, _)| name == field) else { return false };
    let is_it = |found: &Value| found == value;
    let in_table = rule.table.as_ref().is_some_and(|table| {
        table.entries.values().any(is_it) || matches!(&table.unlisted, Unlisted::Otherwise(found) if is_it(found))
    });
    in_table
        || rule.default.as_ref().is_some_and(is_it)
        || matches!(&rule.source, Source::Constant(found) if is_it(found))
}
