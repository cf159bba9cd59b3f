//! Complaints that name only a place.

use super::*;

const HERE: &str = "strandhotellet";

fn at_table(table: &str) -> Value {
    json!({"location": table})
}

fn soup_is_cold(location: &str) -> Value {
    json!({"site_id": HERE, "location": location, "text": "the soup is cold"})
}

#[test]
fn three_fields_find_the_order_of_the_table() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    order_event(&mut play, "placed", "o-2", &day(0, "18:05"), at_table("table 13"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold(" Table  12"));
    let incident = play.only_incident();
    assert_eq!(incident.id, ids::incident_of_order("o-1"));
    assert_eq!(incident.location.as_deref(), Some("table 12"));
    assert_eq!(incident.shortfalls[0].kind, FailureKind::QualityDefect, "read from its words");
    assert_eq!(play.only(ActionKind::HumanContact).location.as_deref(), Some("table 12"), "a person looks");
    assert!(play.actions(ActionKind::Gesture).is_empty(), "words alone give no gesture");
    play.assert_sound();
}

#[test]
fn a_table_goes_by_several_names() {
    let mut play = Play::hotel_with(|policy| {
        let site = policy.sites.get_mut(HERE).unwrap();
        site.place_aliases.insert("t12".to_owned(), "table 12".to_owned());
    });
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("T12"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-1"));
}

#[test]
fn after_the_table_was_turned_over_a_complaint_belongs_to_the_party_of_its_time() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-early", &day(0, "18:00"), at_table("table 12"));
    order_event(&mut play, "placed", "o-late", &day(0, "19:45"), at_table("table 12"));
    play.advance(&day(0, "20:00"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 12"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-early"));
    complaint(&mut play, &day(0, "20:05"), soup_is_cold("table 12"));
    let orders: Vec<_> = play.standing().into_iter().map(|incident| incident.order_id.unwrap()).collect();
    assert_eq!(orders.len(), 2);
    assert!(orders.contains(&"o-late".to_owned()));
    play.assert_sound();
}

#[test]
fn a_complaint_that_names_a_dish_belongs_to_the_order_with_that_dish() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-mains", &day(0, "18:00"), at_table("table 12"));
    let smoothies = json!({"location": "table 12", "lines": [order::smoothies()]});
    order_event(&mut play, "placed", "o-drinks", &day(0, "18:20"), smoothies);
    complaint(&mut play, &day(0, "18:20"), json!({"site_id": HERE, "location": "table 12", "item_id": "salad"}));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-mains"));
}

#[test]
fn where_nobody_is_known_to_sit_a_person_goes_at_once() {
    let mut play = Play::hotel();
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 7"));
    let person = play.only(ActionKind::HumanContact);
    assert_eq!((person.location.as_deref(), person.state), (Some("table 7"), ActionState::Open));
    assert_eq!(person.site_id, HERE);
}

#[test]
fn a_complaint_that_came_before_its_order_finds_it_later() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(0, "18:31"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 12"));
    let lonely = play.only_incident();
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    let found = play.only_incident();
    assert_eq!(found.order_id.as_deref(), Some("o-1"));
    let before = play.incidents().into_iter().find(|incident| incident.id == lonely.id).unwrap();
    assert_eq!((before.status, before.merged_into), (IncidentStatus::Merged, Some(found.id)));
    play.assert_sound();
}

#[test]
fn a_complaint_laid_at_the_wrong_door_is_taken_back_from_there() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(0, "20:10"));
    order_event(&mut play, "placed", "o-early", &day(0, "18:00"), at_table("table 12"));
    complaint(&mut play, &day(0, "20:05"), soup_is_cold("table 12"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-early"));
    order_event(&mut play, "placed", "o-late", &day(0, "19:45"), at_table("table 12"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-late"), "{:#?}", play.incidents());
    play.assert_sound();
}

#[test]
fn a_withdrawn_complaint_is_withdrawn_wherever_it_went() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    let mut said = soup_is_cold("table 12");
    said["id"] = json!("said");
    complaint(&mut play, &day(0, "18:20"), said);
    let mut withdrawn = soup_is_cold("table 12");
    withdrawn["corrects"] = json!("said");
    withdrawn["withdrawn"] = json!(true);
    complaint(&mut play, &day(0, "18:22"), withdrawn);
    assert!(play.standing().is_empty());
    play.assert_sound();
}

#[test]
fn an_order_that_was_never_placed_leaves_its_table() {
    let mut play = Play::hotel();
    let placed = json!({"id": "placed", "location": "table 12"});
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), placed);
    let withdrawn = json!({"corrects": "placed", "withdrawn": true});
    order_event(&mut play, "placed", "o-1", &day(0, "18:01"), withdrawn);
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 12"));
    assert_eq!(play.only_incident().order_id, None);
}

#[test]
fn a_complaint_from_before_its_party_came_goes_to_a_person() {
    let mut play = Play::hotel();
    let placed = json!({"id": "placed", "location": "table 12"});
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), placed);
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 12"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-1"));
    let later = json!({"corrects": "placed", "location": "table 12"});
    order_event(&mut play, "placed", "o-1", &day(0, "18:25"), later);
    let standing = play.standing();
    assert_eq!(standing.len(), 1, "{standing:#?}");
    assert_eq!(standing[0].order_id, None);
}

#[test]
fn a_party_that_moved_is_found_at_its_new_table() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    order_event(&mut play, "changed", "o-1", &day(0, "18:10"), at_table("table 3"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 3"));
    assert_eq!(play.only_incident().order_id.as_deref(), Some("o-1"));
}

#[test]
fn staff_are_sent_to_where_the_party_has_moved() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "18:00"), at_table("table 12"));
    complaint(&mut play, &day(0, "18:20"), soup_is_cold("table 12"));
    order_event(&mut play, "changed", "o-1", &day(0, "18:21"), at_table("table 3"));
    assert_eq!(play.only_incident().location.as_deref(), Some("table 3"));
    let open: Vec<_> = play.all_actions().into_iter().filter(|action| action.state.is_open()).collect();
    assert!(!open.is_empty());
    for action in open {
        assert_eq!(action.location.as_deref(), Some("table 3"), "{action:#?}");
        assert!(!action.instruction.contains("table 12"), "{}", action.instruction);
    }
}
