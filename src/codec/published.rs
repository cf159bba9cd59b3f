//! The published schemas, by contract: what a schema registry is asked about.

use crate::events::{Contract, OutputContract};

use super::schemas::EMBEDDED;

/// Of every published schema.
const NAMESPACE: &str = "service_recovery";

/// A published schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The unqualified name of the record.
    pub record: &'static str,
    /// The schema as it was published.
    pub text: &'static str,
}

impl Published {
    /// The record's name with its namespace.
    pub fn full_name(&self) -> String {
        format!("{NAMESPACE}.{}", self.record)
    }
}

/// What an input topic holds.
pub fn published(contract: Contract) -> Published {
    by_record(match contract {
        Contract::Orders => "OrderEvent",
        Contract::DeliveryDelays => "DeliveryEvent",
        Contract::Complaints => "ComplaintEvent",
        Contract::Customers => "CustomerProfile",
        Contract::RecoveryOutcomes => "OutcomeEvent",
        Contract::Catalogue => "CatalogueItem",
    })
}

/// What an output topic holds.
pub fn published_output(contract: OutputContract) -> Published {
    by_record(match contract {
        OutputContract::Actions => "RecoveryAction",
        OutputContract::FollowUps => "FollowUp",
        OutputContract::Incidents => "IncidentEvent",
        OutputContract::Insights => "Insight",
    })
}

fn by_record(name: &'static str) -> Published {
    let found = EMBEDDED.iter().find(|(record, _)| *record == name);
    let (record, text) = found.expect("invariant: every contract has an embedded schema");
    Published { record, text }
}

#[cfg(test)]
mod tests {
    use apache_avro::Schema;

    use super::*;

    #[test]
    fn every_contract_has_a_schema_of_its_full_name() {
        let inputs = Contract::ALL.map(published);
        let outputs = OutputContract::ALL.map(published_output);
        for published in inputs.into_iter().chain(outputs) {
            let schema = Schema::parse_str(published.text).unwrap();
            assert_eq!(schema.name().unwrap().to_string(), published.full_name());
        }
    }
}
