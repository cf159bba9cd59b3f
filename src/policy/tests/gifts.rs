//! Services, points, donations, the country table, and who may give how much: read as meant, refused with their place.

use super::bad::{POLICY, refused, source};
use crate::events::{Authority, GestureKind};
use crate::policy::*;

const GENERIC: &str = "approval_within = \"5 min\"\n";

fn with(from: &str, to: &str) -> Policy {
    let catalogue = source("catalogue.toml", super::bad::CATALOGUE);
    let text = POLICY.replacen(from, to, 1);
    assert_ne!(text, POLICY);
    let sources = Sources { policy: source("policy.toml", &text), catalogue: Some(catalogue), phrases: Vec::new() };
    from_sources(&sources).unwrap()
}

fn refused_in_gestures(added: &str, at: &str, reason: &str) {
    refused("policy.toml", GENERIC, &format!("{GENERIC}{added}\n"), at, reason);
}

#[test]
fn services_say_what_they_are_worth_and_who_earns_them() {
    let policy = open("hotel").unwrap();
    let late = &policy.gestures.services["late-checkout"];
    assert_eq!((late.kind, late.value["DKK"], late.cost["DKK"]), (GestureKind::HabitService, 15_000, 0));
    assert_eq!(
        (late.names["da"].as_str(), late.preference.as_slice()),
        ("sen udtjekning", &["late checkout".to_owned()][..])
    );
    let table = &policy.gestures.services["window-table"];
    assert!(table.is_done_at(Some("breakfast")) && !table.is_done_at(Some("pool_bar")) && !table.is_done_at(None));
    assert_eq!(policy.gestures.services["sea-view"].kind, GestureKind::HabitUpgrade);
    assert!(late.is_done_at(None));
}

#[test]
fn what_is_restricted_is_denied_unless_a_row_permits_it_there() {
    let policy = with(
        GENERIC,
        &format!(
            "{GENERIC}adult_tags = \"knives\"\npermitted = [{{ country = \"DK\", tags = \"alcohol\", touchpoints = \"restaurant\", min_age = 18 }}]\n"
        ),
    );
    let gestures = &policy.gestures;
    for tag in ["alcohol", "nicotine", "medicine", "gambling", "age_rated", "knives"] {
        assert!(gestures.is_restricted(tag), "{tag}");
    }
    assert!(!gestures.is_restricted("contains:nuts"));
    let site = policy.site("strandhotellet");
    assert_eq!(site.country.as_deref(), Some("DK"));
    assert!(gestures.is_permitted("alcohol", site, Some("restaurant")));
    assert!(!gestures.is_permitted("nicotine", site, Some("restaurant")));
    assert!(!gestures.is_permitted("alcohol", site, Some("pool_bar")));
    assert!(!gestures.is_permitted("alcohol", site, None));
    let elsewhere = SitePolicy { country: None, ..site.clone() };
    assert!(!gestures.is_permitted("alcohol", &elsewhere, Some("restaurant")));
}

#[test]
fn the_lowest_level_that_may_give_so_much_and_that_somebody_holds() {
    let policy = with("allergy_check = false", "may_give = { A1 = { DKK = \"100\" }, A2 = { DKK = \"200\" } }");
    let site = policy.site("strandhotellet");
    assert_eq!(site.who_may_give(Authority::A1, 10_000, "DKK"), Some(Authority::A1));
    assert_eq!(site.who_may_give(Authority::A1, 10_001, "DKK"), Some(Authority::A2));
    assert_eq!(site.who_may_give(Authority::A1, 20_001, "DKK"), Some(Authority::A3));
    assert_eq!(site.who_may_give(Authority::A3, 1, "DKK"), Some(Authority::A3));
    assert_eq!(site.may_be_approved(Authority::A1, "DKK"), None, "the duty manager has no limit");
    let mut small = site.clone();
    small.roles.retain(|level, _| *level <= Authority::A2);
    assert_eq!(small.may_be_approved(Authority::A1, "DKK"), Some(20_000));
    assert_eq!(small.who_may_give(Authority::A1, 20_001, "DKK"), None);
}

