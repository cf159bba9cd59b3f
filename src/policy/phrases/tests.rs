use jiff::civil::date;
use serde_json::json;

use super::*;
use crate::policy::presets;

fn phrases() -> Phrases {
    presets::hotel().unwrap().phrases
}

/// Facts as the core gives them: all, or only those that are never absent.
fn facts(facts: &[Fact], optional: bool) -> serde_json::Map<String, serde_json::Value> {
    let mut sample = serde_json::Map::new();
    for fact in facts.iter().filter(|fact| optional || !fact.optional) {
        let value = match fact.sample {
            Sample::Text(text) => json!(text),
            Sample::Numbers(numbers) => json!(numbers.last()),
            Sample::Flag => json!(fact.name != "note_only"),
        };
        sample.insert(fact.name.to_owned(), value);
    }
    sample
}

#[test]
fn every_phrase_renders_in_every_shipped_language() {
    for name in presets::NAMES {
        let policy = presets::named(name).unwrap().unwrap();
        assert_eq!(policy.phrases.languages(), ["da", "en", "sv"]);
        for language in policy.phrases.languages() {
            for (key, known) in required() {
                for optional in [true, false] {
                    let (text, used) = policy.phrases.render(&[language], &key, facts(known, optional));
                    assert_eq!(&used, language, "{key} fell back");
                    assert!(!text.trim().is_empty() && text != key, "{language} {key}: {text:?}");
                    assert!(!text.contains("none") && !text.contains("{{") && !text.contains(" ,"), "{key}: {text}");
                    assert!(!text.contains("  ") && !text.contains(" .") && !text.contains(".."), "{key}: {text}");
                }
            }
        }
    }
}

#[test]
fn the_founding_case_in_three_languages() {
    let phrases = phrases();
    let golden = |language: &str, salad: &str, cheese: &str, dressing: &str, smoothie: &str, guest: &str| {
        let missing = phrases.join(&[language], &[cheese.to_owned(), dressing.to_owned()]);
        let what = json!({"name": missing, "of": salad, "quantity": 2});
        let what = phrases.render(&[language], "failure.item_partial", what).0;
        let gift = phrases.render(&[language], "gift.item", json!({"name": smoothie, "quantity": 2})).0;
        let say = json!({"guest": guest, "what": what, "gift": gift, "because_stay": true, "party_size": 2});
        phrases.render(&[language], "say.gesture", say).0
    };
    assert_eq!(
        golden("en", "salad", "blue cheese", "extra dressing", "strawberry smoothie", "Ms Holm"),
        "Ms Holm, once more, I am sorry that the salads came without blue cheese and extra dressing. We have brought \
         you two strawberry smoothies, on the house. We remembered what you like."
    );
    assert_eq!(
        golden("da", "salat", "blue cheese", "ekstra dressing", "jordbærsmoothie", "Fru Holm"),
        "Fru Holm, endnu en gang undskyld, at salaterne kom uden blue cheese og ekstra dressing. Vi har taget to \
         jordbærsmoothies med til jer, på husets regning. Vi huskede, hvad I holder af."
    );
    assert_eq!(
        golden("sv", "sallad", "ädelost", "extra dressing", "jordgubbssmoothie", "Anna Holm"),
        "Anna Holm, än en gång, förlåt för att salladerna kom utan ädelost och extra dressing. Vi har tagit med två \
         jordgubbssmoothies till er; det bjuder vi på. Vi kom ihåg vad ni tycker om."
    );
}

#[test]
fn a_language_falls_back_to_its_base_and_then_to_english() {
    let phrases = phrases();
    let minutes = |languages: &[&str]| phrases.render(languages, "late.minutes", json!({"n": 5}));
    assert_eq!(minutes(&["da-DK"]), ("5 minutter".into(), "da".into()));
    assert_eq!(minutes(&["fr", "sv_SE"]), ("5 minuter".into(), "sv".into()));
    assert_eq!(minutes(&["fr"]), ("5 minutes".into(), "en".into()));
    assert_eq!(minutes(&[]), ("5 minutes".into(), "en".into()));
}

#[test]
fn what_cannot_be_rendered_becomes_its_key() {
    let phrases = phrases();
    assert_eq!(phrases.render(&["da"], "say.nothing", ()).0, "say.nothing");
    assert_eq!(phrases.render(&["da"], "late.minutes", ()).0, "late.minutes");
    assert_eq!(Phrases::default().render(&["da"], "list.and", ()).0, "list.and");
}

#[test]
fn template_marks_in_a_fact_are_only_text() {
    let (text, _) = phrases().render(&["en"], "unmatched.do", json!({"text": "{{ guest }} {% if %}"}));
    assert!(text.contains("{{ guest }} {% if %}"), "{text}");
}

#[test]
fn lists_lateness_dates_and_money_read_naturally() {
    let phrases = phrases();
    let list =
        |n: usize| phrases.join(&["en"], &["a", "b", "c"][..n].iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!([list(0), list(1), list(2), list(3)], ["", "a", "a and b", "a, b and c"]);

    let late = |minutes: i64| phrases.late(&["en"], Millis::minutes(minutes));
    assert_eq!(phrases.late(&["en"], Millis(1)), "a minute");
    assert_eq!([late(35), late(99), late(100), late(190)], ["35 minutes", "99 minutes", "2 hours", "3 hours"]);
    assert_eq!([late(2_879), late(2_880), late(4_400)], ["48 hours", "2 days", "3 days"]);

    let day = date(2026, 6, 1);
    assert_eq!(phrases.date(&["en"], day), "1 June");
    assert_eq!(phrases.date(&["da"], day), "1. juni");
    assert_eq!(phrases.money(&["en"], 49_900, "DKK"), "499.00 DKK");
    assert_eq!(phrases.money(&["da"], 49_900, "DKK"), "499 kr.");
    assert_eq!(phrases.money(&["da"], 49_950, "DKK"), "499,50 kr.");
    assert_eq!(phrases.money(&["sv"], 10_005, "SEK"), "100,05 kr");
    assert_eq!(phrases.money(&["sv"], 500, "JPY"), "500 JPY");
}

#[test]
fn the_hotel_says_its_own_words_where_it_has_some() {
    let facts = json!({"what_items": "salat"});
    assert_eq!(phrases().render(&["da"], "fix.refund", &facts).0, "vi trækker salaten fra regningen");
    let shared = presets::evaluation().unwrap().phrases;
    assert_eq!(shared.render(&["da"], "fix.refund", &facts).0, "vi betaler salat tilbage");
}

#[test]
fn every_preset_can_decline_all_that_it_sells() {
    for name in presets::NAMES {
        let policy = presets::named(name).unwrap().unwrap();
        for item in policy.catalogue.items() {
            for language in ["da", "sv"] {
                let item_name = &item.names[language];
                assert!(
                    policy.phrases.knows_word(language, item_name),
                    "{name}: no forms of {item_name:?} in {language}"
                );
            }
            assert!(item.names.contains_key("en"), "{name}: {} has no English name", item.item_id);
        }
    }
}
