//! How fast is `run`, and what does it cost, beside a program that only copies records in the same transactions?
//!
//! `make throughput` (needs what `make test` needs, and Linux for the CPU seconds). Both read the same orders, keyed by
//! guest, from a broker of their own, one after the other. Only ratios mean something on a machine that others use.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[allow(dead_code, reason = "it is the tests' broker, and they use all of it")]
#[path = "../tests/kafka/support/broker.rs"]
mod broker;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use broker::{Broker, free_port};
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, TopicPartitionList};

const PARTITIONS: i32 = 4;
const TOPIC: &str = "orders";
const COPY: &str = "copied-orders";
/// The service's own defaults.
const MAX_EVENTS: usize = 10_000;
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);

struct Reading {
    seconds: f64,
    cpu_seconds: f64,
}

fn main() {
    let events: usize = std::env::var("EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(400_000);
    let broker = Broker::to_kill(1).expect("unset KAFKA_BOOTSTRAP_SERVERS: this needs a broker of its own");
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("service-recovery.toml");
    let port = free_port();
    let text = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[internal]\npartitions = {PARTITIONS}\n[worker]\nthreads = 1\n\
         [http]\nlisten = \"127.0.0.1:{port}\"\n[logging]\nlevel = \"warn\"\n",
        broker.bootstrap
    );
    fs::write(&config, text).unwrap();
    let program = env!("CARGO_BIN_EXE_service-recovery");
    let created = Command::new(program).args(["topics", "create", "--inputs", "--config"]).arg(&config).status();
    assert!(created.unwrap().success());

    produce(&broker.bootstrap, events);
    let copied = copy(&broker.bootstrap, events);
    let mut service =
        Command::new(program).args(["run", "--config"]).arg(&config).stdin(Stdio::null()).spawn().unwrap();
    let served = follow(&broker.bootstrap, &mut service, events);
    service.kill().unwrap();
    service.wait().unwrap();

    println!(
        "\n{events} order events of {} guests, {PARTITIONS} partitions, one worker, keyed by guest\n",
        guests(events)
    );
    println!("| | events/s | CPU s per million events |\n|---|---|---|");
    for (what, reading) in [("transactional copy loop", &copied), ("service-recovery run", &served)] {
        let rate = events as f64 / reading.seconds;
        let cost = reading.cpu_seconds * 1e6 / events as f64;
        println!("| {what} | {rate:.0} | {cost:.2} |");
    }
    println!("\nthe service costs {:.1} times the CPU of the copy loop", served.cpu_seconds / copied.cpu_seconds);
}

fn guests(events: usize) -> usize {
    (events / 20).max(1)
}

/// Half of the events place an order, half say that it came, most in time.
fn produce(bootstrap: &str, events: usize) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "20")
        .create()
        .unwrap();
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let orders = events / 2;
    for order in 0..orders {
        let guest = format!("guest-{}", order % guests(events));
        let placed_at = now - 3_600_000 + (order as i64 * 1_800_000 / orders as i64);
        let late = if order % 100 == 0 { 2_400_000 } else { 600_000 };
        let placed = format!(
            r#"{{"id":"p{order}","time":{placed_at},"type":"placed","order_id":"o{order}","customer_id":"{guest}","site_id":"strandhotellet","touchpoint":"pool_bar","promised_at":{},"currency":"DKK","lines":[{{"item_id":"club-sandwich","quantity":1,"unit_price_minor":15500}},{{"item_id":"espresso","quantity":2,"unit_price_minor":3200}}]}}"#,
            placed_at + 1_800_000
        );
        let fulfilled = format!(
            r#"{{"id":"f{order}","time":{},"type":"fulfilled","order_id":"o{order}","customer_id":"{guest}"}}"#,
            placed_at + late
        );
        for value in [&placed, &fulfilled] {
            let mut record = BaseRecord::to(TOPIC).key(&guest).payload(value);
            while let Err((_, refused)) = producer.send(record) {
                producer.poll(Duration::from_millis(10));
                record = refused;
            }
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// Consume, produce and commit, and nothing else: the least that exactly-once costs.
fn copy(bootstrap: &str, events: usize) -> Reading {
    let admin = rdkafka::admin::AdminClient::<rdkafka::client::DefaultClientContext>::from_config(
        ClientConfig::new().set("bootstrap.servers", bootstrap),
    )
    .unwrap();
    let topic = rdkafka::admin::NewTopic::new(COPY, PARTITIONS, rdkafka::admin::TopicReplication::Fixed(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(admin.create_topics([&topic], &rdkafka::admin::AdminOptions::new())).unwrap();

    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", bootstrap).set("retry.backoff.ms", "5").set("retry.backoff.max.ms", "1000");
    let consumer: BaseConsumer = settings
        .clone()
        .set("group.id", "copy")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.min.messages", "20000")
        .set("queued.max.messages.kbytes", "16384")
        .create()
        .unwrap();
    let producer: BaseProducer = settings
        .set("transactional.id", "copy")
        .set("linger.ms", "2")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", "1000000")
        .set("delivery.report.only.error", "true")
        .create()
        .unwrap();
    producer.init_transactions(Duration::from_secs(30)).unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();

    let began = Instant::now();
    let cpu_before = cpu_seconds("self");
    let mut copied = 0;
    while copied < events {
        let mut in_hand = 0;
        let mut opened = Instant::now();
        while in_hand < MAX_EVENTS && (in_hand == 0 || opened.elapsed() < COMMIT_INTERVAL) {
            let Some(message) = consumer.poll(Duration::from_millis(20)) else {
                if in_hand > 0 {
                    break;
                }
                continue;
            };
            let message = message.unwrap();
            if in_hand == 0 {
                producer.begin_transaction().unwrap();
                opened = Instant::now();
            }
            let record = BaseRecord::to(COPY)
                .partition(message.partition())
                .key(message.key().unwrap())
                .payload(message.payload().unwrap());
            producer.send(record).map_err(|(error, _)| error).unwrap();
            in_hand += 1;
        }
        while producer.in_flight_count() > 0 {
            producer.poll(Duration::ZERO);
            thread::sleep(Duration::from_micros(500));
        }
        let positions = consumer.position().unwrap();
        let group = consumer.group_metadata().unwrap();
        producer.send_offsets_to_transaction(&positions, &group, Duration::from_secs(30)).unwrap();
        producer.commit_transaction(Duration::from_secs(30)).unwrap();
        copied += in_hand;
    }
    Reading { seconds: began.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds("self") - cpu_before }
}

/// Until the service's group has committed everything that was produced.
fn follow(bootstrap: &str, service: &mut Child, events: usize) -> Reading {
    let observer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "service-recovery")
        .set("isolation.level", "read_uncommitted")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_range(TOPIC, 0, PARTITIONS - 1);
    let pid = service.id().to_string();
    let mut first: Option<(Instant, f64)> = None;
    loop {
        assert!(service.try_wait().unwrap().is_none(), "the service has ended by itself");
        let committed = observer.committed_offsets(partitions.clone(), Duration::from_secs(10)).unwrap();
        let done: i64 = committed.elements().iter().map(|part| part.offset().to_raw().unwrap_or(0).max(0)).sum();
        let cpu = cpu_seconds(&pid);
        if done > 0 && first.is_none() {
            // the start (joining the group, the first transaction) is not throughput
            first = Some((Instant::now(), cpu));
        }
        if done >= i64::try_from(events).unwrap() {
            let (began, _) = first.unwrap();
            return Reading { seconds: began.elapsed().as_secs_f64(), cpu_seconds: cpu };
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// User and system time of a process, from the kernel's count.
fn cpu_seconds(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}
