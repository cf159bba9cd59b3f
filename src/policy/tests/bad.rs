//! What is wrong with a policy is refused with its place: an edit of the hotel's files, and what is said about it.

use crate::policy::*;

pub(super) const POLICY: &str = include_str!("../../../policies/hotel/policy.toml");
pub(super) const CATALOGUE: &str = include_str!("../../../policies/hotel/catalogue.toml");
const OWN_PHRASES: &str = "[fix]\nredo = \"again\"\n";

pub(super) fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

/// The problems of the hotel's policy after replacing `from` by `to` in one of its files, without the file's name.
fn problems(file: &str, from: &str, to: &str) -> Vec<Problem> {
    let edit = |name: &str, text: &str| {
        assert!(name != file || text.contains(from), "the edit {from:?} changes nothing");
        source(name, &if name == file { text.replacen(from, to, 1) } else { text.to_owned() })
    };
    let own = PhraseFile { language: "en".into(), source: edit("phrases.en.toml", OWN_PHRASES) };
    let sources = Sources {
        policy: edit("policy.toml", POLICY),
        catalogue: Some(edit("catalogue.toml", CATALOGUE)),
        phrases: vec![own],
    };
    from_sources(&sources).err().map(|errors| errors.problems).unwrap_or_default()
}

/// Asserts one problem in the edited file: its reason contains `reason`, and it stands where `at` begins, the first
/// `at` after the edit.
#[track_caller]
pub(super) fn refused(file: &str, from: &str, to: &str, at: &str, reason: &str) {
    let original = match file {
        "policy.toml" => POLICY,
        "catalogue.toml" => CATALOGUE,
        _ => OWN_PHRASES,
    };
    let text = original.replacen(from, to, 1);
    let found = problems(file, from, to);
    let [problem] = found.as_slice() else { panic!("expected one problem, found {found:#?}") };
    assert!(problem.reason.contains(reason), "{problem}");
    assert_eq!(problem.file, file);
    let edited = original.find(from).unwrap();
    let offset = edited + text[edited..].find(at).unwrap_or_else(|| panic!("{at:?} is not in the edited file"));
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[..offset].matches('\n').count() + 1;
    let column = text[line_start..offset].chars().count() + 1;
    assert_eq!((problem.line, problem.column), (Some(line), Some(column)), "{problem}");
}

#[test]
fn the_unedited_policy_has_no_problem() {
    assert_eq!(problems("policy.toml", "version", "version"), []);
}

#[test]
fn unknown_names_are_refused_with_a_suggestion() {
    refused(
        "policy.toml",
        "\"item_partial\", severity",
        "\"item_patial\", severity",
        "\"item_patial\"",
        "did you mean \"item_partial\"?",
    );
    refused(
        "policy.toml",
        "severity = \"trivial\"",
        "severity = \"trivail\"",
        "\"trivail\"",
        "unknown severity \"trivail\"; did you mean \"trivial\"?",
    );
    refused(
        "policy.toml",
        "remedy = \"correct_bill\"",
        "remedy = \"correct_bil\"",
        "\"correct_bil\"",
        "unknown remedy \"correct_bil\"; did you mean",
    );
    refused(
        "policy.toml",
        "\"handwritten_note\"], cap",
        "\"hand_written_note\"], cap",
        "\"hand_written_note\"",
        "did you mean \"handwritten_note\"?",
    );
    refused("policy.toml", "authority = \"A1\" }", "authority = \"A9\" }", "\"A9\"", "unknown authority level");
    refused(
        "policy.toml",
        "[\"external\", \"customer\"]",
        "[\"extern\", \"customer\"]",
        "\"extern\"",
        "did you mean \"external\"?",
    );
    refused(
        "policy.toml",
        "billing_error              =",
        "biling_error =",
        "biling_error",
        "did you mean \"billing_error\"?",
    );
    refused(
        "policy.toml",
        "tracking = \"unreliable\"",
        "tracking = \"unrelaible\"",
        "\"unrelaible\"",
        "unknown tracking",
    );
    refused(
        "policy.toml",
        "half_life         =",
        "halflife =",
        "halflife",
        "unknown key in habits \"halflife\"; did you mean \"half_life\"?",
    );
    refused(
        "policy.toml",
        "[follow_up]",
        "[follow_ups]",
        "follow_ups",
        "unknown key \"follow_ups\"; did you mean \"follow_up\"?",
    );
    refused(
        "policy.toml",
        "\"Europe/Copenhagen\"",
        "\"Europe/Kopenhagen\"",
        "\"Europe/Kopenhagen\"",
        "did you mean \"Europe/Copenhagen\"?",
    );
    refused("policy.toml", "currency   = \"DKK\"", "currency   = \"KRONER\"", "\"KRONER\"", "unknown currency");
    refused("catalogue.toml", "cost  = \"48\"", "costs = \"48\"", "costs", "did you mean \"cost\"?");
}

