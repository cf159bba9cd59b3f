//! Parts of a policy that cannot both be meant: times that undo each other, gestures that nobody could ever hand over,
//! tags that no item has but one almost has.

use super::document::Section;
use super::model::{Policy, Touchpoint};
use super::problems::nearest;
use crate::events::{GestureKind, Millis};

pub(super) fn check(policy: &Policy, root: &Section<'_>) {
    check_times(policy, root);
    check_gestures(policy, root);
    check_tags(policy, root);
    check_follow_up(policy, root);
}

/// One time that must not be longer than another one.
struct Order<'a> {
    section: &'a str,
    shorter: (&'a str, Millis),
    longer: (&'a str, Millis),
    otherwise: &'a str,
}

fn check_times(policy: &Policy, root: &Section<'_>) {
    let Policy { gestures, habits, horizons, .. } = policy;
    let orders = [
        Order {
            section: "gestures",
            shorter: ("repeat_after", gestures.repeat_after),
            longer: ("dislike_for", gestures.dislike_for),
            otherwise: "what a guest turned down would be offered again sooner than what they liked",
        },
        Order {
            section: "habits",
            shorter: ("half_life", habits.half_life),
            longer: ("remember", habits.remember),
            otherwise: "habits would be forgotten while they still count for half",
        },
        Order {
            section: "horizons",
            shorter: ("complaint_window", horizons.complaint_window),
            longer: ("dedupe_horizon", horizons.dedupe_horizon),
            otherwise: "complaints would be waited for after the order is forgotten",
        },
        Order {
            section: "horizons",
            shorter: ("patience", horizons.patience),
            longer: ("unmatched_complaint", horizons.unmatched_complaint),
            otherwise: "a complaint would go to a person before anybody has looked whose it is",
        },
    ];
    for order in orders.iter().filter(|order| order.shorter.1 > order.longer.1) {
        let Some(section) = root.section(order.section) else { continue };
        let (shorter, longer) = (order.shorter.0, order.longer.0);
        let reason = format!("{shorter} is longer than {longer}: {}", order.otherwise);
        // the one that was written last in the file is mostly the one that was changed; either will do
        match section.get(shorter).or_else(|| section.get(longer)) {
            Some(field) => field.problem(reason),
            None => section.problem(reason),
        }
    }
}

/// Every kind that a rule allows must be possible at some touchpoint.
fn check_gestures(policy: &Policy, root: &Section<'_>) {
    let mut touchpoints = policy.touchpoints.values().chain([&policy.default_touchpoint]);
    let is_handed_over = touchpoints.any(|touchpoint: &Touchpoint| touchpoint.hands_over);
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        let Some(field) = section.section("then").and_then(|then| then.get("gesture")) else { continue };
        for item in field.items() {
            let Some(kind) = item.value.get_ref().as_str().and_then(|name| name.parse::<GestureKind>().ok()) else {
                continue; // told already
            };
            let needs_hands =
                matches!(kind, GestureKind::HabitItem | GestureKind::GenericTreat | GestureKind::HandwrittenNote);
            if needs_hands && !is_handed_over {
                item.problem(format!(
                    "rule {:?} allows \"{kind}\", but no touchpoint has hands_over = true: it could never be given",
                    rule.name
                ));
            } else if kind == GestureKind::GenericTreat && policy.gestures.generic.is_empty() {
                item.problem(format!(
                    "rule {:?} allows \"generic_treat\", but gestures.generic lists nothing: name items of catalogue.toml",
                    rule.name
                ));
            }
        }
    }
}

/// A tag that no item has may come with the catalogue's topic; one that is nearly an item's is a slip of the pen.
fn check_tags(policy: &Policy, root: &Section<'_>) {
    let tags: Vec<&str> = policy.catalogue.items().flat_map(|item| item.tags.iter().map(String::as_str)).collect();
    let places = [("gestures", "adult_tags"), ("gestures", "never_tags"), ("severity", "central_tags")];
    for (name, key) in places {
        let Some(field) = root.section(name).and_then(|section| section.get(key)) else { continue };
        for tag in field.items() {
            let Some(text) = tag.value.get_ref().as_str() else { continue };
            if tags.contains(&text) {
                continue;
            }
            if let Some(near) = nearest(text, &tags) {
                tag.problem(format!("no item of catalogue.toml has the tag {text:?}; did you mean {near:?}?"));
            }
        }
    }
}

/// Whoever asks afterwards must be somebody at every site.
fn check_follow_up(policy: &Policy, root: &Section<'_>) {
    let Some(field) = root.section("follow_up").and_then(|section| section.get("authority")) else { return };
    let sites = policy.sites.iter().map(|(id, site)| (format!("site {id:?}"), site));
    let mut sites = sites.chain([("the default site".to_owned(), &policy.default_site)]);
    let authority = policy.follow_up.authority;
    let lacking = sites.find(|(_, site)| !site.roles.is_empty() && site.roles.range(authority..).next().is_none());
    if let Some((place, _)) = lacking {
        field.problem(format!("{place} has no role with authority {authority} or above"));
    }
}
