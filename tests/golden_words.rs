//! What staff read in the founding case and its variants, word for word, in each language that ships.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::fmt::Write as _;

use play::{Play, day};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract, Millis, Payload};
use service_recovery::policy::Policy;

/// What a till and a profile say in a language.
struct Menu {
    language: &'static str,
    guest: &'static str,
    place: &'static str,
    cheese: &'static str,
    dressing: &'static str,
    salad: &'static str,
    smoothie: &'static str,
    espresso: &'static str,
}

const MENUS: [Menu; 3] = [
    Menu {
        language: "en",
        guest: "Ms Holm",
        place: "sunbed 14",
        cheese: "blue cheese",
        dressing: "extra dressing",
        salad: "salad",
        smoothie: "strawberry smoothie",
        espresso: "espresso",
    },
    Menu {
        language: "da",
        guest: "Anna Holm",
        place: "liggestol 14",
        cheese: "blåskimmelost",
        dressing: "ekstra dressing",
        salad: "salat",
        smoothie: "jordbærsmoothie",
        espresso: "espresso",
    },
    Menu {
        language: "sv",
        guest: "Anna Holm",
        place: "solstol 14",
        cheese: "ädelost",
        dressing: "extra dressing",
        salad: "sallad",
        smoothie: "jordgubbssmoothie",
        espresso: "espresso",
    },
];

struct Case<'a> {
    menu: &'a Menu,
    play: Play,
}

impl<'a> Case<'a> {
    fn of(menu: &'a Menu, edit: impl FnOnce(&mut Policy)) -> Self {
        let play = Play::hotel_with(|policy| {
            menu.language.clone_into(&mut policy.default_site.language);
            for site in policy.sites.values_mut() {
                menu.language.clone_into(&mut site.language);
            }
            edit(policy);
        });
        let mut case = Self { menu, play };
        case.play.profile(&day(-3, "10:00"), json!({"name": menu.guest, "language": menu.language}));
        case
    }

    fn served(&mut self, order_id: &str, time: &str, people: i64, lines: &[Value], received: Value) {
        let value = json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "strandhotellet",
            "location": self.menu.place, "touchpoint": "pool_bar", "party_size": people, "currency": "DKK", "lines": lines});
        self.play.event(Contract::Orders, time, value);
        let (date, clock) = time.split_once('T').unwrap();
        let later = format!("{date}T{}:20:00+02:00", &clock[..2]);
        self.play.fulfilled(order_id, &later, received);
    }

    fn item(&self, item_id: &str, name: &str, quantity: i64) -> Value {
        json!({"line_id": item_id, "item_id": item_id, "name": name, "quantity": quantity, "unit_price_minor": 6_500})
    }

    fn smoothies(&mut self, days_ago: i64, people: i64) {
        let smoothies = self.item("strawberry-smoothie", self.menu.smoothie, people);
        self.served(&format!("o-{days_ago}"), &day(-days_ago, "15:00"), people, &[smoothies], json!({}));
    }

    fn two_days_of_smoothies(&mut self, people: i64) {
        self.smoothies(2, people);
        self.smoothies(1, people);
    }

    fn salads_of(&mut self, people: i64, received: Value) {
        let mut salads = self.item("salad", self.menu.salad, people);
        salads["unit_price_minor"] = json!(14_500);
        salads["modifiers"] = json!([{"id": "blue-cheese", "name": self.menu.cheese, "kind": "ingredient"},
            {"id": "extra-dressing", "name": self.menu.dressing, "kind": "add", "price_minor": 1_500}]);
        self.served("o-salads", &day(0, "13:00"), people, &[salads], received);
    }

    fn bare_salads(&mut self, people: i64) {
        let bare = json!({"line_id": "salad", "item_id": "salad", "quantity": people, "modifiers": []});
        self.salads_of(people, json!({"completes": true, "lines": [bare]}));
    }

    fn told(&self) -> String {
        let mut told = String::new();
        for action in self.play.all_actions() {
            let kind = action.kind;
            writeln!(
                told,
                "{kind} ({})\n  say  {}\n  do   {}\n  why  {}",
                action.state, action.say, action.instruction, action.why
            )
            .unwrap();
        }
        for asked in self.play.follow_ups() {
            writeln!(told, "follow-up\n  ask  {}\n  know {}", asked.ask, asked.background).unwrap();
        }
        for output in self.play.outputs() {
            if let Payload::Insight(insight) = &output.payload {
                writeln!(told, "insight\n  {}", insight.advice).unwrap();
            }
        }
        told
    }
}

