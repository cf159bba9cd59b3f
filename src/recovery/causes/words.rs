//! What the owner of a cause reads: what happened, how often, and where to look; in the language of the place.

use serde::Serialize;

use super::track::{Count, Track};
use crate::policy::SitePolicy;
use crate::recovery::Context;

/// Where it is counted: one of the two.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub site_id: Option<&'a str>,
    pub carrier: Option<&'a str>,
}

impl Place<'_> {
    /// A carrier has no language and no clock: it reads what the default site reads.
    fn site<'a>(&self, context: &Context<'a>) -> &'a SitePolicy {
        self.site_id.map_or(&context.policy.default_site, |site_id| context.policy.site(site_id))
    }
}

#[derive(Serialize)]
struct Report<'a> {
    what: String,
    carrier: Option<&'a str>,
    reason: Option<String>,
    count: i64,
    guests: i64,
    date: String,
    clock: String,
    many_at_once: bool,
    advice: String,
}

/// What happened, how often since when, and what to look at.
pub fn report(track: &Track, place: &Place<'_>, count: &Count, is_mass_event: bool, context: &Context<'_>) -> String {
    let site = place.site(context);
    let languages = [site.language.as_str()];
    let phrases = &context.policy.phrases;
    let since = site.time_zone.to_datetime(count.first_at.unwrap_or(count.from).to_jiff());
    let names = Names { name: None, of: None, carrier: place.carrier };
    let advice_key = format!("advice.{}", track.cause.failure.name());
    let reason = track.cause.reason.map(|reason| format!("reason.{}", reason.name()));
    let facts = Report {
        what: what(track, place, context),
        carrier: place.carrier,
        reason: reason.map(|key| phrases.render(&languages, &key, ()).0),
        count: count.failures,
        guests: count.guests,
        date: phrases.date(&languages, since.date()),
        clock: since.strftime("%H:%M").to_string(),
        many_at_once: is_mass_event,
        advice: phrases.render(&languages, &advice_key, names).0,
    };
    phrases.render(&languages, "insight.report", facts).0
}

/// Why it is over.
pub fn resolution(track: &Track, place: &Place<'_>, is_fixed: bool, context: &Context<'_>) -> String {
    #[derive(Serialize)]
    struct Resolution<'a> {
        what: String,
        carrier: Option<&'a str>,
    }
    let languages = [place.site(context).language.as_str()];
    let facts = Resolution { what: what(track, place, context), carrier: place.carrier };
    let key = if is_fixed { "insight.fixed" } else { "insight.rare" };
    context.policy.phrases.render(&languages, key, facts).0
}

#[derive(Serialize)]
struct Names<'a> {
    name: Option<String>,
    of: Option<String>,
    carrier: Option<&'a str>,
}

/// The cause as a clause, as "the salad came without extra dressing".
fn what(track: &Track, place: &Place<'_>, context: &Context<'_>) -> String {
    let languages = [place.site(context).language.as_str()];
    let item = item_name(track, place, context);
    let modifier = track.cause.modifier_id.as_ref();
    let modifier = modifier.map(|id| track.modifier_name.clone().unwrap_or_else(|| id.clone()));
    let (name, of) = if modifier.is_some() { (modifier, item) } else { (item, None) };
    let key = format!("failure.{}", track.cause.failure.name());
    context.policy.phrases.render(&languages, &key, Names { name, of, carrier: None }).0
}

/// The catalogue's name, else the one it was ordered by, else its id.
fn item_name(track: &Track, place: &Place<'_>, context: &Context<'_>) -> Option<String> {
    let item_id = track.cause.item_id.as_deref()?;
    let languages = [place.site(context).language.as_str()];
    let listed = context.catalogue.name(place.site_id.unwrap_or_default(), item_id, &languages).map(str::to_owned);
    listed.or_else(|| track.item_name.clone()).or_else(|| Some(item_id.to_owned()))
}
