//! The limits of a site: shifts with their budgets, and what switches gestures off.

use super::set;
use crate::policy::document::Section;
use crate::policy::limits::{Shift, SiteLimits};

pub fn read(section: &Section<'_>, limits: &mut SiteLimits) {
    set(&mut limits.gestures, section.get("gestures").and_then(|field| field.flag()));
    set(&mut limits.personal, section.get("personal").and_then(|field| field.flag()));
    if let Some(field) = section.get("budget_alarm") {
        let percent = field.share().map(|share| (share * 100.0).round() as i64);
        if percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            field.problem("the alarm comes somewhere between \"1 %\" and \"100 %\" of the day's budget");
        }
        set(&mut limits.budget_alarm_percent, percent);
    }
    if section.has("shifts") {
        limits.shifts = shifts(section);
    }
}

fn shifts(section: &Section<'_>) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    for section in section.sections("shifts") {
        let starts = section.need("starts").and_then(|field| field.time_of_day());
        let budget = section.need("budget").and_then(|field| field.amounts());
        if let Some(starts) = starts.filter(|starts| shifts.iter().any(|shift| shift.starts == *starts)) {
            section.problem(format!("another shift starts at {} already", starts.strftime("%H:%M")));
        }
        section.finish();
        if let (Some(starts), Some(budget)) = (starts, budget) {
            shifts.push(Shift { starts, budget });
        }
    }
    shifts.sort_by_key(|shift| shift.starts);
    shifts
}
