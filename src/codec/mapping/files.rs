//! Raw records in files, for trying a mapping, for `publish` and for `backtest`: JSON (one value a line, or one array)
//! and CSV, whose rows become objects by the names in its first line.
//!
//! A line that is a recorded event, with its `topic` and `value`, gives its key, time and headers too.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::SourceRecord;
use crate::events::Timestamp;

/// A file that can't be read as raw records.
#[derive(Debug, thiserror::Error)]
pub enum RawFileError {
    #[error("{file}:{line}: cannot read: {source}")]
    Read { file: String, line: u64, source: io::Error },
    #[error(
        "{file}:{line}: not JSON: {reason}; a file of raw records has one JSON value a line, or is one array of them, or CSV named .csv"
    )]
    Json { file: String, line: u64, reason: String },
    #[error("{file}:{line}: not CSV: {reason}")]
    Csv { file: String, line: u64, reason: String },
}

/// One raw record and where it stands.
#[derive(Debug, Clone, Default)]
pub struct RawLine {
    /// From 1.
    pub number: u64,
    topic: Option<String>,
    key: Option<String>,
    value: Option<String>,
    timestamp: Option<Timestamp>,
    headers: BTreeMap<String, String>,
}

/// A recorded event with the headers that a mapping may read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedLine {
    topic: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    value: Option<Box<RawValue>>,
    #[serde(default)]
    timestamp: Option<Timestamp>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl RawLine {
    /// As it would have come from a topic: `offset` is its place among all lines that are read.
    pub fn record<'a>(&'a self, topic: &'a str, offset: i64) -> SourceRecord<'a> {
        SourceRecord {
            topic: self.topic.as_deref().unwrap_or(topic),
            partition: 0,
            offset,
            timestamp: self.timestamp,
            key: self.key.as_deref().map(str::as_bytes),
            value: self.value.as_deref().map(str::as_bytes),
            headers: self.headers.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect(),
        }
    }

    /// The value as JSON, for a dead letter.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    fn of_json(number: u64, text: &str) -> Result<Self, serde_json::Error> {
        if let Ok(recorded) = serde_json::from_str::<RecordedLine>(text) {
            let value = recorded.value.map(|value| value.get().to_owned()).filter(|value| value != "null");
            let RecordedLine { topic, key, timestamp, headers, .. } = recorded;
            return Ok(Self { number, topic: Some(topic), key, value, timestamp, headers });
        }
        serde_json::from_str::<serde::de::IgnoredAny>(text)?;
        Ok(Self { number, value: Some(text.to_owned()), ..Self::default() })
    }
}

/// Reads a file of raw records. Ends after the first error.
pub struct RawFileReader<R> {
    file: String,
    form: Form<R>,
    failed: bool,
}

enum Form<R> {
    Lines {
        reader: BufReader<R>,
        line: u64,
    },
    /// An array is read whole.
    Array(std::vec::IntoIter<Box<RawValue>>, u64),
    Csv {
        rows: csv::StringRecordsIntoIter<BufReader<R>>,
        names: csv::StringRecord,
    },
    Broken(Option<RawFileError>),
}

impl<R: Read> RawFileReader<R> {
    /// `file` is the name used in errors; CSV is known by its end, .csv (commas or semicolons) or .tsv.
    pub fn new(reader: R, file: impl Into<String>) -> Self {
        let file = file.into();
        let mut reader = BufReader::new(reader);
        let form = match file.to_lowercase().rsplit_once('.').map(|(_, extension)| extension) {
            Some("csv" | "tsv") => csv_form(reader, &file),
            _ => match first_byte(&mut reader) {
                Ok(Some(b'[')) => array_form(reader, &file),
                Ok(_) => Form::Lines { reader, line: 0 },
                Err(source) => Form::Broken(Some(RawFileError::Read { file: file.clone(), line: 1, source })),
            },
        };
        Self { file, form, failed: false }
    }

    fn read(&mut self) -> Result<Option<RawLine>, RawFileError> {
        let file = &self.file;
        let json = |line: u64, error: serde_json::Error| RawFileError::Json {
            file: file.clone(),
            line,
            reason: error.to_string(),
        };
        match &mut self.form {
            Form::Lines { reader, line } => loop {
                *line += 1;
                let mut text = String::new();
                let read = reader.read_line(&mut text);
                let read = read.map_err(|source| RawFileError::Read { file: file.clone(), line: *line, source })?;
                if read == 0 {
                    return Ok(None);
                }
                let text = text.trim_start_matches('\u{feff}').trim();
                if !text.is_empty() {
                    return RawLine::of_json(*line, text).map(Some).map_err(|error| json(*line, error));
                }
            },
            Form::Array(elements, number) => {
                *number += 1;
                let Some(element) = elements.next() else { return Ok(None) };
                RawLine::of_json(*number, element.get()).map(Some).map_err(|error| json(*number, error))
            }
            Form::Csv { rows, names } => match rows.next() {
                None => Ok(None),
                Some(Ok(row)) => {
                    let number = row.position().map_or(0, csv::Position::line);
                    let fields = names.iter().zip(&row).map(|(name, text)| (name.to_owned(), Value::from(text)));
                    let value = Value::Object(fields.collect::<Map<_, _>>()).to_string();
                    Ok(Some(RawLine { number, value: Some(value), ..RawLine::default() }))
                }
                Some(Err(error)) => Err(csv_error(file, &error)),
            },
            Form::Broken(error) => error.take().map_or(Ok(None), Err),
        }
    }
}

