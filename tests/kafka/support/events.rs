//! Events as a till, a kitchen, a carrier or a waiter would send them: JSON values to be filled in further by a test.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use service_recovery::events::Timestamp;

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// RFC 3339, from milliseconds.
pub fn time(millis: i64) -> String {
    Timestamp::from_millis(millis).unwrap().to_string()
}

/// An order of one salad at site `pool`, placed at `at` and promised for `promised_at`, by nobody known.
pub fn placed(order: &str, at: i64, promised_at: i64) -> Value {
    json!({
        "id": format!("{order}-placed"), "time": time(at), "type": "placed", "order_id": order, "site_id": "pool",
        "promised_at": time(promised_at), "currency": "DKK",
        "lines": [{"line_id": "1", "item_id": "salad", "name": "Salad", "quantity": 1, "unit_price_minor": 14_500}],
    })
}

/// Everything as ordered.
pub fn fulfilled(order: &str, at: i64) -> Value {
    json!({"id": format!("{order}-fulfilled"), "time": time(at), "type": "fulfilled", "order_id": order})
}

pub fn remark(id: &str, at: i64, text: &str) -> Value {
    json!({"id": id, "time": time(at), "form": "remark", "text": text})
}

/// Adds or replaces fields: `with(placed(..), json!({"customer_id": "c1"}))`.
pub fn with(mut event: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    event.as_object_mut().unwrap().extend(fields);
    event
}
