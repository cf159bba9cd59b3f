//! Files of events for commands: recorded ones, or raw records that a mapping turns into events.

use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::Path;

use super::Failure;
use crate::codec::mapping::{Mapping, RawFileReader};
use crate::codec::{Codec, Line, RecordedReader};

type Lines<'a> = Box<dyn Iterator<Item = Result<Line, Failure>> + 'a>;

/// A file, or standard input, and its name for messages.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn Read>), Failure> {
    if path == Path::new("-") {
        return Ok(("<stdin>".to_owned(), Box::new(stdin().lock())));
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => Ok((name, Box::new(file))),
        Err(error) => Err(Failure::usage(format!("cannot open {name}: {error}"))),
    }
}

/// What a file is called where a record's topic is asked for: its name, wherever it lies.
pub(super) fn topic_of(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The recorded events of a file. With a mapping, those that its raw records become, in topics named like their
/// contracts; a record that cannot be mapped is an error.
pub(super) fn read<'a>(file: Box<dyn Read>, name: &'a str, mapping: Option<&'a Mapping>) -> Result<Lines<'a>, Failure> {
    let Some(mapping) = mapping else {
        let lines = RecordedReader::new(BufReader::new(file), name);
        return Ok(Box::new(lines.map(|line| line.map_err(Failure::usage))));
    };
    let codec = Codec::new(None)?;
    let mut offset = -1;
    let lines = RawFileReader::new(file, name).flat_map(move |line| {
        offset += 1;
        let mapped = line.map_err(Failure::usage).and_then(|line| {
            let recorded = mapping.recorded(&codec, &line.record(topic_of(name), offset));
            let place = format!("{name}:{}", line.number);
            let recorded = recorded.map_err(|error| Failure::usage(format!("{place}: {error}")))?;
            let number = line.number;
            Ok(recorded.into_iter().map(move |recorded| Ok(Line { number, recorded })).collect::<Vec<_>>())
        });
        mapped.unwrap_or_else(|failure| vec![Err(failure)])
    });
    Ok(Box::new(lines))
}
