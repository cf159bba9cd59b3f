//! The day itself: recorded events and the answers of staff, merged by time, through the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DemoError;
use super::board::Board;
use super::staff::{self, Answer};
use crate::codec::{Codec, RecordedReader};
use crate::engine::InProcess;
use crate::events::{Input, Millis, Timestamp};
use crate::policy::Policy;

/// (name, content): the founding case with its answers, then the evening without any.
const RECORDINGS: [(&str, &str); 2] = [
    ("examples/golden.ndjson", include_str!("../../examples/golden.ndjson")),
    ("examples/hotel-evening.ndjson", include_str!("../../examples/hotel-evening.ndjson")),
];

/// How long after the last event the demo watches: unanswered follow-ups run out in this time.
const AFTERMATH: Millis = Millis::hours(16);

/// What is going to happen.
enum Next {
    Recorded(Input),
    Answer(Answer),
}

/// By time, then in order of arrival.
#[derive(Default)]
struct Agenda {
    entries: BTreeMap<(Timestamp, usize), Next>,
    added: usize,
}

impl Agenda {
    fn add(&mut self, time: Timestamp, next: Next) {
        self.entries.insert((time, self.added), next);
        self.added += 1;
    }
}

pub(super) fn play(policy: Arc<Policy>, board: &mut Board) -> Result<(), DemoError> {
    let mut agenda = recorded()?;
    let last = agenda.entries.keys().next_back().map_or(Timestamp::MIN, |(time, _)| *time);
    let end = last + AFTERMATH;
    let mut engine = InProcess::new(4, policy);
    loop {
        let next = agenda.entries.first_key_value().map_or(end, |((time, _), _)| *time);
        match engine.next_deadline().filter(|deadline| *deadline < next) {
            Some(deadline) => engine.advance(deadline + Millis(1)),
            None => match agenda.entries.pop_first() {
                Some((_, Next::Recorded(input))) => {
                    board.see_input(&input);
                    engine.input(input)?;
                }
                Some(((time, _), Next::Answer(answer))) => {
                    engine.advance(time);
                    if board.is_open(&answer.action_id) {
                        engine.input(answer.at(time))?;
                    }
                }
                None => break,
            },
        }
        for output in engine.take_outputs() {
            board.see_output(&output);
            if let Some((time, answer)) = staff::react(&output) {
                agenda.add(time.max(engine.now()), Next::Answer(answer));
            }
        }
    }
    Ok(())
}

/// The recordings, decoded as records of a topic are.
fn recorded() -> Result<Agenda, DemoError> {
    let codec = Codec::new(None)?;
    let no_other_names = BTreeMap::new();
    let mut agenda = Agenda::default();
    for (file, text) in RECORDINGS {
        for line in RecordedReader::new(text.as_bytes(), file) {
            let line = line?;
            let Some(contract) = line.recorded.contract(&no_other_names) else {
                return Err(DemoError::Topic { file, line: line.number, topic: line.recorded.topic });
            };
            let input = line
                .recorded
                .to_input(&codec, contract, agenda.added as i64)
                .map_err(|source| DemoError::Event { file, line: line.number, source })?;
            agenda.add(input.time(), Next::Recorded(input));
        }
    }
    Ok(agenda)
}
