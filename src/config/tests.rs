use std::collections::HashMap;

use super::*;
use crate::events::Contract;

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: HashMap<String, String> =
        environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::from_parts(text, Some(environment))
}

const LEAST: &str = "[kafka]\nbootstrap_servers = \"localhost:9092\"\n";

#[test]
fn the_brokers_alone_are_a_configuration() {
    let config = read(LEAST, &[]).unwrap();
    assert_eq!(config.kafka.brokers(), "localhost:9092");
    let topics: Vec<&str> = config.inputs.iter().map(|input| &*input.topic).collect();
    assert_eq!(topics, ["orders", "delivery-delays", "complaints", "customers", "recovery-outcomes"]);
    assert_eq!((config.internal.partitions, config.kafka.session_timeout_ms()), (32, 10_000));

    let passed_through = read("[kafka.properties]\n\"bootstrap.servers\" = \"localhost:9092\"\n", &[]).unwrap();
    assert_eq!(passed_through.kafka.brokers(), "localhost:9092");
}

#[test]
fn the_catalogue_is_read_from_a_topic_only_where_one_is_named() {
    assert!(read(LEAST, &[]).unwrap().catalogue_input().is_none());
    let catalogue = |topic: &str| format!("[[inputs]]\ntopic = \"{topic}\"\ncontract = \"catalogue\"\n");
    let orders = "[[inputs]]\ntopic = \"orders\"\ncontract = \"orders\"\n";
    let config = read(&format!("{LEAST}{orders}{}", catalogue("items")), &[]).unwrap();
    assert_eq!(config.catalogue_input().unwrap().topic, "items");
    assert_eq!(config.group_inputs().map(|input| &*input.topic).collect::<Vec<_>>(), ["orders"]);

    let message = |inputs: String| read(&format!("{LEAST}{inputs}"), &[]).unwrap_err().to_string();
    let alone = message(catalogue("items"));
    assert!(alone.contains("inputs: there is only a catalogue"), "{alone}");
    let two = message(format!("{orders}{}{}", catalogue("items"), catalogue("more")));
    assert!(two.contains("inputs[2].contract: a second catalogue, \"more\""), "{two}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = read(
        "[kafka]\nbootstrap_servers = \"here:1\"\n[worker]\nthreads = 2\n[[inputs]]\ntopic = \"pos\"\ncontract = \"orders\"\n",
        &[
            ("SERVICE_RECOVERY__KAFKA__BOOTSTRAP_SERVERS", "there:2"),
            ("SERVICE_RECOVERY__WORKER__THREADS", "7"),
            ("SERVICE_RECOVERY__KAFKA__PROPERTIES__SASL_PASSWORD", "hunter2"),
        ],
    )
    .unwrap();
    assert_eq!((config.kafka.brokers(), config.worker.threads), ("there:2", 7));
    assert_eq!(config.inputs, [InputConfig { topic: "pos".into(), content: Content::Contract(Contract::Orders) }]);
    assert_eq!(config.kafka.properties["sasl.password"], "hunter2");
}

#[test]
fn properties_pass_through_quoted_or_not() {
    let text = "[kafka]\nbootstrap_servers = \"b:1\"\n[kafka.properties]\n\"socket.timeout.ms\" = 5000\nfetch.wait.max.ms = 50\n";
    let properties = read(text, &[]).unwrap().kafka.properties;
    assert_eq!(properties["socket.timeout.ms"], "5000");
    assert_eq!(properties["fetch.wait.max.ms"], "50");
}

#[test]
fn every_problem_is_named_at_once_with_its_key() {
    let text = "[kafka]\ngroup = \"\"\n[kafka.properties]\n\"isolation.level\" = \"read_uncommitted\"\n\"no.such\" = 1\n\
        [worker]\nthreads = 0\n[outputs]\nactions = \"orders\"\nincidents = \"a b\"\n[http]\nlisten = \"everywhere\"\n\
        [logging]\nlevel = \"=!=\"\n";
    let message = read(text, &[]).unwrap_err().to_string();
    for part in [
        "kafka.bootstrap_servers: is missing",
        "kafka.group: must not be empty",
        "kafka.properties.isolation.level: is owned by the service",
        "kafka.properties.no.such: No such configuration property",
        "worker.threads: 0 is out of range",
        "outputs.actions: topic \"orders\" is already used by inputs[0].topic",
        "outputs.incidents: \"a b\" is no topic name",
        "http.listen: \"everywhere\" is no address",
        "logging.level: ",
    ] {
        assert!(message.contains(part), "{part:?} is missing in {message}");
    }
}

#[test]
fn unknown_names_and_wrong_types_are_refused_in_every_section() {
    let text = "[kafka]\nbootstrap_server = \"b:1\"\n[worker]\nthreads = \"many\"\n[wroker]\nthreads = 1\n";
    let message = read(text, &[]).unwrap_err().to_string();
    for part in ["kafka: unknown field", "worker: invalid type", "wroker: unknown section"] {
        assert!(message.contains(part), "{part:?} is missing in {message}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let text = format!("{LEAST}[kafka.properties]\n\"sasl.password\" = \"hunter2\"\n\"socket.timeout.ms\" = 5000\n");
    let printed = read(&text, &[]).unwrap().to_string();
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("sasl.password=(hidden)") && printed.contains("socket.timeout.ms=5000"), "{printed}");
}

#[test]
fn tokens_come_from_the_environment_too_and_are_not_printed() {
    let text =
        format!("{LEAST}[http.intake]\ntokens = {{ bar = [\"first-token-0123456789\", \"next-token-0123456789\"] }}\n");
    let key = "SERVICE_RECOVERY__HTTP__INTAKE__TOKENS__TABLETS";
    let switch = ("SERVICE_RECOVERY__HTTP__INTAKE__ENABLED", "true");
    let config = read(&text, &[(key, "third-token-0123456789"), switch]).unwrap();
    let names: Vec<(&str, usize)> =
        config.http.intake.tokens.iter().map(|(name, secrets)| (name.as_str(), secrets.len())).collect();
    assert_eq!(names, [("bar", 2), ("tablets", 1)]);
    let printed = format!("{config} {config:?}");
    assert!(!printed.contains("token-0123456789") && printed.contains("(hidden):bar,tablets"), "{printed}");

    // digits are text there; in the file a number is refused, for its leading zeros would be lost
    let digits = read(&text, &[(key, "00012345678901234")]).unwrap();
    assert_eq!(digits.http.intake.tokens["tablets"], [Secret::new("00012345678901234")]);
    let number = format!("{LEAST}[http.intake]\ntokens = {{ tablets = 12345678901234567 }}\n");
    let message = read(&number, &[]).unwrap_err().to_string();
    assert!(message.contains("the token of tablets must be a text") && !message.contains("12345678"), "{message}");
}