#[test]
fn unreadable_amounts_times_and_shares_are_refused() {
    refused(
        "policy.toml",
        "due_after     = \"10 min\"",
        "due_after     = \"10\"",
        "\"10\"",
        "\"10\" is not a duration; write it as",
    );
    refused("policy.toml", "due_after     = \"10 min\"", "due_after     = 10", "10", "must be a duration in quotes");
    refused("policy.toml", "\"04:00\"", "\"4 o'clock\"", "\"4 o'clock\"", "must be a time of day");
    refused("policy.toml", "cap = { DKK = \"150\" }", "cap = { DKK = \"150 kr\" }", "\"150 kr\"", "is not an amount");
    refused(
        "policy.toml",
        "caps.moderate = { DKK = \"250\" }",
        "caps.moderate = { DKK = \"1.250\" }",
        "\"1.250\"",
        "write \"1250\"",
    );
    refused(
        "policy.toml",
        "min_share         = \"40 %\"",
        "min_share         = \"forty\"",
        "\"forty\"",
        "must be a percentage",
    );
    refused("policy.toml", "guest_count   = 3", "guest_count   = -3", "-3", "not negative");
    refused(
        "policy.toml",
        "hands_over         = true",
        "hands_over         = \"yes\"",
        "\"yes\"",
        "must be true or false, not a string",
    );
    refused("catalogue.toml", "price = \"145\"", "price = \"free\"", "\"free\"", "is not an amount");
}

#[test]
fn bands_must_rise() {
    refused(
        "policy.toml",
        "minor    = \"20 min\"",
        "minor    = \"9 min\"",
        "\"9 min\"",
        "the band of minor must end after that of trivial",
    );
    refused(
        "policy.toml",
        "beyond   = \"major\"",
        "beyond   = \"moderate\"",
        "\"moderate\"",
        "it must be worse than moderate",
    );
}

#[test]
fn what_always_needs_a_person_cannot_be_made_small() {
    refused(
        "policy.toml",
        "safety                     = \"major\"",
        "safety = \"minor\"",
        "\"minor\"",
        "safety is at least \"major\"",
    );
    let rule =
        "[[rule]]\nname   = \"hygiene_or_injury\"\nwhen   = { failure = \"safety\" }\nthen   = { apology = \"now\", ";
    let with_person = format!("{rule}human_contact = true, ");
    refused("policy.toml", &with_person, rule, "[[rule]]", "a person must always take these");
}

#[test]
fn the_last_rule_and_only_the_last_takes_everything() {
    let catch_all = "[[rule]]\nname   = \"anything_else\"\n";
    let when = "[[rule]]\nname   = \"anything_else\"\nwhen   = { severity = \"minor\" }\n";
    refused("policy.toml", catch_all, when, "[[rule]]", "the last rule must be without `when`");
    let found = problems("policy.toml", "when   = { severity = \"trivial\" }\n", "");
    let reasons: Vec<&str> = found.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(reasons.contains(&"rule \"serious\" stands after the catch-all \"a_few_minutes\""), "{reasons:#?}");
}

