//! The business case: seen on one side, estimated on the other.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Assumptions, AssumptionsError, Loyalty, Observed};
use crate::events::{Band, Millis, money};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub incidents: usize,
    pub found_by_the_company: usize,
    pub very_satisfied: usize,
    pub satisfied: usize,
    pub unsatisfied: usize,
    pub no_answer: usize,
    /// In minor units, by currency.
    pub spent: BTreeMap<String, i64>,
    pub loyalty: Loyalty,
    pub estimates: Vec<Estimate>,
}

/// A number that rests on somebody's claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    pub what: String,
    pub low: f64,
    pub high: f64,
    /// `None`: a count.
    pub currency: Option<String>,
    pub assumption: String,
    pub source: String,
}

impl Report {
    /// # Errors
    /// The sector has no numbers of its own.
    pub fn new(
        observed: &Observed,
        assumptions: &Assumptions,
        sector: Option<&str>,
        window: Millis,
    ) -> Result<Self, AssumptionsError> {
        let mut report = Self {
            incidents: observed.count(),
            found_by_the_company: observed.found_by_the_company(),
            very_satisfied: observed.with_band(Band::VerySatisfied),
            satisfied: observed.with_band(Band::Satisfied),
            unsatisfied: observed.with_band(Band::Unsatisfied),
            no_answer: observed.with_band(Band::NoAnswer),
            spent: observed.spent(),
            loyalty: observed.loyalty(window),
            estimates: Vec::new(),
        };
        if let Some(sector) = sector {
            let numbers = assumptions.sector(sector)?;
            let lift = numbers.very_satisfied - numbers.satisfied;
            let percent = lift / numbers.satisfied * 100.0;
            let assumption = format!(
                "{sector}: {} recommendations of a satisfied customer, {} of a very satisfied one (+{percent:.0} %)",
                numbers.satisfied, numbers.very_satisfied
            );
            let lifted = report.very_satisfied as f64 * lift;
            report.estimate(
                "recommendations more than from merely satisfied customers",
                lifted,
                assumption,
                &numbers.source,
            );
        }
        report.estimate_loss(assumptions);
        Ok(report)
    }

    /// What a dissatisfied customer would have cost, for those who ended satisfied.
    fn estimate_loss(&mut self, assumptions: &Assumptions) {
        let content = (self.very_satisfied + self.satisfied) as f64;
        let switch = &assumptions.switch_probability;
        let kept = content * switch.value;
        self.estimate("customers who would have left", kept, format!("{} leave", switch.value), &switch.source);
        let tell = &assumptions.tell_probability;
        let told = &assumptions.told;
        self.estimates.push(Estimate {
            what: "people who would have heard of it".to_owned(),
            low: content * tell.value * told.low,
            high: content * tell.value * told.high,
            currency: None,
            assumption: format!("{} tell {} to {} others", tell.value, told.low, told.high),
            source: format!("{}; {}", tell.source, told.source),
        });
        let multiple = &assumptions.replacement_cost_multiple;
        for (currency, spent) in self.spent.clone() {
            let each = spent as f64 / (self.incidents.max(1)) as f64;
            self.estimates.push(Estimate {
                what: "to replace those who would have left".to_owned(),
                low: kept * each * multiple.value,
                high: kept * each * multiple.value,
                currency: Some(currency),
                assumption: format!("{} times what keeping a customer took here", multiple.value),
                source: multiple.source.clone(),
            });
        }
        if let Some(more) = &assumptions.willing_to_pay_more {
            let share = self.very_satisfied as f64 * more.value;
            self.estimate(
                "customers' worth of extra willingness to pay",
                share,
                format!("{} more", more.value),
                &more.source,
            );
        }
    }

    fn estimate(&mut self, what: &str, value: f64, assumption: String, source: &str) {
        let source = source.to_owned();
        self.estimates.push(Estimate {
            what: what.to_owned(),
            low: value,
            high: value,
            currency: None,
            assumption,
            source,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Seen")?;
        writeln!(
            f,
            "  {} failures, {} of them found before the customer said anything",
            self.incidents, self.found_by_the_company
        )?;
        writeln!(
            f,
            "  afterwards {} very satisfied (9-10), {} satisfied (7-8), {} not (0-6), {} did not answer",
            self.very_satisfied, self.satisfied, self.unsatisfied, self.no_answer
        )?;
        for (currency, spent) in &self.spent {
            writeln!(f, "  given: {}", money::format(*spent, currency))?;
        }
        let groups = [
            ("very satisfied after a recovery", self.loyalty.very_satisfied),
            ("satisfied after a recovery", self.loyalty.other_recovered),
            ("whom nothing had happened to", self.loyalty.nothing_happened),
        ];
        for (who, group) in groups.into_iter().filter(|(_, group)| group.customers > 0) {
            let share = group.came_back as f64 / group.customers as f64 * 100.0;
            writeln!(f, "  ordered again, {who}: {} of {} ({share:.0} %)", group.came_back, group.customers)?;
        }
        writeln!(f, "\nEstimated, by claims of others")?;
        for estimate in &self.estimates {
            let number = |value: f64| match &estimate.currency {
                Some(currency) => money::format(value.round() as i64, currency),
                None => format!("{value:.1}"),
            };
            let range = match estimate.low == estimate.high {
                true => number(estimate.low),
                false => format!("{} to {}", number(estimate.low), number(estimate.high)),
            };
            writeln!(f, "  {range} {}\n      if {}\n      ({})", estimate.what, estimate.assumption, estimate.source)?;
        }
        Ok(())
    }
}