#[test]
fn countries_are_two_letters_that_stand_for_one() {
    refused("policy.toml", "country    = \"DK\"", "country    = \"Denmark\"", "\"Denmark\"", "is no country");
    refused("policy.toml", "country    = \"DK\"", "country    = \"dk\"", "\"dk\"", "is no country");
}

#[test]
fn a_row_of_the_country_table_is_whole_and_proves_no_more_than_a_profile_can() {
    let row = |inside: &str| format!("permitted = [{{ {inside} }}]");
    let old = row("country = \"SE\", tags = \"alcohol\", min_age = 20");
    refused_in_gestures(&old, "20", "proves 18 years and no more");
    let ageless = row("country = \"SE\", tags = \"alcohol\"");
    refused_in_gestures(&ageless, "{ country", "missing \"gestures.permitted.min_age\"");
    let lost = row("country = \"DK\", tags = \"alcohol\", touchpoints = \"resturant\", min_age = 18");
    refused_in_gestures(&lost, "\"resturant\"", "did you mean \"restaurant\"");
}

#[test]
fn a_service_that_nobody_can_earn_or_nobody_can_read_is_refused() {
    let service = "[gestures.services.late-checkout]\n";
    let other = |inside: &str| format!("[gestures.services.spa]\n{inside}\n\n{service}");
    refused(
        "policy.toml",
        service,
        &other("names = { en = \"the spa\" }\nvalue = { DKK = \"90\" }"),
        "spa]",
        "nobody can earn it",
    );
    let danish = "names = { da = \"spa\" }\nvalue = { DKK = \"90\" }\npreference = \"spa\"";
    refused("policy.toml", service, &other(danish), "{ da", "nothing in \"en\"");
    let euros = "names = { en = \"the spa\" }\nvalue = { EUR = \"9\" }\npreference = \"spa\"";
    refused("policy.toml", service, &other(euros), "{ EUR", "no amount for DKK");
    let unknown = "names = { en = \"the spa\" }\nvalue = { DKK = \"90\" }\nhabit = \"expresso\"";
    refused("policy.toml", service, &other(unknown), "\"expresso\"", "did you mean \"espresso\"");
}

#[test]
fn a_rule_must_not_allow_what_nothing_describes() {
    let rule = "gesture = [\"habit_item\", \"generic_treat\", \"handwritten_note\"], cap";
    for (kind, reason) in [
        ("credit", "gestures.credit does not say how much"),
        ("loyalty_points", "[gestures.points] does not say how many"),
        ("donation", "[gestures.donation] does not say to whom"),
    ] {
        refused("policy.toml", rule, &format!("gesture = \"{kind}\", cap"), &format!("\"{kind}\""), reason);
    }
}

#[test]
fn who_stands_higher_may_give_no_less_and_in_the_sites_currency() {
    let levels = |text: &str| format!("may_give = {text}");
    let less = levels("{ A1 = { DKK = \"150\" }, A2 = { DKK = \"100\" } }");
    refused("policy.toml", "allergy_check = false", &less, "{ DKK = \"100\" }", "A2 may give less than A1");
    let foreign = levels("{ A1 = { EUR = \"15\" } }");
    let problem = "A1 has EUR, but no amount for DKK";
    refused(
        "policy.toml",
        "[sites.strandhotellet]\n",
        &format!("[sites.strandhotellet]\n{foreign}\n"),
        "{ A1",
        problem,
    );
}

#[test]
fn an_occasion_weighs_nowhere_more_than_here() {
    let weight = "other_visit_weight = \"50 %\"";
    refused("policy.toml", weight, "other_visit_weight = \"150 %\"", "\"150 %\"", "at most \"100 %\"");
    let parts = "dayparts = [\"11:00\", \"05:00\"]";
    refused("policy.toml", weight, parts, "[\"11:00\"", "one after the other");
}
