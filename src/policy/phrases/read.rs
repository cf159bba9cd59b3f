//! `phrases.<lang>.toml`: the shipped phrases of a language, overridden key by key by the policy's own file.
//!
//! Every phrase is tried with and without each fact that may be absent; what does not render is refused here.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Environment, Value};
use toml::de::DeValue;

use super::keys::{Fact, Sample, required};
use super::words::{Forms, Words};
use super::{Inner, Phrases, environment, render_in};
use crate::policy::document::{self, Section};
use crate::policy::field::Field;
use crate::policy::problems::{Report, Source, unknown};

/// Words that say nothing about what went wrong: an apology names the shortfall.
const EMPTY_WORDS: [&str; 3] = ["any inconvenience", "eventuelle gener", "eventuella besvär"];

/// The phrases of one language.
#[derive(Debug, Clone)]
pub struct PhraseFile {
    /// As "da".
    pub language: String,
    pub source: Source,
}

/// Where a phrase stands that compiled: by language and key.
type Places<'a> = BTreeMap<(String, String), Field<'a>>;

/// Reads files in order; a later one overrides the phrases of an earlier one of its language.
pub fn read_phrases(files: &[PhraseFile], report: &Report) -> Phrases {
    let tables: Vec<_> = files.iter().map(|file| (file, document::parse(&file.source, report))).collect();
    let mut words = Words::default();
    for (file, table) in &tables {
        let root = Section::root(&file.source, report, table);
        if let Some(section) = root.section("words") {
            read_words(&section, &file.language, &mut words);
        }
    }
    let words = Arc::new(words);

    let facts: BTreeMap<String, &'static [Fact]> = required().into_iter().collect();
    let mut templates = environment(Arc::clone(&words));
    let mut places = Places::new();
    for (file, table) in &tables {
        let root = Section::root(&file.source, report, table);
        read_section(&root, &file.language, &facts, &mut templates, &mut places);
    }
    for ((language, key), field) in &places {
        if let Err(reason) = try_out(&templates, language, key, facts[key]) {
            field.problem(format!("phrase {key:?}: {reason}"));
        }
    }

    let mut languages: Vec<String> = files.iter().map(|file| file.language.clone()).collect();
    languages.sort();
    languages.dedup();
    for language in &languages {
        let Some(file) = files.iter().rev().find(|file| file.language == *language) else { continue };
        for key in facts.keys().filter(|key| !places.contains_key(&(language.clone(), (*key).clone()))) {
            report.add(&file.source, 0, format!("language {language:?} has no phrase {key:?}"));
        }
    }
    Phrases { inner: Arc::new(Inner { templates, languages, facts, words }) }
}

fn read_words(section: &Section<'_>, language: &str, words: &mut Words) {
    for field in section.entries() {
        let Some(section) = field.section() else { continue };
        let form = |key: &str| section.get(key).and_then(|field| field.text());
        let forms = Forms { a: form("a"), the: form("the"), many: form("many"), all: form("all") };
        section.finish();
        words.insert(language, field.key, forms);
    }
}

fn read_section<'a>(
    section: &Section<'a>,
    language: &str,
    facts: &BTreeMap<String, &'static [Fact]>,
    templates: &mut Environment<'static>,
    places: &mut Places<'a>,
) {
    for field in section.entries() {
        if field.path == "words" {
            continue;
        }
        if let DeValue::Table(_) = field.value.get_ref() {
            if let Some(inner) = field.section() {
                read_section(&inner, language, facts, templates, places);
            }
            continue;
        }
        let Some(text) = field.text() else { continue };
        let key = field.path.clone();
        if !facts.contains_key(&key) {
            let known: Vec<&str> = facts.keys().map(String::as_str).collect();
            field.key_problem(short(unknown("phrase", &key, &known)));
            continue;
        }
        // A phrase that does not compile is there all the same: its key is not reported as missing.
        if let Err(error) = templates.add_template_owned(format!("{language}/{key}"), text) {
            field.problem(format!("phrase {key:?}: {}", describe(&error)));
        }
        places.insert((language.to_owned(), key), field);
    }
}

/// Renders a phrase with every kind of facts that it may be given.
fn try_out(templates: &Environment<'_>, language: &str, key: &str, facts: &[Fact]) -> Result<(), String> {
    // One that did not compile has been reported.
    let Ok(template) = templates.get_template(&format!("{language}/{key}")) else { return Ok(()) };
    let lower = template.source().to_lowercase();
    if let Some(words) = EMPTY_WORDS.iter().find(|words| lower.contains(**words)) {
        return Err(format!("{words:?} names nothing; say what went wrong"));
    }
    let mut known: Vec<&str> = facts.iter().map(|fact| fact.name).collect();
    if super::is_told_who(key) {
        known.push("who");
    }
    let mut used: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    used.sort();
    if let Some(strange) = used.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown("fact", strange, &known));
    }
    for sample in samples(facts) {
        let rendered = render_in(templates, language, key, &sample).map_err(|error| describe(&error))?;
        if rendered.trim().is_empty() {
            return Err(format!("is empty with the facts {sample}"));
        }
    }
    Ok(())
}

/// Facts to try a phrase with: all, none of the optional ones, all but one, one alone; each with every number.
fn samples(facts: &[Fact]) -> Vec<Value> {
    let optional: Vec<&str> = facts.iter().filter(|fact| fact.optional).map(|fact| fact.name).collect();
    let mut absent: Vec<Vec<&str>> = vec![Vec::new(), optional.clone()];
    for name in &optional {
        absent.push(vec![name]);
        absent.push(optional.iter().copied().filter(|other| other != name).collect());
    }
    let mut samples = Vec::new();
    for absent in &absent {
        for round in 0..3 {
            let mut sample: BTreeMap<&str, Value> = BTreeMap::new();
            for fact in facts {
                let value = if absent.contains(&fact.name) { Value::from(()) } else { value(fact.sample, round) };
                sample.insert(fact.name, value);
            }
            samples.push(Value::from(sample));
        }
    }
    samples
}

fn value(sample: Sample, round: usize) -> Value {
    match sample {
        Sample::Text(text) => Value::from(text),
        Sample::Numbers(numbers) => Value::from(numbers[round % numbers.len()]),
        Sample::Flag => Value::from(round != 1),
    }
}

fn describe(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}

/// Without the long list of all phrases.
fn short(reason: String) -> String {
    reason.split("; known are").next().unwrap_or_default().to_owned()
}
