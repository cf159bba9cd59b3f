//! The CRC-64-AVRO fingerprint of a schema, by which a single object names its writer's schema.
//!
//! It is taken over the parsing canonical form as Java and Python write it. The apache-avro crate (0.22) leaves traces of
//! logical types in it (`{"type":"long"}` for `"long"`), so its fingerprints are known to nobody but itself. We write those
//! of the others and read both.

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use serde_json::Value;

/// In the byte order of the header: little-endian.
pub(super) type Fingerprint = [u8; 8];

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
/// What the canonical form keeps, in its order.
const KEPT: [&str; 7] = ["name", "type", "fields", "symbols", "items", "values", "size"];

/// The fingerprint that Java, Python and this service put in front of a datum.
pub fn fingerprint(schema: &Schema) -> Fingerprint {
    let nearly: Value = serde_json::from_str(&schema.canonical_form()).expect("invariant: a canonical form is JSON");
    crc64(canonical(&nearly).as_bytes()).to_le_bytes()
}

/// The parsing canonical form, from the crate's, whose names are full already.
fn canonical(node: &Value) -> String {
    match node {
        Value::Array(list) => {
            let entries: Vec<String> = list.iter().map(canonical).collect();
            format!("[{}]", entries.join(","))
        }
        Value::Object(object) => {
            // Named objects are fields and named types; any other one with a primitive type is that type.
            if let (None, Some(Value::String(name))) = (object.get("name"), object.get("type"))
                && PRIMITIVES.contains(&name.as_str())
            {
                return format!("\"{name}\"");
            }
            let members = KEPT.iter().filter_map(|key| Some(format!("\"{key}\":{}", canonical(object.get(*key)?))));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        leaf => leaf.to_string(),
    }
}

/// The fingerprint that the apache-avro crate computes.
pub(super) fn fingerprint_of_apache_avro(schema: &Schema) -> Fingerprint {
    let bytes = schema.fingerprint::<Rabin>().bytes;
    bytes.try_into().expect("invariant: a Rabin fingerprint has 8 bytes")
}

/// Avro's own 64-bit Rabin fingerprint, bit by bit: it runs once for each schema.
fn crc64(bytes: &[u8]) -> u64 {
    const EMPTY: u64 = 0xC15D_213A_A4D7_A795;
    let mut fingerprint = EMPTY;
    for byte in bytes {
        fingerprint ^= u64::from(*byte);
        for _ in 0..8 {
            let carry = if fingerprint & 1 == 1 { EMPTY } else { 0 };
            fingerprint = (fingerprint >> 1) ^ carry;
        }
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python's fastavro 1.13 computes them.
    #[test]
    fn fingerprints_are_those_of_other_implementations() {
        let known = [
            (r#""int""#, "8f5c393f1ad57572"),
            (r#"{"type":"long","logicalType":"timestamp-millis"}"#, "b71df49344e154d0"),
            (r#"["null",{"type":"long","logicalType":"timestamp-millis"}]"#, "4a8040ed5813ca98"),
            (r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, "651920c3da16c04f"),
            (
                r#"{"type":"fixed","name":"D","size":8,"logicalType":"decimal","precision":4,"scale":2}"#,
                "754262d7444174a6",
            ),
            (r#"{"type":"array","items":{"type":"string","logicalType":"uuid"}}"#, "9fd72f2656325bce"),
        ];
        for (schema, expected) in known {
            let fingerprint = fingerprint(&Schema::parse_str(schema).unwrap());
            let hex: String = fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected, "{schema}");
        }
    }
}
