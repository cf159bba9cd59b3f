//! What has been told so far: the latest revision of every action, follow-up, incident and insight, oldest first.

use super::answers::{Addressee, Answer};
use super::card::{self, Card};
use super::moment::Calendar;
use crate::codec::Recorded;
use crate::events::{FollowUpType, Output, Payload, RecoveryAction, Timestamp};

#[derive(Debug, Default)]
pub struct Told {
    /// With the time of their first revision.
    news: Vec<(Timestamp, Payload)>,
}

fn id(payload: &Payload) -> &str {
    match payload {
        Payload::Action(action) => &action.id,
        Payload::FollowUp(follow_up) => &follow_up.id,
        Payload::Incident(incident) => &incident.id,
        Payload::Insight(insight) => &insight.id,
    }
}

impl Told {
    pub fn add(&mut self, output: Output) {
        let payload = output.payload;
        // what is revised is mostly what was said last
        match self.news.iter_mut().rev().find(|(_, known)| id(known) == id(&payload)) {
            Some((_, known)) => *known = payload,
            None => {
                let time = match &payload {
                    Payload::Action(action) => action.time,
                    Payload::FollowUp(follow_up) => follow_up.time,
                    Payload::Incident(incident) => incident.time,
                    Payload::Insight(insight) => insight.time,
                };
                self.news.push((time, payload));
            }
        }
    }

    pub fn cards(&self, calendar: &Calendar) -> Vec<Card> {
        let card = |(first, payload): &(Timestamp, Payload)| match payload {
            Payload::Action(action) => card::action(action, *first, calendar, |id| self.kind_of(id)),
            Payload::FollowUp(follow_up) => card::follow_up(follow_up, *first, calendar),
            Payload::Incident(incident) => card::incident(incident, *first, calendar),
            Payload::Insight(insight) => card::insight(insight, *first, calendar),
        };
        self.news.iter().map(card).collect()
    }

    fn actions(&self) -> impl DoubleEndedIterator<Item = &RecoveryAction> {
        self.news.iter().filter_map(|(_, payload)| match payload {
            Payload::Action(action) => Some(&**action),
            _ => None,
        })
    }

    fn kind_of(&self, id: &str) -> Option<String> {
        let action = self.actions().find(|action| action.id == id)?;
        Some(action.kind.to_string())
    }

    /// The latest one that the answer may mean, as the event that answers it.
    ///
    /// # Errors
    /// Says what could have been answered.
    pub fn address(&self, answer: &Answer) -> Result<Recorded, String> {
        let is_of = |order: &Option<String>| answer.of.as_ref().is_none_or(|of| order.as_ref() == Some(of));
        let found = match answer.to {
            Addressee::Action(kind) => {
                let mut actions = self.actions().rev();
                let action = actions.find(|action| {
                    action.kind == kind && is_of(&action.order_id) && (answer.closed || action.state.is_open())
                });
                action.map(|action| answer.addressed(&action.reply_to, Some(&action.id), None))
            }
            Addressee::FollowUp => self.news.iter().rev().find_map(|(_, payload)| match payload {
                Payload::FollowUp(one) if is_of(&one.order_id) => {
                    let is_open = matches!(one.follow_up_type, FollowUpType::Scheduled | FollowUpType::Due);
                    (answer.closed || is_open).then(|| answer.addressed(&one.reply_to, Some(&one.id), None))
                }
                _ => None,
            }),
            Addressee::Insight => self.news.iter().rev().find_map(|(_, payload)| match payload {
                Payload::Insight(one) => Some(answer.addressed(&one.reply_to, None, Some(&one.id))),
                _ => None,
            }),
        };
        found.ok_or_else(|| self.nothing_to_answer(answer))
    }

    fn nothing_to_answer(&self, answer: &Answer) -> String {
        let of = answer.of.as_ref().map(|of| format!(" of order {of}")).unwrap_or_default();
        let state = if answer.closed || answer.to == Addressee::Insight { "" } else { "open " };
        let open = self.actions().filter(|action| action.state.is_open());
        let mut open: Vec<String> = open.map(|action| action.kind.to_string()).collect();
        open.dedup();
        let open = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
        format!("there is no {state}{}{of} to answer; open are {open}", answer.to)
    }
}