#[test]
fn a_rule_that_no_case_reaches_is_refused() {
    refused(
        "policy.toml",
        "[[rule]]\nname   = \"the_meal_suffered\"\nwhen   = { severity = \"moderate\" }",
        "[[rule]]\nname   = \"the_meal_suffered\"\nwhen   = { severity = \"minor\" }",
        "[[rule]]",
        "decided above by we_failed_twice, we_do_not_know_what, not_our_doing, tell_them_first, the_bill, late_again, a_long_wait, small_slip",
    );
}

#[test]
fn rules_are_complete() {
    let rule = |name: &str| format!("[[rule]]\nname   = \"{name}\"");
    let refused = |from: &str, to: &str, at: &str, reason: &str| refused("policy.toml", from, to, at, reason);
    refused(&rule("small_slip"), &rule("critical"), "[[rule]]", "a rule named \"critical\" stands above already");
    refused(&rule("small_slip"), "[[rule]]", "[[rule]]", "missing \"rule.name\"");
}

#[test]
fn every_currency_of_a_site_needs_its_amounts() {
    let found = problems("policy.toml", "[sites.strandhotellet]", "[sites.oresund]\ncurrency = \"SEK\"");
    let reasons: Vec<String> = found.iter().map(ToString::to_string).collect();
    // Two rules with a cap, three severities, assumed value, guest cap, and the daily budget of the site.
    assert_eq!(found.len(), 8, "{reasons:#?}");
    assert!(found.iter().all(|problem| problem.reason.contains("no amount for SEK, the currency of")), "{reasons:#?}");
}

#[test]
fn gestures_need_an_apology_a_cap_and_a_catalogue_entry() {
    refused(
        "policy.toml",
        "\"espresso\", \"ice-cream\"",
        "\"expresso\", \"ice-cream\"",
        "\"expresso\"",
        "did you mean \"espresso\"?",
    );
    let when = "when   = { repeat = true, severity = [\"moderate\", \"major\"] }\n";
    let edited = POLICY.replacen("caps.moderate = { DKK = \"250\" }\n", "", 1);
    let sources = Sources { policy: source("p", &edited), catalogue: Some(source("c", CATALOGUE)), phrases: vec![] };
    let errors = from_sources(&sources).unwrap_err();
    assert!(edited.contains(when));
    let line = edited[..edited.find(when).unwrap()].matches('\n').count() + 2;
    let wanted =
        "rule \"again_within_a_month\" allows a gesture, but [gestures.caps] has none for severity \"moderate\"";
    assert!(errors.to_string().contains(&format!("p:{line}:")) && errors.to_string().contains(wanted), "{errors}");
    let apology = "then   = { apology = \"now\", human_contact = true, remedy = [\"redo\"";
    let found = problems("policy.toml", apology, "then   = { human_contact = true, remedy = [\"redo\"");
    assert!(found[0].reason.contains("gives a gesture without an apology"), "{found:#?}");
}

#[test]
fn phrases_are_tried_out_when_they_are_read() {
    let phrase = |text: &str| format!("redo = {text}");
    for (text, reason) in [
        ("\"{{ what_item }}\"", "unknown fact \"what_item\"; did you mean \"what_items\"?"),
        ("\"{{ what_items }}\"", "printed without asking for it first"),
        ("\"{% if what_items %}\"", "unexpected end of input"),
        ("\"{% if what_items %}a{% endif %}\"", "is empty with the facts"),
        ("\"{{ what_items | upcase }}\"", "filter upcase is unknown"),
        ("\"sorry for any inconvenience\"", "names nothing"),
    ] {
        refused("phrases.en.toml", "redo = \"again\"", &phrase(text), "\"", reason);
    }
    refused(
        "phrases.en.toml",
        "redo =",
        "redoo =",
        "redoo",
        "unknown phrase \"fix.redoo\"; did you mean \"fix.redo\"?",
    );
}

