//! Against librdkafka's mock cluster, which is good enough for plain producing.

use std::io::Write as _;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Message, Offset, TopicPartitionList};
use rstest::rstest;

use super::*;
use crate::events::Timestamp;

const EVENTS: &str = r#"{"topic":"orders","key":"guest-1","value":{"id":"1","order_id":"A"}}
{"topic":"complaints","key":"guest-1","value":{"id":"2"}}
{"topic":"customers","key":"guest-1","value":null,"timestamp":"2026-06-01T10:00:00Z"}
"#;

fn options(file: &Path, servers: &str) -> Publish {
    Publish {
        files: vec![file.to_owned()],
        config: None,
        bootstrap_servers: Some(servers.to_owned()),
        format: Format::Json,
        key: KeyBy::Recorded,
        topic_prefix: "t.".to_owned(),
        mapping: None,
        property: Vec::new(),
        as_if_now: AsIfNow::default(),
    }
}

fn events(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn broker() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["t.orders", "t.complaints", "t.customers"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    cluster
}

/// Key, value and timestamp of the only record of a topic.
fn only_record(servers: &str, topic: &str) -> (Option<String>, Option<String>, Option<i64>) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "test");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&partitions).unwrap();
    let message = consumer.poll(Duration::from_secs(10)).unwrap().unwrap();
    let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    (text(message.key()), text(message.payload()), message.timestamp().to_millis())
}

