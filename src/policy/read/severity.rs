//! How bad it is: bands of lateness and of the share of the order, and kinds with a severity of their own.

use std::collections::BTreeMap;

use super::set;
use crate::events::{FailureKind, Millis, Severity};
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::model::SeverityPolicy;

/// Kinds that always reach a person and are never less than major.
pub const ALWAYS_A_PERSON: [FailureKind; 2] = [FailureKind::Safety, FailureKind::StaffConduct];

pub fn read(root: &Section<'_>) -> SeverityPolicy {
    let mut severity = SeverityPolicy {
        lateness: vec![
            (Millis::minutes(10), Severity::Trivial),
            (Millis::minutes(20), Severity::Minor),
            (Millis::minutes(30), Severity::Moderate),
        ],
        late_beyond: Severity::Major,
        share: vec![(0.5, Severity::Minor)],
        share_beyond: Severity::Moderate,
        kinds: ALWAYS_A_PERSON.into_iter().map(|kind| (kind, Severity::Major)).collect(),
        repeat_within: Millis::days(30),
        habit_broken_raises: true,
        central_tags: Vec::new(),
        many_people: None,
    };
    let Some(section) = root.section("severity") else { return severity };
    if let Some(bands) = section.section("lateness") {
        (severity.lateness, severity.late_beyond) = read_bands(bands, Field::duration, severity.late_beyond);
    }
    if let Some(bands) = section.section("share") {
        (severity.share, severity.share_beyond) = read_bands(bands, Field::share, severity.share_beyond);
    }
    if let Some(kinds) = section.section("kinds") {
        read_kinds(kinds, &mut severity.kinds);
    }
    set(&mut severity.repeat_within, section.get("repeat_within").and_then(|field| field.duration()));
    set(&mut severity.habit_broken_raises, section.get("habit_broken_raises").and_then(|field| field.flag()));
    set(&mut severity.central_tags, section.get("central_tags").map(|field| field.texts()));
    severity.many_people = section.get("many_people").and_then(|field| many_people(&field));
    section.finish();
    severity
}

fn many_people(field: &Field<'_>) -> Option<i64> {
    let many = field.count()?;
    if many < 2 {
        field.problem("severity.many_people must be at least 2: one is every guest");
    }
    Some(i64::from(many))
}

/// `minor = "20 min"` means minor up to 20 minutes; `beyond` names the severity after the last band.
fn read_bands<'a, T: PartialOrd + Copy>(
    section: Section<'a>,
    read: impl Fn(&Field<'a>) -> Option<T>,
    default_beyond: Severity,
) -> (Vec<(T, Severity)>, Severity) {
    let mut bands: Vec<(T, Severity)> = Vec::new();
    for &severity in Severity::ALL {
        let Some(field) = section.get(severity.name()) else { continue };
        let Some(up_to) = read(&field) else { continue };
        if let Some((_, lower)) = bands.last().filter(|(end, _)| *end >= up_to) {
            field.problem(format!("the band of {severity} must end after that of {lower}"));
        }
        bands.push((up_to, severity));
    }
    let beyond_field = section.need("beyond");
    let beyond = beyond_field.as_ref().and_then(|field| field.name("severity")).unwrap_or(default_beyond);
    if let (Some(field), Some((_, worst))) = (beyond_field, bands.last().filter(|(_, worst)| *worst >= beyond)) {
        field.problem(format!("beyond the last band it must be worse than {worst}"));
    }
    section.finish();
    (bands, beyond)
}

fn read_kinds(section: Section<'_>, kinds: &mut BTreeMap<FailureKind, Severity>) {
    for field in section.entries() {
        let kind = field.key_name::<FailureKind>("failure kind");
        let (Some(kind), Some(severity)) = (kind, field.name::<Severity>("severity")) else { continue };
        if ALWAYS_A_PERSON.contains(&kind) && severity < Severity::Major {
            field.problem(format!("{kind} is at least \"major\""));
        }
        kinds.insert(kind, severity);
    }
}
