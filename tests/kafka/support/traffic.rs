//! Made-up traffic with known answers: many orders, of which every seventh is broken in one of three ways.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service_recovery::events::Contract;

use super::events::{fulfilled, now, placed, with};
use super::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    /// Nothing is heard of it.
    Silent,
    Late,
    /// Comes without its salad.
    Short,
}

#[derive(Debug, Clone)]
pub struct Order {
    pub id: String,
    pub customer: String,
    pub fate: Fate,
    pub promise: i64,
}

/// `count` orders named `PREFIX-n`, five to a customer, the n-th promised for `promise(n)`. What is promised for later
/// is not late yet.
pub fn orders(prefix: &str, count: usize, promise: impl Fn(usize) -> i64) -> Vec<Order> {
    let now = now();
    let fate = |n: usize| match n % 21 {
        3 => Fate::Silent,
        10 if promise(n) > now => Fate::Silent,
        10 => Fate::Late,
        17 => Fate::Short,
        _ => Fate::Kept,
    };
    let customers = count.div_ceil(5);
    (0..count)
        .map(|n| Order {
            id: format!("{prefix}-{n}"),
            customer: format!("{prefix}-guest-{}", n % customers),
            fate: fate(n),
            promise: promise(n),
        })
        .collect()
}

/// The ids of those whose promise is broken.
pub fn broken(orders: &[Order]) -> BTreeSet<String> {
    orders.iter().filter(|order| order.fate != Fate::Kept).map(|order| order.id.clone()).collect()
}

impl Order {
    pub fn placed(&self) -> Value {
        self.of_customer(placed(&self.id, self.promise - 60_000, self.promise))
    }

    /// `None`: it never comes.
    pub fn fulfilled(&self) -> Option<Value> {
        let event = match self.fate {
            Fate::Silent => return None,
            Fate::Kept => fulfilled(&self.id, self.promise - 10_000),
            Fate::Late => fulfilled(&self.id, self.promise + 90_000),
            Fate::Short => {
                let nothing = json!({"completes": true, "lines": []});
                with(fulfilled(&self.id, self.promise - 10_000), nothing)
            }
        };
        Some(self.of_customer(event))
    }

    fn of_customer(&self, event: Value) -> Value {
        with(event, json!({"customer_id": self.customer}))
    }
}

/// How a company happens to key its topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyed {
    ByCustomer,
    ByOrder,
    Not,
}

impl Keyed {
    pub const ALL: [Self; 3] = [Self::ByCustomer, Self::ByOrder, Self::Not];

    pub fn key<'a>(self, customer: &'a str, order: &'a str) -> Option<&'a str> {
        match self {
            Self::ByCustomer => Some(customer),
            Self::ByOrder => Some(order),
            Self::Not => None,
        }
    }
}

/// Publishes what was ordered and what came, and waits until the broker has it.
pub fn publish(world: &World<'_>, orders: &[Order], keyed: Keyed) {
    publish_placed(world, orders, keyed);
    publish_fulfilled(world, orders, keyed);
}

pub fn publish_placed(world: &World<'_>, orders: &[Order], keyed: Keyed) {
    for order in orders {
        let key = keyed.key(&order.customer, &order.id);
        world.send_with(&world.producer, Contract::Orders, key, &order.placed());
    }
    world.producer.flush();
}

pub fn publish_fulfilled(world: &World<'_>, orders: &[Order], keyed: Keyed) {
    for order in orders {
        let key = keyed.key(&order.customer, &order.id);
        if let Some(event) = order.fulfilled() {
            world.send_with(&world.producer, Contract::Orders, key, &event);
        }
    }
    world.producer.flush();
}
