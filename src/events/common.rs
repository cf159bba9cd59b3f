//! What several events share: failure kinds, severities, shortfalls.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an enum whose names in JSON, Avro and the policy are its variants in lower snake case.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name used on the wire and in the policy.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::events::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| {
                    $crate::events::UnknownName { found: text.to_owned(), known: Self::ALL.iter().map(|v| v.name()).collect() }
                })
            }
        }
    };
}
pub(crate) use names;

/// A word that is not one of the names of a closed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    pub found: String,
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown name {:?}, expected one of {}", self.found, self.known.join(", "))
    }
}

impl std::error::Error for UnknownName {}

names! {
    /// What went wrong, after Bitner, Booms & Tetreault (1990): the core service, a request, or an employee's action.
    FailureKind {
        DeliveryLate = "delivery_late",
        DeliveryPredictedLate = "delivery_predicted_late",
        DeliveryFailedAttempt = "delivery_failed_attempt",
        DeliveryLost = "delivery_lost",
        /// The promise passed and nothing was heard.
        NeverConfirmed = "never_confirmed",
        ItemMissing = "item_missing",
        /// An ingredient or an extra of a line is missing.
        ItemPartial = "item_partial",
        ItemWrong = "item_wrong",
        ItemDamaged = "item_damaged",
        QualityDefect = "quality_defect",
        SubstitutedUnwanted = "substituted_unwanted",
        OrderCancelledByCompany = "order_cancelled_by_company",
        StockoutAfterOrder = "stockout_after_order",
        BillingError = "billing_error",
        SlowService = "slow_service",
        ServiceUnavailable = "service_unavailable",
        RequestIgnored = "request_ignored",
        StaffConduct = "staff_conduct",
        /// Allergen, hygiene or injury: always a person.
        Safety = "safety",
        InformationFailure = "information_failure",
        /// The recovery itself failed (double deviation).
        RecoveryFailed = "recovery_failed",
        /// A complaint that nothing explains: for a person.
        Unclassified = "unclassified",
    }
}

names! {
    Severity {
        Trivial = "trivial",
        Minor = "minor",
        Moderate = "moderate",
        Major = "major",
        Critical = "critical",
    }
}

impl Severity {
    /// `steps` higher, at most critical.
    pub fn raised(self, steps: usize) -> Self {
        let index = (self as usize + steps).min(Self::ALL.len() - 1);
        Self::ALL[index]
    }
}

names! {
    Responsibility { Company = "company", Partner = "partner", External = "external", Customer = "customer", Unknown = "unknown" }
}

impl Responsibility {
    pub(crate) fn unknown() -> Self {
        Self::Unknown
    }
}

names! {
    /// Who noticed first.
    InitiatedBy { Company = "company", Customer = "customer" }
}

names! {
    /// What showed a shortfall.
    ShortfallSource { Silence = "silence", Reconciliation = "reconciliation", Report = "report", Complaint = "complaint" }
}

/// One concrete missing, wrong or late thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// Stable within the incident.
    pub id: String,
    pub kind: FailureKind,
    pub line_id: Option<String>,
    pub item_id: Option<String>,
    pub name: Option<String>,
    pub modifier_id: Option<String>,
    /// How many of the line's items.
    pub quantity: Option<i64>,
    pub parcel_id: Option<String>,
    /// How far past the promise, in seconds.
    pub late_by_seconds: Option<i64>,
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    pub source: ShortfallSource,
    /// Not proven: staff check first, nobody apologises yet.
    pub suspected: bool,
    pub responsibility: Responsibility,
}

/// The most that staff may give without asking, in minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    pub max_value_minor: i64,
    pub currency: String,
}
