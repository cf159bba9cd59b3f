//! A day at a hotel, played through the engine without a broker: the founding case at noon, then a busy evening.
//!
//! The events are those of `examples/`, read as any recorded events are. Staff are simulated: they see what staff apps
//! would see, and some of them never report. Same input, same screen, to the byte.

mod answers;
mod board;
mod card;
mod closing;
mod day;
mod screen;
mod staff;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;

use crate::codec::{CodecError, DecodeError, RecordedError};
use crate::engine::Unroutable;
use crate::policy::{PolicyErrors, presets};
use board::Board;
use screen::Screen;

/// Every one is a bug: all that the demo reads is part of the program.
#[derive(Debug, Error)]
pub enum DemoError {
    #[error("the embedded hotel policy is broken:\n{0}")]
    Policy(#[from] PolicyErrors),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("the embedded events are broken: {0}")]
    Recorded(#[from] RecordedError),
    #[error("embedded event {file}:{line} is broken: {source}")]
    Event { file: &'static str, line: u64, source: DecodeError },
    #[error("{file}:{line}: topic {topic:?} is no input")]
    Topic { file: &'static str, line: u64, topic: String },
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
}

/// Plays the day and returns what there is to see, with colours for a terminal.
///
/// # Errors
/// Only by a bug.
pub fn play() -> Result<String, DemoError> {
    let policy = Arc::new(presets::hotel()?);
    let mut board = Board::default();
    day::play(Arc::clone(&policy), &mut board)?;

    let mut screen = Screen::new(policy);
    screen.heading(&board);
    let Some((founding_case, evening)) = board.cards().split_first() else { return Ok(screen.finish()) };
    card::in_full(founding_case, &mut screen);
    screen.blank();
    for card in evening {
        card::in_short(card, &mut screen);
    }
    screen.blank();
    closing::show(&board, &mut screen);
    Ok(screen.finish())
}
