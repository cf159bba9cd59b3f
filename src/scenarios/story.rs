//! A scenario that has been read, and how it is played: events in their order, answers, and a look at each `[[expect]]`.
//!
//! Time is the scenario's, and the engine is that of the backtest: the same story gives the same decisions every time.

use std::sync::Arc;

use super::answers::Answer;
use super::compare::{Failure, compare};
use super::expected::{Expect, Place};
use super::moment::Calendar;
use super::told::Told;
use crate::codec::Codec;
use crate::engine::InProcess;
use crate::events::{Contract, Input, Millis, Timestamp};
use crate::policy::Policy;

/// By then everything that one event can lead to has come: follow-ups, expiries, and what is forgotten.
const AFTERWARDS: Millis = Millis::days(100);

#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file's name without its ending.
    pub name: String,
    pub file: String,
    pub title: String,
    /// What it shows, as rows of a list elsewhere.
    pub covers: Vec<String>,
    pub(super) calendar: Calendar,
    /// In the order in which they are played.
    pub(super) steps: Vec<Step>,
}

/// Something that happens at a moment.
#[derive(Debug, Clone)]
pub struct Step {
    /// `None`: when nothing is left to come.
    pub at: Option<Timestamp>,
    pub place: Place,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Input(Box<Input>),
    Answer(Box<Answer>),
    Expect(Expect),
}

/// Of what happens at one moment the catalogue comes first, and the look at it last; else as in the file.
pub(super) fn order_of(step: &Step) -> (Timestamp, u8) {
    let rank = match &step.what {
        What::Input(input) if input.contract() == Contract::Catalogue => 0,
        What::Input(_) => 1,
        What::Answer(_) => 2,
        What::Expect(_) => 3,
    };
    (step.at.unwrap_or(Timestamp::MAX), rank)
}

/// What went otherwise, and where the scenario says so.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    #[serde(flatten)]
    pub place: Place,
    #[serde(flatten)]
    pub failure: Failure,
}

impl Scenario {
    /// Plays it under a policy. Nothing found: everything was decided as expected.
    pub fn play(&self, policy: &Arc<Policy>, codec: &Codec) -> Vec<Finding> {
        let mut stage = Stage { engine: InProcess::new(1, Arc::clone(policy)), told: Told::default() };
        let mut findings = Vec::new();
        let last = self.steps.iter().filter_map(|step| step.at).max().unwrap_or(Timestamp::MIN);
        for step in &self.steps {
            stage.engine.advance(step.at.unwrap_or(last + AFTERWARDS));
            stage.listen();
            let failures = match &step.what {
                What::Input(input) => stage.input((**input).clone()),
                What::Answer(answer) => match stage.told.address(answer) {
                    Ok(event) => match event.to_input(codec, Contract::RecoveryOutcomes, 0) {
                        Ok(input) => stage.input(input),
                        Err(error) => story(error.to_string()),
                    },
                    Err(reason) => story(reason),
                },
                What::Expect(expect) => {
                    let found = compare(expect, &stage.told.cards(&self.calendar));
                    findings.extend(found.into_iter().map(|(place, failure)| Finding { place, failure }));
                    continue;
                }
            };
            findings.extend(failures.into_iter().map(|failure| Finding { place: step.place, failure }));
        }
        findings
    }
}

fn story(reason: String) -> Vec<Failure> {
    vec![Failure::Story { reason }]
}

struct Stage {
    engine: InProcess,
    told: Told,
}

impl Stage {
    fn input(&mut self, input: Input) -> Vec<Failure> {
        let unroutable = self.engine.handle(input).err().map(|error| error.to_string());
        self.listen();
        let lost = self.engine.take_undeliverable().into_iter().map(|lost| lost.to_string());
        let reasons = unroutable.into_iter().chain(lost);
        reasons.map(|reason| Failure::Story { reason: format!("the event becomes a dead letter: {reason}") }).collect()
    }

    fn listen(&mut self) {
        for output in self.engine.take_outputs() {
            self.told.add(output);
        }
    }
}
