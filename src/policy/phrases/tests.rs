use serde_json::json;

use super::*;
use crate::policy::presets;

fn phrases() -> Phrases {
    presets::hotel().unwrap().phrases
}

/// Prints everything: `cargo test read_all_phrases -- --ignored --nocapture`, for people to read.
#[test]
#[ignore = "for reading, proves nothing"]
fn read_all_phrases() {
    let phrases = phrases();
    for language in phrases.languages() {
        for (key, facts) in required() {
            for optional in [true, false] {
                let mut sample = serde_json::Map::new();
                for fact in facts.iter().filter(|fact| optional || !fact.optional) {
                    let value = match fact.sample {
                        Sample::Text(text) => json!(text),
                        Sample::Numbers(numbers) => json!(numbers.last()),
                        Sample::Flag => json!(fact.name != "note_only"),
                    };
                    sample.insert(fact.name.to_owned(), value);
                }
                let (text, used) = phrases.render(&[language], &key, sample);
                println!("{used} {key:<36} {text}");
            }
        }
    }
}