fn founding_case(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.two_days_of_smoothies(2);
    case.bare_salads(2);
    case.play.answer(ActionKind::Gesture, &day(0, "13:31"), json!({"status": "done"}));
    case.play.advance(&day(0, "16:00"));
    case
}

fn not_enough(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.two_days_of_smoothies(2);
    case.bare_salads(2);
    case.play.answer(ActionKind::Gesture, &day(0, "13:31"), json!({"status": "done"}));
    case.play.remark(
        &day(0, "13:40"),
        json!({"order_id": "o-salads", "text": "…", "failure": "item_partial", "item_id": "salad"}),
    );
    case.play.advance(&day(0, "16:00"));
    case
}

fn one_guest_who_may_be_reminded(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |policy| policy.gestures.recall_within = Some(Millis::days(3)));
    case.two_days_of_smoothies(1);
    case.bare_salads(1);
    case
}

fn only_the_remark_tells(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.two_days_of_smoothies(2);
    case.salads_of(2, json!({}));
    case.play.remark(
        &day(0, "13:32"),
        json!({"order_id": "o-salads", "apologised": true, "failure": "item_partial", "item_id": "salad"}),
    );
    case
}

fn sold_out(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |policy| {
        let mut sold_out = policy.catalogue.item("strandhotellet", "strawberry-smoothie").unwrap().clone();
        sold_out.available = false;
        policy.catalogue.insert(sold_out);
    });
    for ago in [5, 4, 2, 1] {
        let espresso = case.item("espresso", menu.espresso, 1);
        case.served(&format!("o-espresso{ago}"), &day(-ago, "09:00"), 2, &[espresso], json!({}));
    }
    case.two_days_of_smoothies(2);
    case.bare_salads(2);
    case
}

fn no_history(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.bare_salads(2);
    case
}

fn one_of_the_two_days(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.smoothies(1, 2);
    case.bare_salads(2);
    case
}

fn nobody_reports(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.two_days_of_smoothies(2);
    case.bare_salads(2);
    case.play.advance(&day(0, "23:59"));
    case
}

fn a_five(menu: &Menu) -> Case<'_> {
    let mut case = founding_case(menu);
    case.play.answer_follow_up(&day(0, "16:05"), json!({"status": "done", "result": "answered", "score": 5}));
    case
}

fn old_news(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    case.play.hold_everything_until(&day(30, "12:00"));
    case.two_days_of_smoothies(2);
    case.bare_salads(2);
    case
}

fn again_and_again(menu: &Menu) -> Case<'_> {
    let mut case = Case::of(menu, |_| {});
    for n in 0..5 {
        let salads = json!([{"id": "blue-cheese", "name": menu.cheese, "kind": "ingredient"}]);
        let mut line = case.item("salad", menu.salad, 2);
        line["modifiers"] = salads;
        let value = json!({"type": "placed", "order_id": format!("o-{n}"), "customer_id": format!("c-1{n}"), "site_id": "strandhotellet",
            "location": menu.place, "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK", "lines": [line]});
        case.play.event(Contract::Orders, &day(0, "13:00"), value);
        let bare = json!({"type": "fulfilled", "order_id": format!("o-{n}"), "customer_id": format!("c-1{n}"), "completes": true,
            "lines": [{"line_id": "salad", "item_id": "salad", "quantity": 2, "modifiers": []}]});
        case.play.event(Contract::Orders, &day(0, "13:20"), bare);
    }
    case
}

type Variant = fn(&Menu) -> Case<'_>;

const VARIANTS: [(&str, Variant); 11] = [
    ("the founding case", founding_case),
    ("they say that it was not enough", not_enough),
    ("one guest, who may be reminded", one_guest_who_may_be_reminded),
    ("what was received is unknown: only the remark tells", only_the_remark_tells),
    ("the smoothie is sold out", sold_out),
    ("no history", no_history),
    ("one of the two days", one_of_the_two_days),
    ("nobody reports", nobody_reports),
    ("a follow-up of five", a_five),
    ("all of it is old news", old_news),
    ("the fifth salad of the day", again_and_again),
];

#[test]
fn what_staff_read_in_each_language() {
    for menu in &MENUS {
        let mut all = String::new();
        for (name, variant) in VARIANTS {
            let case = variant(menu);
            writeln!(all, "## {name}\n{}", case.told()).unwrap();
            case.play.assert_sound();
        }
        insta::assert_snapshot!(format!("golden_words_{}", menu.language), all);
    }
}
