//! The AsyncAPI 3.0 document of every topic that others write or read, made from the schemas and the examples.
//!
//! Each contract is one channel with two messages, its JSON and its Avro form. Internal topics are nobody's business
//! and left out. The operations are the service's: it receives inputs and sends outputs.

mod examples;
mod headers;
mod json_schema;

use serde_json::{Map, Value, json};

use super::Format;
use super::schemas::EMBEDDED;
use crate::events::{Contract, OutputContract};
use examples::EXAMPLES;

const AVRO: &str = "application/vnd.apache.avro;version=1.9.0";
const KAFKA_BINDING: &str = "0.5.0";
const DEAD_LETTER: &str = "DeadLetter";

/// The names of the topics, as configured.
#[derive(Debug, Clone)]
pub struct Topics {
    pub inputs: Vec<(String, Contract)>,
    pub outputs: Vec<(String, OutputContract)>,
    pub dead_letters: String,
}

/// A contract as the document speaks of it.
struct Subject {
    contract: &'static str,
    record: &'static str,
    summary: &'static str,
    key: &'static str,
    is_compacted: bool,
}

/// Makes the document.
pub fn asyncapi(topics: &Topics) -> Value {
    let mut document = Document::default();
    for (topic, contract) in &topics.inputs {
        document.add(topic, &input(*contract), "receive");
    }
    for (topic, contract) in &topics.outputs {
        document.add(topic, &output(*contract), "send");
    }
    document.add_dead_letters(&topics.dead_letters);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "service-recovery",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Notices broken promises and tells staff how to make amends. Partition counts of inputs are up to \
                whoever writes them: the service finds the guest in the event. Outputs are keyed by guest and partitioned as \
                Java's producer does, so what concerns one guest stays in order; they are written in transactions: read them \
                with isolation.level=read_committed, fold by id, the highest revision wins.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": Format::Json.content_type(),
        "servers": {
            "kafka": {
                "host": "{brokers}",
                "protocol": "kafka",
                "description": "The cluster that kafka.bootstrap_servers names.",
                "variables": {"brokers": {"default": "localhost:9092", "description": "Brokers to ask first."}},
            },
        },
        "channels": document.channels,
        "operations": document.operations,
        "components": {"messages": document.messages, "schemas": document.schemas},
    })
}

#[derive(Default)]
struct Document {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Document {
    fn add(&mut self, topic: &str, subject: &Subject, action: &str) {
        let avro_name = format!("{}Avro", subject.record);
        if !self.messages.contains_key(subject.record) {
            let avro = schema(subject.record);
            json_schema::add(&avro, &mut self.schemas);
            self.messages.insert(subject.record.to_owned(), json_message(subject, &avro, action));
            self.messages.insert(avro_name.clone(), avro_message(subject, avro, action));
        }
        self.add_channel(topic, subject.summary, &[subject.record, &avro_name], subject.is_compacted);
        self.add_operation(topic, subject.summary, action, &[subject.record, &avro_name]);
    }

    fn add_dead_letters(&mut self, topic: &str) {
        let summary = "Records that could not be handled, with their key, value and headers as they came.";
        let message = json!({
            "name": DEAD_LETTER,
            "summary": summary,
            "contentType": "application/octet-stream",
            "payload": {"description": "The value as it came, whatever it is."},
            "headers": headers::of_dead_letters(),
            "bindings": {"kafka": key_binding("As it came.")},
        });
        self.messages.insert(DEAD_LETTER.to_owned(), message);
        self.add_channel(topic, summary, &[DEAD_LETTER], false);
        self.add_operation(topic, summary, "send", &[DEAD_LETTER]);
    }

    fn add_channel(&mut self, topic: &str, summary: &str, messages: &[&str], is_compacted: bool) {
        let messages: Map<String, Value> = messages
            .iter()
            .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")})))
            .collect();
        let policy = if is_compacted { "compact" } else { "delete" };
        let binding = json!({
            "topic": topic,
            "topicConfiguration": {"cleanup.policy": [policy]},
            "bindingVersion": KAFKA_BINDING,
        });
        let channel = json!({
            "address": topic,
            "summary": summary,
            "servers": [{"$ref": "#/servers/kafka"}],
            "messages": messages,
            "bindings": {"kafka": binding},
        });
        self.channels.insert(topic.to_owned(), channel);
    }

