//! The record headers, as JSON Schemas.

use serde_json::{Map, Value, json};

/// Of what is read: all are optional.
pub(super) fn of_inputs() -> Value {
    let texts = [
        ("ce_source", "CloudEvents: takes the place of the topic in the event's identity (source and id)."),
        ("ce_id", "CloudEvents: stands in for the id of a JSON event that has none."),
        ("ce_time", "CloudEvents: stands in for the time of a JSON event that has none."),
        ("content-type", "application/cloudevents+json: the value is an envelope, the event is its data."),
        ("traceparent", "W3C trace context: passed on to what the event causes."),
    ];
    object(&texts, &[])
}

/// Of what is written: CloudEvents 1.0 in binary mode, and what to filter by without reading the value.
pub(super) fn of_outputs(content_type: &str) -> Value {
    let texts = [
        ("ce_specversion", "1.0"),
        ("ce_id", "The id and the revision, as a8dd7793-44fe-51bf-ab34-e7a05d339129/1."),
        ("ce_source", "/service-recovery"),
        ("ce_type", "What happened, as recovery.action.proposed or recovery.incident.closed."),
        ("ce_time", "When this revision was made, RFC 3339."),
        ("ce_subject", "The id of the incident; of an insight its own."),
        ("site_id", "Where it is about, if the event says so."),
        ("kind", "Of an action: apology, gesture and so on."),
        ("assignee", "The role that it is for; of an insight its owner."),
        ("traceparent", "W3C trace context, as it came with the input that caused this."),
    ];
    let required = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"];
    let mut headers = object(&texts, &required);
    headers["properties"]["content-type"] = json!({"type": "string", "const": content_type});
    headers
}

/// Of what could not be read: beside the headers that it came with.
pub(super) fn of_dead_letters() -> Value {
    let texts = [
        ("dead_letter_topic", "Where it was."),
        ("dead_letter_partition", "Where it was."),
        ("dead_letter_offset", "Where it was."),
        ("dead_letter_timestamp", "When it was written, in milliseconds since 1970."),
        ("dead_letter_error_kind", "Why, one of a closed list, as invalid_field."),
        ("dead_letter_error_message", "Names the field and never repeats what it holds."),
        ("dead_letter_app_version", "The version that refused it."),
        ("dead_letter_value_omitted_bytes", "Only when the value was too large to keep: its size."),
    ];
    object(&texts, &["dead_letter_error_kind", "dead_letter_error_message", "dead_letter_app_version"])
}

fn object(texts: &[(&str, &str)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = texts
        .iter()
        .map(|(name, description)| ((*name).to_owned(), json!({"type": "string", "description": description})))
        .collect();
    let mut headers = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        headers["required"] = json!(required);
    }
    headers
}