#[rstest]
#[case(KeyBy::Recorded, Some("guest-1"), Some("guest-1"))]
#[case(KeyBy::Order, Some("A"), Some("guest-1"))]
#[case(KeyBy::None, None, None)]
fn events_arrive_with_the_key_that_was_asked_for(
    #[case] key: KeyBy,
    #[case] order: Option<&str>,
    #[case] complaint: Option<&str>,
) {
    let (file, cluster) = (events(EVENTS), broker());
    let servers = cluster.bootstrap_servers();
    Publish { key, ..options(file.path(), &servers) }.run().unwrap();
    let (key, value, _) = only_record(&servers, "t.orders");
    assert_eq!((key.as_deref(), value.as_deref()), (order, Some(r#"{"id":"1","order_id":"A"}"#)));
    assert_eq!(only_record(&servers, "t.complaints").0.as_deref(), complaint);
    let profile = only_record(&servers, "t.customers");
    assert_eq!(profile, (Some("guest-1".to_owned()), None, Some(1_780_308_000_000)));
}

#[test]
fn an_item_is_keyed_by_its_id_and_its_site() {
    let item =
        |site: &str| format!(r#"{{"item_id":"tea","site_id":{site},"names":{{}},"price_minor":1,"currency":"DKK"}}"#);
    let line = |key: &str, value: &str| format!("{{\"topic\":\"catalogue\",\"key\":{key},\"value\":{value}}}");
    for (line, key) in [
        (line("null", &item("null")), "tea"),
        (line("null", &item("\"pool\"")), "pool/tea"),
        (line("\"pool/tea\"", "null"), "pool/tea"),
    ] {
        let (file, cluster) = (events(&line), MockCluster::new(1).unwrap());
        cluster.create_topic("t.catalogue", 1, 1).unwrap();
        let servers = cluster.bootstrap_servers();
        Publish { key: KeyBy::None, ..options(file.path(), &servers) }.run().unwrap();
        assert_eq!(only_record(&servers, "t.catalogue").0.as_deref(), Some(key), "{line}");
    }
}

#[test]
fn avro_is_written_from_checked_events() {
    let good = r#"{"topic":"complaints","key":null,"value":{"id":"2","time":0,"text":"cold"}}"#;
    let (file, cluster) = (events(&format!("{good}\n{EVENTS}")), broker());
    let servers = cluster.bootstrap_servers();
    let failure = Publish { format: Format::AvroSingleObject, ..options(file.path(), &servers) }.run().unwrap_err();
    let expected = format!("{}:2: not publishable to t.orders as avro: time is missing", file.path().display());
    assert_eq!((failure.message, failure.code), (expected, 2));
}

#[test]
fn a_missing_topic_is_named_with_the_line_that_needs_it() {
    let (file, cluster) = (events("\n{\"topic\":\"bills\",\"key\":null,\"value\":1}"), broker());
    let failure = options(file.path(), &cluster.bootstrap_servers()).run().unwrap_err();
    assert!(failure.message.contains(":2: topic t.bills does not exist on"), "{}", failure.message);
    assert_eq!(failure.code, 1);
}

#[test]
fn an_event_that_the_broker_refuses_is_named() {
    let (file, cluster) = (events(EVENTS), broker());
    let too_large = rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.request_errors(rdkafka::types::RDKafkaApiKey::Produce, &[too_large; 3]);
    let failure = options(file.path(), &cluster.bootstrap_servers()).run().unwrap_err();
    let message = failure.message;
    assert!(message.contains(": not acknowledged by topic t."), "{message}");
    assert!(message.contains(&file.path().display().to_string()), "{message}");
}

#[test]
fn a_property_that_does_not_exist_is_refused() {
    let (file, property) = (events(EVENTS), vec![("no.such".to_owned(), "1".to_owned())]);
    let failure = Publish { property, ..options(file.path(), "127.0.0.1:1") }.run().unwrap_err();
    assert!(failure.message.contains("no.such"), "{}", failure.message);
}

#[test]
fn the_configuration_names_the_brokers_and_the_topics() {
    let (file, cluster) = (events(EVENTS), broker());
    let servers = cluster.bootstrap_servers();
    let config = events(&format!(
        "inputs = [{{ topic = \"t.orders\", contract = \"orders\" }}, {{ topic = \"t.customers\", contract = \"customers\" }}, \
         {{ topic = \"t.complaints\", contract = \"complaints\" }}]\n[kafka]\nbootstrap_servers = \"{servers}\"\n"
    ));
    let options = Publish {
        config: Some(config.path().to_owned()),
        bootstrap_servers: None,
        key: KeyBy::None,
        topic_prefix: String::new(),
        ..options(file.path(), "")
    };
    options.run().unwrap();
    assert_eq!(only_record(&servers, "t.orders").0, None);
    assert_eq!(only_record(&servers, "t.customers").0.as_deref(), Some("guest-1"));
}

#[test]
fn an_unreachable_broker_is_one_clear_message() {
    let file = events(EVENTS);
    let failure = options(file.path(), "127.0.0.1:1").run().unwrap_err();
    assert!(failure.message.starts_with("cannot reach Kafka at 127.0.0.1:1: "), "{}", failure.message);
}

#[test]
fn a_recording_is_played_as_if_it_happened_now() {
    let placed = r#"{"topic":"orders","key":"g","value":{"id":"1","time":"2026-06-03T17:00:00Z","order_id":"A","type":"placed"}}"#;
    let late = r#"{"topic":"complaints","key":"g","value":{"id":"2","time":"2026-06-03T17:10:00Z","order_id":"A"}}"#;
    let (file, cluster) = (events(&format!("{placed}\n{late}")), broker());
    let servers = cluster.bootstrap_servers();
    let moment = Timestamp::parse("2026-06-03T17:00:00Z").unwrap();
    let as_if_now = AsIfNow::at(moment, 1_200.0);
    let started = as_if_now::now();
    Publish { as_if_now, ..options(file.path(), &servers) }.run().unwrap();
    let ended = as_if_now::now();
    let time = |topic: &str| {
        let value: serde_json::Value = serde_json::from_str(&only_record(&servers, topic).1.unwrap()).unwrap();
        Timestamp::parse(value["time"].as_str().unwrap()).unwrap()
    };
    let (placed, remarked) = (time("t.orders"), time("t.complaints"));
    assert_eq!((remarked - placed).as_seconds(), 600);
    assert!(started <= remarked && remarked <= ended, "it happened when it was sent: {remarked:?}");
    assert!((ended - started).as_seconds() < 60, "it was not played at the recorded speed");
}

#[test]
fn a_line_that_cannot_be_played_is_named() {
    let (file, cluster) = (events(EVENTS), broker());
    let as_if_now = AsIfNow::at(Timestamp::parse("2026-06-03T17:00:00Z").unwrap(), 1.0);
    let failure = Publish { as_if_now, ..options(file.path(), &cluster.bootstrap_servers()) }.run().unwrap_err();
    let expected =
        format!("{}:1: cannot be played as if now: it has neither a time nor a timestamp", file.path().display());
    assert_eq!((failure.message, failure.code), (expected, 2));
}

#[test]
fn raw_records_become_events_in_the_topics_of_their_contracts_and_never_in_one_that_holds_raw_records() {
    let example = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mappings").join(name);
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t.delays", 1, 1).unwrap();
    cluster.create_topic("t.delivery-delays", 1, 1).unwrap();
    let servers = cluster.bootstrap_servers();
    let publish = |inputs: &str| {
        let mut config = tempfile::NamedTempFile::new().unwrap();
        write!(config, "[kafka]\nbootstrap_servers = {servers:?}\n{inputs}").unwrap();
        let mut sample = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        let rows = std::fs::read_to_string(example("carrier.csv")).unwrap();
        sample.write_all(rows.lines().take(2).collect::<Vec<_>>().join("\n").as_bytes()).unwrap();
        let options = Publish {
            config: Some(config.path().to_owned()),
            mapping: Some(example("carrier.toml")),
            ..options(sample.path(), &servers)
        };
        options.run().map_err(|failure| failure.message)
    };
    publish("[[inputs]]\ntopic = \"delays\"\ncontract = \"delivery-delays\"\n").unwrap();
    let (key, value, _) = only_record(&servers, "t.delays");
    let event: serde_json::Value = serde_json::from_str(&value.unwrap()).unwrap();
    assert_eq!((key.as_deref(), event["type"].as_str()), (Some("WEB-1001"), Some("eta_changed")));

    let raw = format!("[[inputs]]\ntopic = \"delivery-delays\"\nmapping = {:?}\n", example("carrier.toml"));
    let message = publish(&raw).unwrap_err();
    assert!(message.contains(".csv:2: topic delivery-delays holds raw records"), "{message}");
}
