//! `phrases.<lang>.toml`: the shipped phrases of a language, overridden key by key by the policy's own file.
//!
//! Every phrase is tried with and without each fact that may be absent; what does not render is refused here.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, Value};
use toml::de::DeValue;

use super::keys::{Fact, Sample, required};
use super::{Inner, Phrases, environment, render_in};
use crate::policy::document::{self, Section};
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

/// Reads files in order; a later one overrides the phrases of an earlier one of its language.
pub fn read_phrases(files: &[PhraseFile], report: &Report) -> Phrases {
    let facts: BTreeMap<String, &'static [Fact]> = required().into_iter().collect();
    let mut templates = environment();
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let table = document::parse(&file.source, report);
        let root = Section::root(&file.source, report, &table);
        let keys = found.entry(&file.language).or_default();
        read_section(&root, &file.language, &facts, &mut templates, keys);
    }
    for (language, keys) in &found {
        let Some(file) = files.iter().rev().find(|file| file.language == *language) else { continue };
        for key in facts.keys().filter(|key| !keys.contains(*key)) {
            report.add(&file.source, 0, format!("language {language:?} has no phrase {key:?}"));
        }
    }
    let languages = found.keys().map(|language| (*language).to_owned()).collect();
    Phrases { inner: Inner { templates, languages, facts }.into() }
}

fn read_section(
    section: &Section<'_>,
    language: &str,
    facts: &BTreeMap<String, &'static [Fact]>,
    templates: &mut Environment<'static>,
    keys: &mut BTreeSet<String>,
) {
    for field in section.entries() {
        if let DeValue::Table(_) = field.value.get_ref() {
            if let Some(inner) = field.section() {
                read_section(&inner, language, facts, templates, keys);
            }
            continue;
        }
        let Some(text) = field.text() else { continue };
        let key = field.path.clone();
        let Some(names) = facts.get(&key) else {
            let known: Vec<&str> = facts.keys().map(String::as_str).collect();
            field.key_problem(short(unknown("phrase", &key, &known)));
            continue;
        };
        keys.insert(key.clone());
        if let Err(reason) = add(templates, language, &key, &text, names) {
            field.problem(format!("phrase {key:?}: {reason}"));
        }
    }
}

/// Compiles a phrase, and tries it.
fn add(
    templates: &mut Environment<'static>,
    language: &str,
    key: &str,
    text: &str,
    facts: &[Fact],
) -> Result<(), String> {
    let lower = text.to_lowercase();
    if let Some(words) = EMPTY_WORDS.iter().find(|words| lower.contains(**words)) {
        return Err(format!("{words:?} names nothing; say what went wrong"));
    }
    let name = format!("{language}/{key}");
    templates.add_template_owned(name.clone(), text.to_owned()).map_err(|error| describe(&error))?;
    let template = templates.get_template(&name).map_err(|error| describe(&error))?;
    let known: Vec<&str> = facts.iter().map(|fact| fact.name).collect();
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
        Sample::Flag => Value::from(round % 2 == 0),
    }
}

fn describe(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}

/// Without the long list of all phrases.
fn short(reason: String) -> String {
    reason.split("; known are").next().unwrap_or_default().to_owned()
}
