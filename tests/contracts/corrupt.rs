//! Bytes that nobody meant are refused with a reason, and never bring the process down.

use proptest::prelude::*;
use service_recovery::codec::{Codec, DecodeErrorKind, Format, MAX_VALUE_BYTES};
use service_recovery::events::Contract;

use crate::support::{SUBJECTS, codec, decode, decode_keyed, error_of, key_of};

/// The first input example of each contract, in JSON and in Avro.
fn encoded(codec: &Codec) -> Vec<(Contract, String, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for subject in &SUBJECTS {
        let Some(contract) = subject.input() else { continue };
        for (_, example) in subject.examples() {
            let key = key_of(&example);
            let json = example.to_string().into_bytes();
            let event = decode_keyed(codec, contract, &key, &json).unwrap().event;
            let avro = codec.encode_event(&event, Format::AvroSingleObject).unwrap().unwrap();
            all.push((contract, key, json, avro));
        }
    }
    all
}

#[test]
fn a_value_that_ends_in_the_middle_is_truncated() {
    let codec = codec();
    for (contract, key, json, avro) in encoded(codec) {
        for end in 1..json.len() {
            let error = decode_keyed(codec, contract, &key, &json[..end]).unwrap_err();
            assert!(["truncated", "invalid_utf8"].contains(&error.kind()), "{contract:?} {end}: {error}");
        }
        for end in 2..avro.len() {
            let error = decode_keyed(codec, contract, &key, &avro[..end]).unwrap_err();
            assert_eq!(error.kind(), "truncated", "{contract:?} {end}: {error}");
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let codec = codec();
    for (contract, key, mut json, mut avro) in encoded(codec) {
        avro.push(0);
        let error = decode_keyed(codec, contract, &key, &avro).unwrap_err();
        assert_eq!(error.kind(), "malformed_avro", "{error}");
        json.extend_from_slice(b" {}");
        let error = decode_keyed(codec, contract, &key, &json).unwrap_err();
        assert_eq!(error.kind(), "malformed_json", "{error}");
    }
}

#[test]
fn noise_of_one_mebibyte_is_refused() {
    let codec = codec();
    let mut state = 88_172_645_463_325_252_u64;
    let mut noise = vec![0_u8; MAX_VALUE_BYTES];
    for byte in &mut noise {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
    for start in [b'{', b'"', 0xC3, 0xFF, 0x00] {
        noise[0] = start;
        assert!(decode(codec, Contract::Orders, &noise).is_err());
    }
    noise.push(b'x');
    assert_eq!(error_of(codec, Contract::Orders, &noise).0, "too_large");
}

#[test]
fn lengths_that_promise_more_than_there_is_do_not_take_memory() {
    let codec = codec();
    let (_, _, _, avro) = encoded(codec).remove(0);
    for huge in [&[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01][..], &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]] {
        let value = [&avro[..10], huge].concat();
        assert!(decode(codec, Contract::Complaints, &value).is_err());
        assert!(decode(codec, Contract::Orders, &value).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), framed in any::<bool>()) {
        let codec = codec();
        for contract in Contract::ALL {
            let mut value = bytes.clone();
            if framed {
                let (_, _, _, avro) = encoded(codec).into_iter().find(|entry| entry.0 == contract).unwrap();
                value.splice(0..0, avro[..10].iter().copied());
            }
            // A few random bytes may be an event; what matters is that nothing panics and every refusal has a kind.
            if let Err(error) = decode(codec, contract, &value) {
                prop_assert!(DecodeErrorKind::ALL.iter().any(|kind| kind.name() == error.kind()));
            }
        }
    }

    #[test]
    fn events_with_a_few_bytes_changed_never_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let codec = codec();
        let all = encoded(codec);
        let (contract, key, json, avro) = which.get(&all);
        for original in [json, avro] {
            let mut value = original.clone();
            for (at, byte) in &changes {
                let at = at.index(value.len());
                value[at] = *byte;
            }
            if let Err(error) = decode_keyed(codec, *contract, key, &value) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
