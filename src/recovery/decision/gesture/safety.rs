//! Nothing that could harm anybody at the table: allergies, diets, age, dislikes. What is not known counts as unsafe.

use crate::events::{CatalogueItem, CustomerProfile};
use crate::recovery::decision::Case;

/// The catalogue says that there is nothing in it that anybody could be allergic to.
const NO_ALLERGENS: &str = "allergens:none";
/// Somebody at the table must not have it. Neither who nor why: what was declared is there to rule out, not to be read.
const UNSAFE: &str = "unsafe";

/// Why not, for everybody at the table, or `None`.
pub(super) fn unsafe_for_the_party(case: &Case<'_>, item: &CatalogueItem) -> Option<&'static str> {
    let Some(companions) = case.companions else { return Some("companions_unknown") };
    let people: Vec<Option<&CustomerProfile>> =
        std::iter::once(case.profile).chain(companions.iter().copied()).collect();
    // more people than names: somebody is there of whom nothing is known
    let is_anybody_unknown = usize::try_from(case.party_size).is_ok_and(|size| size > people.len());
    let everybody = |is_so: &dyn Fn(&CustomerProfile) -> bool| {
        !is_anybody_unknown && people.iter().all(|person| person.is_some_and(is_so))
    };
    let gestures = &case.policy.gestures;
    let restricted: Vec<&String> = item.tags.iter().filter(|tag| gestures.is_restricted(tag)).collect();
    if !restricted.is_empty() && !everybody(&|person| person.adult == Some(true)) {
        return Some("adult_unknown");
    }
    let is_permitted = |tag: &&String| gestures.is_permitted(tag, case.site, case.touchpoint_name);
    if !restricted.iter().all(is_permitted) || item.tags.iter().any(|tag| gestures.never_tags.contains(tag)) {
        return Some("not_permitted");
    }
    let is_harmless = item.tags.iter().any(|tag| tag == NO_ALLERGENS);
    if case.site.allergy_check && !is_harmless && !everybody(&|_| true) {
        return Some("allergies_unknown");
    }
    people.into_iter().flatten().find_map(|person| unsafe_for(person, item))
}

fn unsafe_for(person: &CustomerProfile, item: &CatalogueItem) -> Option<&'static str> {
    let tagged = |prefix: &str, what: &str| {
        item.tags.iter().filter_map(|tag| tag.strip_prefix(prefix)).any(|tagged| is_same_word(tagged, what))
    };
    let contains = |what: &str| tagged("contains:", what);
    if person.allergies.iter().any(|allergy| contains(allergy)) {
        return Some(UNSAFE);
    }
    let is_declared = item.tags.iter().any(|tag| tag.starts_with("contains:") || tag == NO_ALLERGENS);
    if !person.allergies.is_empty() && !is_declared {
        return Some(UNSAFE);
    }
    if !person.diets.iter().all(|diet| tagged("suits:", diet)) {
        return Some(UNSAFE);
    }
    let is_disliked = person.dislikes.iter().any(|dislike| {
        is_same_word(dislike, &item.item_id)
            || contains(dislike)
            || item.item_id.split('-').any(|word| is_same_word(word, dislike))
    });
    is_disliked.then_some("disliked")
}

/// Profiles are typed by people: "Nuts " and "nut" are what the catalogue calls "nuts", "late checkout" is what the
/// policy calls "late-checkout".
pub(super) fn is_same_word(one: &str, other: &str) -> bool {
    let stem = |word: &str| {
        let word = word.trim().to_lowercase().replace(['_', '-'], " ");
        word.strip_suffix('s').map(str::to_owned).unwrap_or(word)
    };
    stem(one) == stem(other)
}
