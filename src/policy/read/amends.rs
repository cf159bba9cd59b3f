//! Gestures, habits, follow-ups and the horizons of memory.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::{gifts, hours, set};
use crate::events::{Authority, Millis, Severity};
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::model::{Amounts, FollowUpPolicy, GesturePolicy, HabitPolicy, Horizons};

pub fn gestures(root: &Section<'_>, touchpoints: &[String]) -> GesturePolicy {
    let mut gestures = GesturePolicy {
        enabled: true,
        caps: BTreeMap::new(),
        cap_percent: 150,
        assumed_value: Amounts::new(),
        due_after: Millis::minutes(10),
        repeat_after: Millis::days(14),
        join_window: Millis::hours(2),
        generic: Vec::new(),
        credit: Amounts::new(),
        dislike_for: Millis::days(90),
        services: BTreeMap::new(),
        points: None,
        donation: None,
        approval_within: Millis::minutes(5),
        adult_tags: Vec::new(),
        permitted: Vec::new(),
        never_tags: vec!["sensitive".to_owned()],
        guest_cap: Amounts::new(),
        guest_count: None,
        guest_claims: None,
        guest_window: Millis::days(30),
        recall_within: None,
    };
    let Some(section) = root.section("gestures") else { return gestures };
    let duration = |key: &str| section.get(key).and_then(|field| field.duration());
    let amounts = |key: &str| section.get(key).and_then(|field| field.amounts());

    set(&mut gestures.enabled, section.get("enabled").and_then(|field| field.flag()));
    if let Some(caps) = section.section("caps") {
        for field in caps.entries() {
            let severity = field.key_name::<Severity>("severity");
            if let (Some(severity), Some(amounts)) = (severity, field.amounts()) {
                gestures.caps.insert(severity, amounts);
            }
        }
    }
    let percent = section.get("cap_percent").and_then(|field| field.share());
    set(&mut gestures.cap_percent, percent.map(|share| (share * 100.0).round() as i64));
    set(&mut gestures.assumed_value, amounts("assumed_value"));
    set(&mut gestures.due_after, duration("due_after"));
    set(&mut gestures.repeat_after, duration("repeat_after"));
    set(&mut gestures.join_window, duration("join_window"));
    set(&mut gestures.generic, section.get("generic").map(|field| field.texts()));
    set(&mut gestures.credit, amounts("credit"));
    set(&mut gestures.dislike_for, duration("dislike_for"));
    set(&mut gestures.adult_tags, section.get("adult_tags").map(|field| field.texts()));
    set(&mut gestures.never_tags, section.get("never_tags").map(|field| field.texts()));
    set(&mut gestures.guest_cap, amounts("guest_cap"));
    set(&mut gestures.guest_count, section.get("guest_count").map(|field| field.count()));
    set(&mut gestures.guest_claims, section.get("guest_claims").map(|field| field.count()));
    set(&mut gestures.guest_window, duration("guest_window"));
    gestures.recall_within = duration("recall_within");
    set(&mut gestures.approval_within, duration("approval_within"));
    let touchpoints: Vec<&str> = touchpoints.iter().map(String::as_str).collect();
    gifts::gifts(&section, &touchpoints, &mut gestures);
    section.finish();
    gestures
}

pub fn habits(root: &Section<'_>) -> HabitPolicy {
    let mut habits = HabitPolicy {
        half_life: Millis::days(30),
        min_share: 0.40,
        min_days: 2,
        other_site_weight: 0.5,
        other_visit_weight: 1.0,
        other_daypart_weight: 1.0,
        other_weekday_weight: 1.0,
        dayparts: [5, 11, 16, 22].map(|hour| Time::constant(hour, 0, 0, 0)).to_vec(),
        remember: Millis::days(150),
    };
    let Some(section) = root.section("habits") else { return habits };
    let half_life = section.get("half_life").and_then(|field| {
        let half_life = field.duration()?;
        if half_life == Millis::ZERO {
            field.problem("habits.half_life must be longer than nothing");
        }
        Some(half_life)
    });
    if let Some(half_life) = half_life {
        // After five half-lives an occasion has no weight (domain.md 6).
        habits.half_life = half_life;
        habits.remember = Millis(half_life.0.saturating_mul(5));
    }
    set(&mut habits.min_share, section.get("min_share").and_then(|field| field.share()));
    let min_days = section.get("min_days").and_then(|field| field.count());
    set(&mut habits.min_days, min_days.map(|days| days as usize));
    let weight = |key: &str| {
        let field = section.get(key)?;
        let weight = field.share()?;
        if weight > 1.0 {
            field.problem(format!(
                "{} must be at most \"100 %\": that is what an occasion weighs here and now",
                field.path
            ));
        }
        Some(weight)
    };
    set(&mut habits.other_site_weight, weight("other_site_weight"));
    set(&mut habits.other_visit_weight, weight("other_visit_weight"));
    set(&mut habits.other_daypart_weight, weight("other_daypart_weight"));
    set(&mut habits.other_weekday_weight, weight("other_weekday_weight"));
    if let Some(field) = section.get("dayparts") {
        habits.dayparts = field.items().iter().filter_map(Field::time_of_day).collect();
        if !habits.dayparts.is_sorted_by(|one, other| one < other) {
            field.problem("the parts of a day begin one after the other, as [\"05:00\", \"11:00\", \"16:00\"]");
        }
    }
    set(&mut habits.remember, section.get("remember").and_then(|field| field.duration()));
    section.finish();
    habits
}

pub fn follow_up(root: &Section<'_>) -> FollowUpPolicy {
    let mut follow_up = FollowUpPolicy {
        when: None,
        expires: Millis::hours(24),
        before_visit_ends: Millis::hours(1),
        again_after: None,
        authority: Authority::A2,
    };
    let Some(section) = root.section("follow_up") else { return follow_up };
    follow_up.when = section.get("when").and_then(|field| hours::ask_again(&field));
    set(&mut follow_up.expires, section.get("expires").and_then(|field| field.duration()));
    set(&mut follow_up.before_visit_ends, section.get("before_visit_ends").and_then(|field| field.duration()));
    follow_up.again_after = section.get("again_after").and_then(|field| hours::ask_again(&field));
    set(&mut follow_up.authority, section.get("authority").and_then(|field| field.name("authority level")));
    section.finish();
    follow_up
}

pub fn horizons(root: &Section<'_>) -> Horizons {
    let mut horizons = Horizons {
        dedupe_horizon: Millis::days(45),
        complaint_window: Millis::days(7),
        patience: Millis::seconds(30),
        unmatched_complaint: Millis::minutes(15),
        max_clock_hold: Some(Millis::minutes(2)),
        future_tolerance: Millis::minutes(5),
    };
    let Some(section) = root.section("horizons") else { return horizons };
    let duration = |key: &str| section.get(key).and_then(|field| field.duration());
    set(&mut horizons.dedupe_horizon, duration("dedupe_horizon"));
    set(&mut horizons.complaint_window, duration("complaint_window"));
    set(&mut horizons.patience, duration("patience"));
    set(&mut horizons.unmatched_complaint, duration("unmatched_complaint"));
    set(&mut horizons.max_clock_hold, section.get("max_clock_hold").and_then(|field| field.duration_or_none()));
    set(&mut horizons.future_tolerance, duration("future_tolerance"));
    section.finish();
    horizons
}
