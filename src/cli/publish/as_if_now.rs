//! `--as-if-now`: recorded events, played as if a moment of the recording were this one.
//!
//! What was recorded before that moment is sent at once and stays as long ago as it was: habits of two days before are
//! habits of two days ago. What follows is sent when its time comes, `--speed` times faster than it was recorded. The
//! events of one order keep their distances whatever the speed, or a delay of 18 minutes would become one of 18 seconds:
//! they are moved together, so that the last thing that happens to the order happens when it is sent.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use serde_json::value::to_raw_value;

use super::{Failure, Origin, Publisher};
use crate::codec::Recorded;
use crate::events::{Millis, Timestamp};

/// How often it is seen whether events were acknowledged, while waiting for the next one's time.
const LOOK: Duration = Duration::from_millis(100);

/// Instants of the input contracts.
const INSTANTS: [&str; 4] = ["time", "promised_at", "visit_ends_at", "eta"];

/// Play a recording as if it happened now.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AsIfNow {
    /// Play the recording as if this moment of it were now: what came before is sent at once, as long ago as it was;
    /// what follows when its time comes
    #[arg(long = "as-if-now", value_name = "INSTANT", value_parser = Timestamp::parse)]
    pub(super) moment: Option<Timestamp>,
    /// How many times faster than recorded the events follow each other; those of one order keep their distances
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, requires = "moment", value_parser = parse_speed)]
    speed: f64,
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (1.0..=1e6).contains(&speed) { Ok(speed) } else { Err("expected 1 or more".to_owned()) }
}

/// As without the options.
impl Default for AsIfNow {
    fn default() -> Self {
        Self { moment: None, speed: 1.0 }
    }
}

/// An event and when to send it.
#[derive(Debug, Clone)]
struct Planned<T> {
    at: Timestamp,
    recorded: Recorded,
    origin: T,
}

impl AsIfNow {
    #[cfg(test)]
    pub(super) fn at(moment: Timestamp, speed: f64) -> Self {
        Self { moment: Some(moment), speed }
    }

    /// The events in the order in which they are sent, with their instants moved; `start` is now.
    ///
    /// # Errors
    /// The origin of an event without a usable `time`, and what is wrong.
    fn plan<T>(
        &self,
        events: Vec<(Recorded, T)>,
        moment: Timestamp,
        start: Timestamp,
    ) -> Result<Vec<Planned<T>>, (T, String)> {
        let mut ends: HashMap<String, End> = HashMap::new();
        let mut read = Vec::new();
        for (number, (recorded, origin)) in events.into_iter().enumerate() {
            match Event::read(&recorded, number) {
                Ok(event) => {
                    ends.entry(event.story.clone()).or_default().add(&event);
                    read.push((event, recorded, origin));
                }
                Err(reason) => return Err((origin, reason)),
            }
        }
        let mut planned = Vec::new();
        for (mut event, mut recorded, origin) in read {
            let end = ends.get(&event.story).map_or(event.time, End::instant);
            let shift = self.played(end, moment, start) - end;
            let at = self.played(event.time, moment, start).max(start);
            recorded.timestamp = recorded.timestamp.map(|timestamp| timestamp + shift);
            if let Some(value) = &mut event.value {
                move_instants(value, shift);
                let moved = to_raw_value(value).map_err(|error| error.to_string());
                match moved {
                    Ok(moved) => recorded.value = Some(moved),
                    Err(reason) => return Err((origin, reason)),
                }
            }
            planned.push(Planned { at, recorded, origin });
        }
        planned.sort_by_key(|planned| planned.at);
        Ok(planned)
    }

    /// When a recorded instant comes in the play.
    fn played(&self, recorded: Timestamp, moment: Timestamp, start: Timestamp) -> Timestamp {
        let since = recorded - moment;
        if since < Millis::ZERO {
            return start + since;
        }
        start + Millis((since.0 as f64 / self.speed) as i64)
    }
}

/// What the plan needs to know of an event.
struct Event {
    /// What is moved together: the events of an order, or the event alone.
    story: String,
    time: Timestamp,
    /// Of an order that was placed or changed.
    promised_at: Option<Timestamp>,
    value: Option<Value>,
}

impl Event {
    fn read(recorded: &Recorded, number: usize) -> Result<Self, String> {
        let value: Option<Value> = match &recorded.value {
            None => None,
            Some(raw) => Some(serde_json::from_str(raw.get()).map_err(|error| error.to_string())?),
        };
        let field = |name: &str| value.as_ref().and_then(|value| value.get(name));
        let instant = |name: &str| field(name).and_then(read_instant);
        let time = instant("time").or(recorded.timestamp).ok_or("it has neither a time nor a timestamp")?;
        let order = field("order_id").and_then(Value::as_str);
        let story = order.map_or_else(|| format!("#{number}"), |order| format!("order {order}"));
        let is_promise = matches!(field("type").and_then(Value::as_str), Some("placed" | "changed"));
        let promised_at = if is_promise { instant("promised_at").or(Some(time)) } else { None };
        Ok(Self { story, time, promised_at, value })
    }
}

/// How a story ends: with the last that happens to an order, or with its promise when nothing more is heard of it.
#[derive(Debug, Default)]
struct End {
    last: Option<Timestamp>,
    promised: Option<Timestamp>,
}

impl End {
    fn add(&mut self, event: &Event) {
        match event.promised_at {
            Some(promised) => self.promised = self.promised.max(Some(promised.max(event.time))),
            None => self.last = self.last.max(Some(event.time)),
        }
    }

    fn instant(&self) -> Timestamp {
        self.last.or(self.promised).unwrap_or(Timestamp::MIN)
    }
}

fn read_instant(value: &Value) -> Option<Timestamp> {
    serde_json::from_value(value.clone()).ok()
}

fn move_instants(value: &mut Value, shift: Millis) {
    for name in INSTANTS {
        let Some(field) = value.get_mut(name) else { continue };
        let Some(instant) = read_instant(field) else { continue };
        *field = match field.is_number() {
            true => (instant + shift).as_millis().into(),
            false => (instant + shift).to_string().into(),
        };
    }
}

impl Publisher {
    /// Publishes events when their time comes.
    pub(super) fn play(
        &mut self,
        as_if_now: &AsIfNow,
        events: Vec<(Recorded, Origin)>,
        moment: Timestamp,
    ) -> Result<(), Failure> {
        let planned = as_if_now.plan(events, moment, now()).map_err(|(origin, reason)| {
            Failure::usage(format!("{}:{}: cannot be played as if now: {reason}", origin.file, origin.line))
        })?;
        for event in planned {
            loop {
                let wait = until(event.at);
                if wait.is_zero() {
                    break;
                }
                self.producer.poll(wait.min(LOOK));
                self.check_failures()?;
            }
            self.publish(&event.recorded, event.origin)?;
        }
        Ok(())
    }
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MIN)
}

/// How long until an instant; nothing when it has passed.
fn until(instant: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from((instant - now()).0).unwrap_or(0))
}

#[cfg(test)]
mod tests;