#[test]
fn every_site_reads_its_language() {
    let found = problems("policy.toml", "[sites.strandhotellet]", "[sites.alster]\nlanguage = \"de\"");
    let reasons: Vec<&str> = found.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(reasons[0].contains("site \"alster\" works in \"de\", but there is no phrases.de.toml"), "{reasons:#?}");
    let intents = reasons.iter().filter(|reason| reason.contains("is missing in \"de\"")).count();
    assert_eq!(intents, 18, "one for each rule: {reasons:#?}");
    assert_eq!(problems("policy.toml", "[sites.strandhotellet]", "[sites.skagen]\nlanguage = \"da-DK\""), []);
}

#[test]
fn a_new_language_needs_every_phrase() {
    let german = PhraseFile { language: "de".into(), source: source("phrases.de.toml", "[list]\nand = \" und \"\n") };
    let sources =
        Sources { policy: source("p", POLICY), catalogue: Some(source("c", CATALOGUE)), phrases: vec![german] };
    let errors = from_sources(&sources).unwrap_err();
    assert_eq!(errors.problems.len(), phrases::required().len() - 1);
    assert_eq!(
        errors.problems[0].to_string(),
        "phrases.de.toml:1:1: language \"de\" has no phrase \"advice.billing_error\""
    );
}

#[test]
fn every_authority_has_a_role() {
    let roles = "roles      = { A1 = \"waiter\", A2 = \"shift_lead\", A3 = \"duty_manager\", A4 = \"head_office\" }";
    let found = problems("policy.toml", roles, "roles      = { A1 = \"waiter\", A2 = \"shift_lead\" }");
    assert!(!found.is_empty());
    let wanted = "the default site has no role with authority A3 or above";
    assert!(found.iter().any(|problem| problem.reason == wanted), "{found:#?}");
    refused("policy.toml", "A4 = \"head_office\"", "A5 = \"head_office\"", "A5", "unknown authority level");
}

#[test]
fn what_is_not_toml_is_refused_with_its_place() {
    let found = problems("policy.toml", "version = \"hotel-1\"", "version = hotel-1");
    assert!(found[0].to_string().starts_with("policy.toml:9:11: not valid TOML: "), "{found:#?}");
}

#[test]
fn all_problems_are_found_at_once_and_in_order() {
    let edited = POLICY
        .replacen("grace              = \"3 min\"", "grace = \"3\"", 1)
        .replacen("min_days          = 2", "min_days = \"two\"", 1)
        .replacen("desk       = \"front_desk\"\n", "", 1);
    let sources = Sources { policy: source("p", &edited), catalogue: Some(source("c", CATALOGUE)), phrases: vec![] };
    let errors = from_sources(&sources).unwrap_err();
    let reasons: Vec<&str> = errors.problems.iter().map(|problem| problem.reason.as_str()).collect();
    assert_eq!(reasons.len(), 3, "{errors}");
    assert!(reasons[0].contains("missing \"default_site.desk\""), "{errors}");
    assert!(reasons[1].contains("\"3\" is not a duration"), "{errors}");
    assert!(reasons[2].contains("min_days must be a whole number, not a string"), "{errors}");
}

#[test]
fn how_often_before_is_true_or_a_number_that_means_something() {
    let repeat = "when   = { repeat = true, severity = [\"moderate\", \"major\"] }";
    let edited = |value: &str| repeat.replacen("true", value, 1);
    refused("policy.toml", repeat, &edited("{ at_least = 0 }"), "0 }", "at least none is always so");
    refused("policy.toml", repeat, &edited("\"often\""), "\"often\"", "true or false");
    let found = problems("policy.toml", repeat, &edited("{ at_last = 2 }"));
    assert!(found.iter().any(|problem| problem.reason.contains("did you mean \"at_least\"")), "{found:#?}");
    assert!(problems("policy.toml", repeat, &edited("{ at_least = 2 }")).is_empty());
}
