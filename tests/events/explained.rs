//! Every action that any recording leads to is explained: the same decision comes of its facts and the policy.

use std::collections::{BTreeMap, BTreeSet};

use service_recovery::codec::Codec;
use service_recovery::events::{Output, Payload, RecoveryAction};
use service_recovery::recovery::explain::explain;

use super::{Header, inputs, play, policies, recordings};

/// Every revision of every action.
fn actions(outputs: &[Output]) -> impl Iterator<Item = &RecoveryAction> {
    outputs.iter().filter_map(|output| match &output.payload {
        Payload::Action(action) => Some(&**action),
        _ => None,
    })
}

#[test]
fn every_action_of_every_recording_is_decided_the_same_again() {
    let codec = Codec::new(None).unwrap();
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in recordings() {
        let header = Header::read(&std::fs::read_to_string(file.with_extension("expected")).unwrap(), &file);
        let policy = policies::by_name(&header.policy);
        let mut inputs = inputs(&codec, &file);
        inputs.sort_by_key(|input| input.time());
        let mut orders = vec![inputs.clone()];
        orders.push(inputs.iter().rev().cloned().collect());
        for inputs in orders {
            let story = play(&header.policy, &inputs, header.until, 4);
            for action in actions(story.outputs()) {
                *seen.entry(format!("{} {}", action.kind, action.action_type)).or_default() += 1;
                let name = format!("{}: {} revision {}", file.display(), action.kind, action.revision);
                match explain(action, &policy) {
                    Ok(explanation) if explanation.is_identical() => {}
                    Ok(explanation) => {
                        wrong.push(format!("{name}: {:#?}\n{:#?}", explanation.differences, action.decision))
                    }
                    Err(error) => wrong.push(format!("{name}: {error}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} not the same:\n{}", wrong.len(), wrong.join("\n"));
    let kinds: BTreeSet<&str> = seen.keys().filter_map(|seen| seen.split(' ').next()).collect();
    for kind in ["apology", "early_warning", "gesture", "human_contact", "remedy"] {
        assert!(kinds.contains(kind), "no recording leads to {kind}: {seen:?}");
    }
    assert!(seen.keys().any(|seen| seen.ends_with("updated")), "no revision was decided anew: {seen:?}");
}
