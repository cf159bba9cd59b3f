//! Which entity an input goes to first, and which task an entity lives in.
//!
//! Rules in order, the first match decides: the guest it names, whom its `reply_to` names, a new order's own guest, the
//! index of its order, the place it comes from, a complaint's own guest. An input that matches none is a dead letter.

use thiserror::Error;

use super::murmur2::murmur2;
use crate::events::{Contract, Event, Input, OrderEventType, ids};
use crate::policy::Policy;
use crate::recovery::{EntityKey, EntityKind, Envelope, Message};

/// The task of `partitions` that owns an entity: as Kafka's Java clients choose the partition of the bare id.
pub fn task_of(key: &EntityKey, partitions: u32) -> u32 {
    key.fixed_task().unwrap_or_else(|| murmur2(key.id().as_bytes()) & 0x7fff_ffff) % partitions
}

/// Where an input goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub to: EntityKey,
    /// The input names its guest, so a topic that is keyed by guest brings it to the right task without the mailbox.
    pub direct: bool,
}

impl Route {
    /// The message that brings the input there.
    pub fn carry(self, input: Input) -> Envelope {
        Envelope { to: self.to, hops: 1, message: Message::Input(Box::new(input)) }
    }
}

/// Why an input goes nowhere. Is logged, so it repeats nothing of the event, not even its id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unroutable {
    #[error("the {contract} event names nobody: give it customer_id, visit_id, order_id or reply_to")]
    NoReference { contract: &'static str },
    #[error("the {contract} event has an unreadable reply_to: copy it unchanged from the action, or give order_id")]
    ReplyTo { contract: &'static str },
}

/// The first entity of an input. A correction or a withdrawal goes where its original went.
pub fn route(input: &Input, policy: &Policy) -> Result<Route, Unroutable> {
    if let Some(to) = addressee(input)? {
        return Ok(Route { to, direct: true });
    }
    let names = References::of(&input.event);
    if let Some(order_id) = names.order_id {
        return Ok(Route { to: EntityKey::order_index(order_id), direct: false });
    }
    let Event::Complaint(complaint) = &input.event else {
        return Err(unroutable(input.contract(), names.reply_to.is_some()));
    };
    let (site_id, location) = (given(complaint.site_id.as_deref()), given(complaint.location.as_deref()));
    let to = match (site_id, location) {
        (Some(site_id), Some(location)) => EntityKey::place(site_id, &policy.site(site_id).place(location)),
        _ => EntityKey::complaint(complaint.corrects.as_deref().unwrap_or(&complaint.id)),
    };
    Ok(Route { to, direct: false })
}

/// Whom an input names itself: what a topic that is keyed by guest would be keyed with. `None`: somebody has to be asked.
pub fn addressee(input: &Input) -> Result<Option<EntityKey>, Unroutable> {
    let names = References::of(&input.event);
    if let Some(guest) = names.guest() {
        return Ok(Some(guest));
    }
    if let Some(to) = names.reply_to.and_then(who_asked) {
        return Ok(Some(to));
    }
    match (&input.event, names.order_id) {
        (Event::Order(order), Some(order_id)) if order.event_type == OrderEventType::Placed => {
            Ok(Some(EntityKey::order_guest(order_id)))
        }
        (Event::Complaint(_), _) | (_, Some(_)) => Ok(None),
        _ => Err(unroutable(input.contract(), names.reply_to.is_some())),
    }
}

/// What an event says about whom it concerns. An empty id says nothing.
struct References<'a> {
    customer_id: Option<&'a str>,
    visit_id: Option<&'a str>,
    reply_to: Option<&'a str>,
    order_id: Option<&'a str>,
}

impl<'a> References<'a> {
    fn of(event: &'a Event) -> Self {
        let (customer_id, visit_id, reply_to, order_id) = match event {
            Event::Order(e) => (e.customer_id.as_deref(), e.visit_id.as_deref(), None, Some(e.order_id.as_str())),
            Event::Delivery(e) => (e.customer_id.as_deref(), e.visit_id.as_deref(), None, Some(e.order_id.as_str())),
            Event::Complaint(e) => (e.customer_id.as_deref(), e.visit_id.as_deref(), None, e.order_id.as_deref()),
            Event::Outcome(e) => {
                (e.customer_id.as_deref(), e.visit_id.as_deref(), e.reply_to.as_deref(), e.order_id.as_deref())
            }
            Event::Customer(e) => (Some(e.customer_id.as_str()), None, None, None),
            Event::Catalogue(_) => (None, None, None, None),
        };
        Self {
            customer_id: given(customer_id),
            visit_id: given(visit_id),
            reply_to: given(reply_to),
            order_id: given(order_id),
        }
    }

