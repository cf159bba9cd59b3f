//! The life of an insight: told at the threshold, again at each doubling, resolved.

use super::Desk;
use super::track::{Count, Open, Track};
use super::words::{self, Place};
use crate::events::{Insight, InsightType, InsightWindow, Output, Payload, Timestamp, ids};
use crate::policy::OwnerCase;
use crate::recovery::EntityKind;

/// An insight names at most this many incidents.
const MOST_EXAMPLES: usize = 5;

impl Track {
    /// Tells a cause at the threshold or for many guests at once, and again when its count has doubled. Ordinals begin
    /// above `forgotten`.
    pub(super) fn tell_if_due(&mut self, forgotten: u32, desk: &mut Desk<'_, '_>) {
        let policy = &desk.context.policy.insights;
        let count = self.within(policy, desk.context.now);
        let was_mass_event = self.open.as_ref().is_some_and(|open| open.mass_event);
        let is_mass_event = was_mass_event || self.is_mass_event(policy, &count);
        let insight_type = match &self.open {
            None if count.failures >= i64::from(policy.threshold) || is_mass_event => InsightType::Reported,
            Some(open) if count.failures >= open.told.saturating_mul(2) => InsightType::Updated,
            Some(_) if is_mass_event && !was_mass_event => InsightType::Updated,
            _ => return,
        };
        let revision = match &self.open {
            Some(open) => open.revision + 1,
            None => {
                self.ordinal = self.ordinal.max(forgotten) + 1;
                1
            }
        };
        let open = Open { revision, told: count.failures, mass_event: is_mass_event };
        let advice = |place: &Place<'_>| words::report(self, place, &count, is_mass_event, desk.context);
        let insight = self.insight(&open, insight_type, &count, advice, desk);
        self.open = Some(open);
        desk.say(insight);
    }

    /// `fixed_at`: somebody says so; else the failures have become rare.
    pub(super) fn resolve(&mut self, fixed_at: Option<Timestamp>, desk: &mut Desk<'_, '_>) {
        let Some(mut open) = self.open.take() else { return };
        open.revision += 1;
        let count = self.within(&desk.context.policy.insights, desk.context.now);
        let advice = |place: &Place<'_>| words::resolution(self, place, fixed_at.is_some(), desk.context);
        let insight = self.insight(&open, InsightType::Resolved, &count, advice, desk);
        self.since = self.since.max(Some(fixed_at.unwrap_or(desk.context.now)));
        desk.say(insight);
    }

    fn insight(
        &self,
        open: &Open,
        insight_type: InsightType,
        count: &Count,
        advice: impl FnOnce(&Place<'_>) -> String,
        desk: &Desk<'_, '_>,
    ) -> Insight {
        let place = match desk.key.kind() {
            EntityKind::Carrier => Place { site_id: None, carrier: Some(desk.key.id()) },
            _ => Place { site_id: Some(desk.key.id()), carrier: None },
        };
        let id = ids::insight(desk.key.as_str(), &self.cause, self.ordinal);
        Insight {
            reply_to: ids::reply_to(desk.key.as_str(), &id),
            id,
            revision: open.revision,
            time: desk.context.now,
            insight_type,
            owner: self.owner(&place, desk).to_owned(),
            site_id: place.site_id.map(str::to_owned),
            carrier: place.carrier.map(str::to_owned),
            cause: self.cause.clone(),
            count: count.failures,
            guests: count.guests,
            window: InsightWindow { from: count.from, to: count.to },
            examples: self.examples(count, MOST_EXAMPLES),
            mass_event: open.mass_event,
            advice: advice(&place),
        }
    }

    /// The role that can do something about it.
    fn owner<'a>(&self, place: &Place<'_>, desk: &Desk<'_, 'a>) -> &'a str {
        let site_id = place.site_id.unwrap_or_default();
        let item = self.cause.item_id.as_deref().and_then(|item_id| desk.context.catalogue.item(site_id, item_id));
        desk.context.policy.owner(&OwnerCase {
            cause: &self.cause,
            site_id: place.site_id,
            carrier: place.carrier,
            touchpoint: self.touchpoint.as_deref(),
            item_tags: item.map_or(&[], |item| &item.tags),
        })
    }
}

impl Desk<'_, '_> {
    fn say(&mut self, insight: Insight) {
        let payload = Payload::Insight(Box::new(insight));
        self.outputs.push(Output { key: self.key.id().to_owned(), payload, traceparent: None });
    }
}
