//! A scenario file: what happens, what staff answer, and what should have been decided.

use std::collections::BTreeMap;

use super::expected::{self, Place};
use super::moment::Calendar;
use super::story::{Scenario, Step, What, order_of};
use super::{answers, events};
use crate::codec::Codec;
use crate::document::{Report, Section, Source, parse};
use crate::policy::Policy;

/// When a scenario does not say which day it is.
const DAY: jiff::civil::Date = jiff::civil::date(2026, 6, 3);

/// The text of a scenario and where it comes from.
#[derive(Debug, Clone)]
pub struct ScenarioFile {
    /// The file's name without its ending.
    pub name: String,
    pub source: Source,
}

/// What a scenario is read with.
pub(super) struct Reader<'a> {
    pub policy: &'a Policy,
    pub codec: &'a Codec,
    /// The files of recorded events beside the scenarios, by name.
    pub recordings: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    /// Reads a file; whatever is wrong with it goes to the report.
    pub fn read(&self, file: &ScenarioFile, report: &Report) -> Scenario {
        let table = parse(&file.source, report);
        let root = Section::new(&file.source, report, String::new(), 0, table.get_ref());
        let site = root.get("site").and_then(|field| field.text());
        let zone = site.map_or(&self.policy.default_site, |site| self.policy.site(&site)).time_zone.clone();
        let day = root.get("day").and_then(|field| {
            let day = field.text()?.parse().ok();
            if day.is_none() {
                field.problem("day must be a date, as \"2026-06-03\"");
            }
            day
        });
        let calendar = Calendar { day: day.unwrap_or(DAY), zone };
        let mut scenario = Scenario {
            name: file.name.clone(),
            file: file.source.name.clone(),
            title: root.need("title").and_then(|field| field.text()).unwrap_or_default(),
            covers: root.get("covers").map(|field| field.texts()).unwrap_or_default(),
            calendar,
            steps: Vec::new(),
        };
        let calendar = &scenario.calendar;
        let mut steps = Vec::new();
        if let Some(field) = root.get("events") {
            events::read_recorded(&field, self, &mut steps);
        }
        let common = root.section("common");
        let common = common.map(|section| events::Common::read(section, calendar)).unwrap_or_default();
        for (index, section) in root.sections("event").into_iter().enumerate() {
            events::read(section, index, calendar, &common, self.codec, &mut steps);
        }
        for (index, section) in root.sections("answer").into_iter().enumerate() {
            answers::read(section, index, calendar, self.codec, &mut steps);
        }
        let expects = root.sections("expect");
        if expects.is_empty() {
            root.problem("no [[expect]]: say what should be decided, or `none = true`");
        }
        for section in expects {
            let expect = expected::read(section, calendar);
            let (at, place) = (expect.at, expect.place);
            steps.push(Step { at, place, what: What::Expect(expect) });
        }
        root.finish();
        steps.sort_by_key(order_of);
        scenario.steps = steps;
        scenario
    }
}

/// Where a section stands.
pub(super) fn place_of(section: &Section<'_>) -> Place {
    let (line, column) = section.source.position(section.at);
    Place { line, column }
}
