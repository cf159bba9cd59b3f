//! A guest of whom every field says something that nobody may find where it does not belong. `canary` is of a person and
//! is forgotten with them; `parrot` is of a thing: it may be remembered, and is in no log or metric either.

use serde_json::{Value, json};
use service_recovery::events::Contract;

pub const CUSTOMER: &str = "canary-customer";
pub const COMPANION: &str = "canary-companion";
pub const ORDER: &str = "canary-order";
/// Whatever is in the story.
pub const BIRDS: [&str; 2] = ["canary", "parrot"];

/// What came, in the order in which it came: the topic, its key, and the event.
pub type Told = (Contract, Option<&'static str>, Value);

/// What a text tells that it should not, with some of what stands around it.
pub fn birds_in(text: &[u8], birds: &[&str]) -> Vec<String> {
    let text = String::from_utf8_lossy(text).to_lowercase();
    let sight = |(at, bird): (usize, &str)| {
        let start = text.floor_char_boundary(at.saturating_sub(120));
        let end = text.ceil_char_boundary((at + bird.len() + 60).min(text.len()));
        text[start..end].to_owned()
    };
    birds.iter().flat_map(|bird| text.match_indices(bird)).map(sight).collect()
}

/// `at` tells when it was that many minutes ago.
pub fn story(at: impl Fn(i64) -> String) -> Vec<Told> {
    use Contract::{Complaints, Customers, DeliveryDelays, Orders, RecoveryOutcomes};
    let profile = |id: &str| {
        json!({"customer_id": id, "name": "Canary Holm", "language": "da", "allergies": ["canary-allergy"],
            "diets": ["canary-diet"], "dislikes": ["canary-dislike"], "preferences": ["canary-preference"]})
    };
    let order = |id: &str, ago: i64, who: Value| {
        let lines = json!([{"line_id": "1", "item_id": "parrot-salad", "name": "parrot salad", "quantity": 2,
            "unit_price_minor": 14_500, "modifiers": [{"id": "parrot-cheese", "name": "parrot cheese", "kind": "ingredient"}]}]);
        with(
            json!({"id": format!("{id}-placed"), "time": at(ago), "type": "placed", "order_id": id,
                "site_id": "strandhotellet", "touchpoint": "pool_bar", "location": "canary sunbed", "currency": "DKK",
                "promised_at": at(ago - 15), "party_size": 2, "lines": lines}),
            who,
        )
    };
    let said = |id: &str, ago: i64, fields: Value| {
        let said = json!({"id": id, "time": at(ago), "form": "remark", "text": "canary soup", "channel": "staff",
            "language": "da", "recorded_by": "canary-waiter"});
        with(said, fields)
    };
    let bare = json!([{"line_id": "1", "item_id": "parrot-salad", "quantity": 2, "modifiers": []}]);
    vec![
        (Customers, Some(CUSTOMER), profile(CUSTOMER)),
        (Customers, Some(COMPANION), profile(COMPANION)),
        (Orders, Some(CUSTOMER), order("canary-yesterday", 1_500, json!({"customer_id": CUSTOMER}))),
        (Orders, None, order("canary-stay", 50, json!({"visit_id": "canary-visit"}))),
        (
            Orders,
            Some(CUSTOMER),
            order(
                ORDER,
                40,
                json!({"customer_id": CUSTOMER, "visit_id": "canary-visit", "guest_ids": [COMPANION], "carrier": "parrot"}),
            ),
        ),
        (
            Orders,
            Some(COMPANION),
            order("canary-other", 38, json!({"customer_id": COMPANION, "guest_ids": [CUSTOMER]})),
        ),
        (
            DeliveryDelays,
            None,
            json!({"id": "canary-delay", "time": at(30), "type": "delay_reported", "order_id": ORDER, "eta": at(10),
                "reason": "address", "reason_text": "canary street 7, code 1234", "parcel_id": "canary-parcel",
                "carrier": "parrot"}),
        ),
        (
            Orders,
            Some(CUSTOMER),
            json!({"id": "canary-fulfilled", "time": at(20), "type": "fulfilled", "order_id": ORDER,
                "customer_id": CUSTOMER, "completes": true, "lines": bare}),
        ),
        (Complaints, None, said("canary-said-1", 15, json!({"order_id": ORDER, "customer_id": CUSTOMER}))),
        (Complaints, None, said("canary-said-2", 14, json!({"order_id": "canary-nowhere", "customer_id": CUSTOMER}))),
        (
            Complaints,
            None,
            said("canary-said-3", 13, json!({"customer_id": CUSTOMER, "form": "claim", "item_id": "parrot-salad"})),
        ),
        (
            Complaints,
            None,
            said("canary-said-4", 12, json!({"site_id": "strandhotellet", "location": "canary sunbed"})),
        ),
        (
            RecoveryOutcomes,
            None,
            json!({"id": "canary-outcome", "time": at(10), "order_id": ORDER, "status": "done", "kind": "gesture",
                "item_id": "parrot-juice", "value_minor": 4_500, "currency": "DKK", "staff_id": "canary-waiter",
                "reason": "canary reason", "comment": "canary comment"}),
        ),
    ]
}

/// What staff answer to an action of hers.
pub fn answer(reply_to: &str, action_id: &str, at: &str) -> Value {
    json!({"id": format!("canary-answer-{action_id}"), "time": at, "reply_to": reply_to,
        "action_id": action_id, "status": "declined", "declined_by": "staff", "staff_id": "canary-waiter",
        "reason": "canary reason", "comment": "canary comment"})
}

/// Records that nobody can use, of each topic: values that do not fit, and events that go nowhere.
pub fn unusable(at: &str) -> Vec<(Contract, &'static [u8], Vec<u8>)> {
    use Contract::{Complaints, Customers, DeliveryDelays, Orders, RecoveryOutcomes};
    let key = CUSTOMER.as_bytes();
    let outcome = |fields: Value| with(json!({"id": "canary", "time": at, "status": "done"}), fields);
    let order = |fields: Value| {
        with(json!({"id": "canary", "time": at, "type": "placed", "order_id": "canary", "site_id": "canary"}), fields)
    };
    let json: Vec<(Contract, &'static [u8], Value)> = vec![
        (RecoveryOutcomes, key, outcome(json!({}))),
        (RecoveryOutcomes, key, outcome(json!({"reply_to": "canary"}))),
        (RecoveryOutcomes, key, outcome(json!({"customer_id": CUSTOMER, "status": "canary"}))),
        (RecoveryOutcomes, key, outcome(json!({"customer_id": CUSTOMER, "score": "canary"}))),
        (RecoveryOutcomes, key, outcome(json!({"customer_id": CUSTOMER, "staff_id": {"canary": "canary"}}))),
        (Orders, key, order(json!({"promised_at": "canary at noon"}))),
        (Orders, key, order(json!({"lines": [{"item_id": "canary\u{1}"}]}))),
        (Orders, key, order(json!({"lines": {"canary": ["canary"]}}))),
        (Orders, key, order(json!({"currency": "canary", "customer_id": "canary".repeat(100)}))),
        (DeliveryDelays, key, json!({"id": "canary", "time": at, "type": "canary", "order_id": "canary"})),
        (Complaints, key, json!({"id": "canary", "time": at, "form": "claim", "text": ["canary"]})),
        (Complaints, key, json!({"id": "canary", "time": "canary", "form": "claim", "text": "canary"})),
        (Complaints, key, json!({"canary": "canary"})),
        (Customers, key, json!({"customer_id": "canary-somebody-else", "name": "canary"})),
        (Customers, key, json!({"customer_id": CUSTOMER, "allergies": "canary"})),
        (Customers, b"canary \xff", json!({"customer_id": CUSTOMER})),
        (Customers, b"", json!({"customer_id": CUSTOMER})),
    ];
    let mut all: Vec<_> =
        json.into_iter().map(|(contract, key, value)| (contract, key, value.to_string().into_bytes())).collect();
    all.extend([
        (Complaints, key, b"canary".to_vec()),
        (Complaints, key, b"{\"id\": \"canary\", \"canary".to_vec()),
        (Complaints, key, b"{\"id\": \"canary\", \"text\": \"canary \xff\"}".to_vec()),
        (Complaints, key, b"[\"canary\"]".to_vec()),
        (Complaints, key, b"\xc3\x01canary-canary-canary".to_vec()),
        (Complaints, key, b"\x00\x00\x00\x00\x07canary".to_vec()),
    ]);
    all
}

pub fn with(mut event: Value, fields: Value) -> Value {
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}
