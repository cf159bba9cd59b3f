//! `ComplaintEvent`: what a customer said, or what our own people saw.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{FailureKind, Timestamp};

names! {
    ComplaintForm {
        /// Said in passing; triggers recovery all the same.
        Remark = "remark",
        /// A formal claim.
        Claim = "claim",
        /// Our own people or systems noticed it: company-initiated.
        Observed = "observed",
    }
}

/// Never refused for what it lacks: at least one reference or a text is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComplaintEvent {
    pub id: String,
    pub time: Timestamp,
    #[serde(default)]
    pub corrects: Option<String>,
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(default = "remark")]
    pub form: ComplaintForm,
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub visit_id: Option<String>,
    #[serde(default)]
    pub order_id: Option<String>,
    #[serde(default)]
    pub site_id: Option<String>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub failure: Option<FailureKind>,
    #[serde(default)]
    pub item_id: Option<String>,
    #[serde(default)]
    pub amount_minor: Option<i64>,
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub recorded_by: Option<String>,
    /// Who recorded it has said sorry: that is the acknowledgement.
    #[serde(default)]
    pub apologised: Option<bool>,
    /// Stated by the customer, 0-4.
    #[serde(default)]
    pub inconvenience: Option<i64>,
}

fn remark() -> ComplaintForm {
    ComplaintForm::Remark
}