    fn guest(&self) -> Option<EntityKey> {
        self.customer_id.map(EntityKey::customer).or_else(|| self.visit_id.map(EntityKey::visit))
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A guest about an action, a site or a carrier about an insight.
fn who_asked(reply_to: &str) -> Option<EntityKey> {
    let (key, _) = ids::parse_reply_to(reply_to)?;
    EntityKey::parse(&key).filter(|key| {
        matches!(key.kind(), EntityKind::Guest | EntityKind::Site | EntityKind::Watch | EntityKind::Carrier)
    })
}

fn unroutable(contract: Contract, has_reply_to: bool) -> Unroutable {
    let contract = contract.name();
    if has_reply_to { Unroutable::ReplyTo { contract } } else { Unroutable::NoReference { contract } }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::events::CustomerUpdate;
    use crate::events::Timestamp;

    fn event(contract: Contract, mut fields: Value) -> Input {
        fields["id"] = json!("e-1");
        fields["time"] = json!("2026-11-23T12:00:00Z");
        let event = match contract {
            Contract::Orders => Event::Order(serde_json::from_value(fields).unwrap()),
            Contract::DeliveryDelays => Event::Delivery(serde_json::from_value(fields).unwrap()),
            Contract::Complaints => Event::Complaint(serde_json::from_value(fields).unwrap()),
            Contract::RecoveryOutcomes => Event::Outcome(serde_json::from_value(fields).unwrap()),
            Contract::Customers | Contract::Catalogue => unreachable!("compacted records are built by hand"),
        };
        Input { source: "test".into(), event, traceparent: None }
    }

    fn policy() -> Policy {
        crate::policy::presets::evaluation().unwrap()
    }

    fn reply_to(guest: &str) -> String {
        ids::reply_to(guest, "action-1")
    }

    #[rstest]
    #[case::customer_before_visit(Contract::Orders, json!({"type": "fulfilled", "order_id": "A", "customer_id": "7", "visit_id": "9"}), "c:7", true)]
    #[case::visit(Contract::DeliveryDelays, json!({"type": "lost", "order_id": "A", "visit_id": "9"}), "v:9", true)]
    #[case::empty_is_absent(Contract::DeliveryDelays, json!({"type": "lost", "order_id": "A", "customer_id": ""}), "x:A", false)]
    #[case::guest_before_reply(Contract::RecoveryOutcomes, json!({"status": "done", "customer_id": "7", "reply_to": reply_to("o:A")}), "c:7", true)]
    #[case::reply_to(Contract::RecoveryOutcomes, json!({"status": "done", "reply_to": reply_to("o:A"), "order_id": "B"}), "o:A", true)]
    #[case::unreadable_reply(Contract::RecoveryOutcomes, json!({"status": "done", "reply_to": "?", "order_id": "B"}), "x:B", false)]
    #[case::reply_of_a_site(Contract::RecoveryOutcomes, json!({"status": "fixed", "reply_to": reply_to("s:bar"), "order_id": "B"}), "s:bar", true)]
    #[case::reply_of_a_carrier(Contract::RecoveryOutcomes, json!({"status": "fixed", "reply_to": reply_to("k:nordpost")}), "k:nordpost", true)]
    #[case::reply_of_nobody(Contract::RecoveryOutcomes, json!({"status": "done", "reply_to": reply_to("x:A"), "order_id": "B"}), "x:B", false)]
    #[case::placed(Contract::Orders, json!({"type": "placed", "order_id": "A", "site_id": "bar"}), "o:A", true)]
    #[case::placed_withdrawn(Contract::Orders, json!({"type": "placed", "order_id": "A", "corrects": "e-0", "withdrawn": true}), "o:A", true)]
    #[case::changed(Contract::Orders, json!({"type": "changed", "order_id": "A"}), "x:A", false)]
    #[case::carrier(Contract::DeliveryDelays, json!({"type": "delivered", "order_id": "A"}), "x:A", false)]
    #[case::complaint_of_order(Contract::Complaints, json!({"order_id": "A"}), "x:A", false)]
    #[case::complaint_alone(Contract::Complaints, json!({"site_id": "bar", "location": "Table  2"}), "p:bar\u{1f}table 2", false)]
    #[case::complaint_without_a_place(Contract::Complaints, json!({"site_id": "bar", "text": "?"}), "m:e-1", false)]
    fn the_first_rule_that_matches_decides(
        #[case] contract: Contract,
        #[case] fields: Value,
        #[case] to: &str,
        #[case] direct: bool,
    ) {
        let route = route(&event(contract, fields), &policy()).unwrap();
        assert_eq!((route.to.as_str(), route.direct), (to, direct));
    }

    #[test]
    fn a_profile_goes_to_its_customer() {
        let update = CustomerUpdate { customer_id: "7".into(), time: Timestamp::MIN, offset: 0, profile: None };
        let input = Input { source: "customers".into(), event: Event::Customer(Box::new(update)), traceparent: None };
        assert_eq!(route(&input, &policy()), Ok(Route { to: EntityKey::customer("7"), direct: true }));
    }

    #[test]
    fn an_outcome_without_an_address_says_what_is_missing() {
        let nobody =
            route(&event(Contract::RecoveryOutcomes, json!({"status": "done", "incident_id": "i"})), &policy());
        assert!(matches!(nobody, Err(Unroutable::NoReference { .. })), "{nobody:?}");
        let unreadable =
            route(&event(Contract::RecoveryOutcomes, json!({"status": "done", "reply_to": "?"})), &policy());
        assert!(matches!(unreadable, Err(Unroutable::ReplyTo { .. })), "{unreadable:?}");
        let said = unreadable.unwrap_err().to_string();
        assert!(said.contains("recovery-outcomes event") && !said.contains("e-1"), "{said}");
    }

    #[test]
    fn a_task_follows_from_the_bare_id_alone() {
        // (murmur2("abc") & 0x7fffffff) % 32, as a Java producer partitions the key "abc".
        assert_eq!(task_of(&EntityKey::customer("abc"), 32), 479_470_107 % 32);
        assert_eq!(task_of(&EntityKey::order_index("abc"), 32), task_of(&EntityKey::customer("abc"), 32));
        // A negative hash loses its sign bit, as Kafka's toPositive does.
        assert_eq!(task_of(&EntityKey::site("21"), 7), ((-973_932_308_i32) as u32 & 0x7fff_ffff) % 7);
    }
}