    fn add_operation(&mut self, topic: &str, summary: &str, action: &str, messages: &[&str]) {
        let messages: Vec<Value> =
            messages.iter().map(|name| json!({"$ref": format!("#/channels/{topic}/messages/{name}")})).collect();
        let operation = json!({
            "action": action,
            "channel": {"$ref": format!("#/channels/{topic}")},
            "summary": summary,
            "messages": messages,
        });
        self.operations.insert(format!("{action}-{topic}"), operation);
    }
}

fn json_message(subject: &Subject, avro: &Value, action: &str) -> Value {
    let mut message = message(subject, Format::Json, avro, action);
    message["payload"] = json_schema::reference(subject.record);
    message["examples"] = examples_of(subject.contract);
    message
}

fn avro_message(subject: &Subject, avro: Value, action: &str) -> Value {
    let mut message = message(subject, Format::AvroSingleObject, &avro, action);
    message["payload"] = json!({"schemaFormat": AVRO, "schema": avro});
    message
}

fn message(subject: &Subject, format: Format, avro: &Value, action: &str) -> Value {
    let (name, form) = match format {
        Format::Json => (subject.record.to_owned(), "As JSON."),
        Format::AvroSingleObject | Format::AvroRegistry => (
            format!("{}Avro", subject.record),
            "As Avro: behind a schema registry's id, or as a single object (0xC3 0x01 and the schema's fingerprint).",
        ),
    };
    let headers = if action == "send" { headers::of_outputs(format.content_type()) } else { headers::of_inputs() };
    let mut message = json!({
        "name": name,
        "title": subject.record,
        "summary": form,
        "description": avro["doc"],
        "contentType": format.content_type(),
        "headers": headers,
        "bindings": {"kafka": key_binding(subject.key)},
    });
    if matches!(subject.record, "RecoveryAction" | "FollowUp" | "OutcomeEvent") {
        message["correlationId"] = json!({
            "description": "Copied from the action or the follow-up to the outcome.",
            "location": "$message.payload#/reply_to",
        });
    }
    message
}

fn key_binding(description: &str) -> Value {
    json!({"key": {"type": "string", "description": description}, "bindingVersion": KAFKA_BINDING})
}

fn schema(record: &str) -> Value {
    let text = EMBEDDED.iter().find(|(name, _)| *name == record).map_or("null", |(_, text)| text);
    serde_json::from_str(text).expect("invariant: the published schemas are JSON")
}

fn examples_of(contract: &str) -> Value {
    let of_contract = EXAMPLES.iter().filter(|(name, _)| name.split('.').next() == Some(contract));
    let examples = of_contract.map(|(name, text)| {
        let payload: Value = serde_json::from_str(text).expect("invariant: the published examples are JSON");
        json!({"name": name, "payload": payload})
    });
    examples.collect()
}

fn input(contract: Contract) -> Subject {
    let anything = "Anything, or nothing: the service finds the guest in the event. Keyed by guest, as outputs are, it \
                    needs no detour.";
    let (record, summary, key) = match contract {
        Contract::Orders => ("OrderEvent", "What customers were promised, and what they got.", anything),
        Contract::DeliveryDelays => ("DeliveryEvent", "What carriers report.", anything),
        Contract::Complaints => ("ComplaintEvent", "What customers said, or our own people noticed.", anything),
        Contract::Customers => ("CustomerProfile", "What customers have declared.", "The customer_id."),
        Contract::RecoveryOutcomes => ("OutcomeEvent", "What staff report back.", anything),
        Contract::Catalogue => (
            "CatalogueItem",
            "What is sold and may be given away; read where an input of the configuration names it.",
            "item_id, or site_id/item_id for one site.",
        ),
    };
    Subject { contract: contract.name(), record, summary, key, is_compacted: contract.is_compacted() }
}

fn output(contract: OutputContract) -> Subject {
    let guest = "The guest: customer id, else visit id, else order number, else complaint id.";
    let (record, summary, key) = match contract {
        OutputContract::Actions => ("RecoveryAction", "What staff should do, say or give, and why.", guest),
        OutputContract::FollowUps => ("FollowUp", "Whom to ask whether all is well again.", guest),
        OutputContract::Incidents => ("IncidentEvent", "Every failure, from its discovery to its end.", guest),
        OutputContract::Insights => {
            ("Insight", "Causes that recur, for whoever can end them.", "The site or the carrier.")
        }
    };
    Subject { contract: contract.name(), record, summary, key, is_compacted: false }
}
