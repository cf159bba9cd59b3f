//! Ids that anyone can recompute: UUIDv5 over the parts joined by U+001F.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::Cause;

static NAMESPACE: LazyLock<Uuid> = LazyLock::new(|| Uuid::new_v5(&Uuid::nil(), b"service-recovery"));

const SEPARATOR: &str = "\u{1f}";

/// UUIDv5 of the parts joined by U+001F, in the service's namespace.
pub fn id(parts: &[&str]) -> String {
    Uuid::new_v5(&NAMESPACE, parts.join(SEPARATOR).as_bytes()).to_string()
}

/// The incident of an order.
pub fn incident_of_order(order_id: &str) -> String {
    id(&["order", order_id])
}

/// The incident of a visit on one site-local day (as 2026-11-23), where no order is known.
pub fn incident_of_visit(visit_id: &str, day: &str) -> String {
    id(&["visit", visit_id, day])
}

/// The incident of a complaint that nothing else explains.
pub fn incident_of_complaint(complaint_id: &str) -> String {
    id(&["complaint", complaint_id])
}

/// An action or a follow-up: its incident, its kind and its ordinal among that kind, from 1.
pub fn action(incident_id: &str, kind: &str, ordinal: u32) -> String {
    id(&[incident_id, kind, &ordinal.to_string()])
}

/// A root cause that a site or a carrier reports for the `ordinal`-th time; what its cause leaves open is empty.
pub fn insight(owner_key: &str, cause: &Cause, ordinal: u32) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let reason = cause.reason.map_or("", |reason| reason.name());
    let (item, modifier) = (part(&cause.item_id), part(&cause.modifier_id));
    id(&["insight", owner_key, cause.failure.name(), &item, &modifier, reason, &ordinal.to_string()])
}

/// A short fingerprint, the same on every machine and in every release.
pub fn digest(bytes: &[u8]) -> u64 {
    Uuid::new_v5(&NAMESPACE, bytes).as_u64_pair().0
}

/// The address of an answer: which guest and which action, or which site or carrier and which insight. Opaque to staff
/// apps.
pub fn reply_to(key: &str, id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{key}{SEPARATOR}{id}"))
}

/// Reads `reply_to` back as (key, id).
pub fn parse_reply_to(text: &str) -> Option<(String, String)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let (key, id) = std::str::from_utf8(&bytes).ok()?.split_once(SEPARATOR)?;
    Some((key.to_owned(), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_anyone_computes() {
        // python3: u=uuid; ns=u.uuid5(u.UUID(int=0),"service-recovery"); u.uuid5(ns,"order\x1fA-1")
        assert_eq!(incident_of_order("A-1"), "19a92a42-bb10-54c2-8c57-cbfe9aec2f1a");
    }

    #[test]
    fn reply_to_reads_back() {
        let text = reply_to("c:42", "a-b");
        assert_eq!(parse_reply_to(&text), Some(("c:42".into(), "a-b".into())));
        assert_eq!(parse_reply_to("!!"), None);
        assert_eq!(parse_reply_to("AAAA"), None);
    }
}
