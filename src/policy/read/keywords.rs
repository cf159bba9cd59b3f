//! Keywords: the shipped tables, and what the policy adds to them under `[keywords.<language>]`.

use crate::document::{Report, Section, Source, parse};
use crate::events::FailureKind;
use crate::policy::{Keywords, presets};

/// `[keywords] shipped = false` leaves the shipped tables out.
pub fn read(root: &Section<'_>, report: &Report) -> Keywords {
    let mut keywords = Keywords::default();
    let section = root.section("keywords");
    let own_only = section.as_ref().and_then(|section| section.get("shipped")?.flag()) == Some(false);
    if !own_only {
        for (language, source) in presets::shared_keywords() {
            read_file(&mut keywords, language, &source, report);
        }
    }
    let Some(section) = section else { return keywords };
    for field in section.entries().into_iter().filter(|field| field.key != "shipped") {
        let language = field.key.to_lowercase();
        if let Some(table) = field.section() {
            read_table(&mut keywords, &language, &table);
        }
    }
    keywords
}

fn read_file(keywords: &mut Keywords, language: &str, source: &Source, report: &Report) {
    let table = parse(source, report);
    read_table(keywords, language, &Section::root(source, report, &table));
}

/// `quality_defect = ["cold", "too salty"]`
fn read_table(keywords: &mut Keywords, language: &str, table: &Section<'_>) {
    for field in table.entries() {
        let Some(kind) = field.key_name::<FailureKind>("failure kind") else { continue };
        for item in field.items() {
            let Some(text) = item.text() else { continue };
            if !keywords.add(language, &text, kind) {
                item.problem(format!("{text:?} must have a word, and speak of one kind of failure only"));
            }
        }
    }
}
