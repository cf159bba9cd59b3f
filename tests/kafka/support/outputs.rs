//! What the service has told the world: its output topics, read committed and folded by id.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use serde::de::DeserializeOwned;
use service_recovery::events::{ActionKind, FollowUp, IncidentEvent, IncidentStatus, RecoveryAction};

use super::cluster::{Received, Tail};

/// By id and revision.
type Revisions<T> = BTreeMap<String, BTreeMap<i64, T>>;

pub struct Outputs {
    tail: Tail,
    topics: [String; 3],
    actions: Revisions<RecoveryAction>,
    follow_ups: Revisions<FollowUp>,
    incidents: Revisions<IncidentEvent>,
    /// Every record, in the order in which it was read.
    pub records: Vec<Received>,
}

impl Outputs {
    /// `topics`: actions, follow-ups, incidents.
    pub fn new(bootstrap: &str, topics: [String; 3]) -> Self {
        let tail = Tail::new(bootstrap, &topics.each_ref().map(String::as_str));
        let (actions, follow_ups, incidents) = Default::default();
        Self { tail, topics, actions, follow_ups, incidents, records: Vec::new() }
    }

    /// Reads what has been committed by now. The same revision twice is a failure of exactly-once.
    #[track_caller]
    pub fn refresh(&mut self) -> &Self {
        for record in self.tail.catch_up() {
            let value = record.value.as_deref().expect("an output has a value");
            if record.topic == self.topics[0] {
                let action: RecoveryAction = decode("recovery-action", value);
                add(&mut self.actions, &action.id.clone(), action.revision, action);
            } else if record.topic == self.topics[1] {
                let follow_up: FollowUp = decode("follow-up", value);
                add(&mut self.follow_ups, &follow_up.id.clone(), follow_up.revision, follow_up);
            } else {
                let incident: IncidentEvent = decode("incident-event", value);
                add(&mut self.incidents, &incident.id.clone(), incident.revision, incident);
            }
            self.records.push(record);
        }
        self
    }

    /// The newest revision of every action.
    pub fn actions(&self) -> Vec<&RecoveryAction> {
        newest(&self.actions)
    }
    pub fn follow_ups(&self) -> Vec<&FollowUp> {
        newest(&self.follow_ups)
    }
    pub fn incidents(&self) -> Vec<&IncidentEvent> {
        newest(&self.incidents)
    }

    /// Incidents that stand: neither taken back nor part of another.
    pub fn standing(&self) -> Vec<&IncidentEvent> {
        let gone =
            |incident: &IncidentEvent| matches!(incident.status, IncidentStatus::Retracted | IncidentStatus::Merged);
        self.incidents().into_iter().filter(|incident| !gone(incident)).collect()
    }

    pub fn of_kind(&self, kind: ActionKind) -> Vec<&RecoveryAction> {
        self.actions().into_iter().filter(|action| action.kind == kind).collect()
    }

    /// No revision is missing.
    #[track_caller]
    pub fn assert_gapless(&self) {
        gapless(&self.actions);
        gapless(&self.follow_ups);
        gapless(&self.incidents);
    }
}

#[track_caller]
fn add<T>(all: &mut Revisions<T>, id: &str, revision: i64, value: T) {
    match all.entry(id.to_owned()).or_default().entry(revision) {
        Entry::Vacant(place) => place.insert(value),
        Entry::Occupied(_) => panic!("revision {revision} of {id} came twice"),
    };
}

fn newest<T>(all: &Revisions<T>) -> Vec<&T> {
    all.values().filter_map(|revisions| revisions.last_key_value()).map(|(_, value)| value).collect()
}

#[track_caller]
fn gapless<T>(all: &Revisions<T>) {
    for (id, revisions) in all {
        let found: Vec<i64> = revisions.keys().copied().collect();
        let expected: Vec<i64> = (1..=found.len() as i64).collect();
        assert_eq!(found, expected, "the revisions of {id}");
    }
}

/// JSON, or Avro of the published schema, as a single object or framed for a registry, read without the service's own
/// codec.
fn decode<T: DeserializeOwned>(schema: &str, value: &[u8]) -> T {
    match value {
        [0xC3, 0x01, rest @ ..] => decode_single_object(schema, rest),
        [0x00, _, _, _, _, rest @ ..] => decode_avro(schema, rest),
        _ => serde_json::from_slice(value).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(value))),
    }
}

fn decode_single_object<T: DeserializeOwned>(name: &str, value: &[u8]) -> T {
    let fingerprint = service_recovery::codec::fingerprint(&published(name));
    assert_eq!(value[..8], fingerprint, "the fingerprint of schemas/{name}.avsc");
    decode_avro(name, &value[8..])
}

fn published(name: &str) -> apache_avro::Schema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{name}.avsc"));
    apache_avro::Schema::parse_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn decode_avro<T: DeserializeOwned>(name: &str, mut datum: &[u8]) -> T {
    let schema = published(name);
    let reader =
        apache_avro::reader::datum::GenericDatumReader::builder(&schema).human_readable(false).build().unwrap();
    let value = reader.read_deser(&mut datum).unwrap();
    assert!(datum.is_empty(), "bytes are left over");
    value
}