impl<R: Read> Iterator for RawFileReader<R> {
    type Item = Result<RawLine, RawFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = self.read();
        self.failed = result.is_err();
        result.transpose()
    }
}

impl<R> std::fmt::Debug for RawFileReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawFileReader").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The first byte that is neither blank nor a byte order mark, left in place.
fn first_byte(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || [0xEF, 0xBB, 0xBF].contains(byte);
        if let Some(byte) = buffer.iter().find(|byte| !is_blank(byte)) {
            return Ok(Some(*byte));
        }
        let blank = buffer.len();
        reader.consume(blank);
    }
}

fn array_form<R: Read>(mut reader: BufReader<R>, file: &str) -> Form<R> {
    let mut text = String::new();
    if let Err(source) = reader.read_to_string(&mut text) {
        return Form::Broken(Some(RawFileError::Read { file: file.to_owned(), line: 1, source }));
    }
    match serde_json::from_str::<Vec<Box<RawValue>>>(text.trim_start_matches('\u{feff}')) {
        Ok(elements) => Form::Array(elements.into_iter(), 0),
        Err(error) => {
            let (line, reason) = (error.line() as u64, error.to_string());
            Form::Broken(Some(RawFileError::Json { file: file.to_owned(), line, reason }))
        }
    }
}

/// The names in the first line say which sign separates the columns.
fn csv_form<R: Read>(mut reader: BufReader<R>, file: &str) -> Form<R> {
    let separator = match reader.fill_buf() {
        Ok(buffer) => {
            let first = buffer.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let count = |sign: u8| first.iter().filter(|byte| **byte == sign).count();
            *[b',', b';', b'\t'].iter().rev().max_by_key(|sign| count(**sign)).unwrap_or(&b',')
        }
        Err(source) => return Form::Broken(Some(RawFileError::Read { file: file.to_owned(), line: 1, source })),
    };
    let mut rows = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(reader);
    match rows.headers().cloned() {
        Ok(names) => {
            let names = names.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
            Form::Csv { rows: rows.into_records(), names }
        }
        Err(error) => Form::Broken(Some(csv_error(file, &error))),
    }
}

fn csv_error(file: &str, error: &csv::Error) -> RawFileError {
    let line = error.position().map_or(1, csv::Position::line);
    RawFileError::Csv { file: file.to_owned(), line, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Lines and values, or the error.
    fn read(file: &str, text: &str) -> Vec<Result<(u64, String), String>> {
        let lines = RawFileReader::new(text.as_bytes(), file);
        let line = |line: RawLine| (line.number, line.value.unwrap_or_default());
        lines.map(|result| result.map(line).map_err(|error| error.to_string())).collect()
    }

    #[rstest]
    #[case::lines("a.ndjson", "{\"n\":1}\n\n  {\"n\":2}", &[(1, "{\"n\":1}"), (3, "{\"n\":2}")])]
    #[case::a_byte_order_mark("a.ndjson", "\u{feff}{\"n\":1}\r\n", &[(1, "{\"n\":1}")])]
    #[case::an_array("a.json", " [{\"n\":1},\n {\"n\":2}]\n", &[(1, "{\"n\":1}"), (2, "{\"n\":2}")])]
    #[case::nothing("a.ndjson", "\n\n", &[])]
    #[case::commas("a.csv", "n,t\n1,\"x, y\"\n2,\n", &[(2, r#"{"n":"1","t":"x, y"}"#), (3, r#"{"n":"2","t":""}"#)])]
    #[case::semicolons("A.CSV", "\u{feff}n;t\n1;\"a\nb\"\n2; c \n", &[(2, r#"{"n":"1","t":"a\nb"}"#), (4, r#"{"n":"2","t":"c"}"#)])]
    #[case::tabs("a.tsv", "n\tt\n1\tx\n", &[(2, r#"{"n":"1","t":"x"}"#)])]
    fn records_are_read_with_their_lines(#[case] file: &str, #[case] text: &str, #[case] expected: &[(u64, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(line, value)| Ok((*line, (*value).to_owned()))).collect();
        assert_eq!(read(file, text), expected);
    }

    #[rstest]
    #[case::half_an_object("a.ndjson", "{\"n\":1}\n{\"n\":\n{}\n", "a.ndjson:2: not JSON: EOF")]
    #[case::half_an_array("a.json", "[{\"n\":1},\n{\"n\"", "a.json:2: not JSON: EOF")]
    #[case::too_many_columns("a.csv", "n,t\n1,x\n2,y,z\n", "a.csv:3: not CSV: ")]
    fn what_is_no_such_file_is_named_and_ends_the_reading(
        #[case] file: &str,
        #[case] text: &str,
        #[case] expected: &str,
    ) {
        let read = read(file, text);
        let Some(Err(message)) = read.last() else { panic!("no error: {read:?}") };
        assert!(message.starts_with(expected), "{message}");
    }
}
