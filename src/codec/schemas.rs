//! The Avro schemas: ours, embedded, and those of older or newer writers from a directory.
//!
//! A writer's schema is known by its fingerprint, the CRC-64-AVRO of its canonical form. How to read what it wrote is
//! decided here, once: directly when it is our own schema, else by resolving it against ours. A schema that can't be
//! resolved is refused at start, not record by record.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema_compatibility::SchemaCompatibility;
use apache_avro::{AvroResult, Schema};

use super::error::CodecError;

/// Names, files and texts of the published schemas.
pub(super) const EMBEDDED: [(&str, &str); 8] = [
    ("OrderEvent", include_str!("../../schemas/order-event.avsc")),
    ("DeliveryEvent", include_str!("../../schemas/delivery-event.avsc")),
    ("ComplaintEvent", include_str!("../../schemas/complaint-event.avsc")),
    ("CustomerProfile", include_str!("../../schemas/customer-profile.avsc")),
    ("OutcomeEvent", include_str!("../../schemas/outcome-event.avsc")),
    ("RecoveryAction", include_str!("../../schemas/recovery-action.avsc")),
    ("FollowUp", include_str!("../../schemas/follow-up.avsc")),
    ("IncidentEvent", include_str!("../../schemas/incident-event.avsc")),
];

pub(super) type Fingerprint = [u8; 8];

/// How to read what one writer wrote.
pub(super) struct Writer {
    /// The unqualified name of its record.
    pub record: String,
    pub plan: Plan,
}

pub(super) enum Plan {
    /// The writer's schema is ours: straight into the type.
    Same(GenericDatumReader<'static>),
    /// Another version: through a value that is resolved against our schema.
    Resolve(GenericDatumReader<'static>),
    /// Not one of our records.
    Foreign,
}

/// The schemas that are known. Never changes after it was loaded.
pub(super) struct Schemas {
    ours: HashMap<&'static str, &'static Schema>,
    writers: HashMap<Fingerprint, Writer>,
}

impl Schemas {
    /// The embedded schemas and every `*.avsc` of `directory`.
    pub fn load(directory: Option<&Path>) -> Result<Self, CodecError> {
        let mut schemas = Self { ours: HashMap::new(), writers: HashMap::new() };
        for (record, text) in EMBEDDED {
            schemas.add_embedded(record, text).map_err(|error| {
                let reason = error.to_string();
                CodecError::Embedded { record, reason }
            })?;
        }
        if let Some(directory) = directory {
            for path in schema_files(directory)? {
                schemas.add_file(path)?;
            }
        }
        Ok(schemas)
    }

    pub fn ours(&self, record: &str) -> Option<&'static Schema> {
        self.ours.get(record).copied()
    }

    pub fn writer(&self, fingerprint: &Fingerprint) -> Option<&Writer> {
        self.writers.get(fingerprint)
    }

    fn add_embedded(&mut self, record: &'static str, text: &str) -> AvroResult<()> {
        let schema = leak(Schema::parse_str(text)?);
        let plan = Plan::Same(GenericDatumReader::builder(schema).human_readable(false).build()?);
        self.ours.insert(record, schema);
        self.writers.insert(fingerprint(schema), Writer { record: record.to_owned(), plan });
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf) -> Result<(), CodecError> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(CodecError::File { path, source }),
        };
        let schema = match Schema::parse_str(&text) {
            Ok(schema) => leak(schema),
            Err(error) => return Err(CodecError::NotASchema { path, reason: error.to_string() }),
        };
        let fingerprint = fingerprint(schema);
        if self.writers.contains_key(&fingerprint) {
            return Ok(());
        }
        let record = schema.name().map(|name| name.name().to_owned()).unwrap_or_default();
        let plan = match EMBEDDED.iter().find(|(ours, _)| *ours == record) {
            Some((contract, _)) => match self.resolve(contract, schema) {
                Ok(plan) => plan,
                Err(reason) => return Err(CodecError::Incompatible { path, contract, reason }),
            },
            None => Plan::Foreign,
        };
        self.writers.insert(fingerprint, Writer { record, plan });
        Ok(())
    }

    fn resolve(&self, record: &str, writer: &'static Schema) -> Result<Plan, String> {
        let ours = self.ours(record).expect("invariant: every embedded schema is loaded first");
        SchemaCompatibility::can_read(writer, ours).map_err(|error| error.to_string())?;
        let reader = GenericDatumReader::builder(writer).reader_schema(ours).human_readable(false).build();
        reader.map(Plan::Resolve).map_err(|error| error.to_string())
    }
}

/// Readers and writers borrow their schema for as long as they live, which is as long as the process: one schema for
/// each file that was loaded at start.
fn leak(schema: Schema) -> &'static Schema {
    Box::leak(Box::new(schema))
}

/// CRC-64-AVRO of the schema's canonical form, little-endian, as in the header of a single object.
pub(super) fn fingerprint(schema: &Schema) -> Fingerprint {
    let bytes = schema.fingerprint::<Rabin>().bytes;
    bytes.try_into().expect("invariant: a Rabin fingerprint has 8 bytes")
}

fn schema_files(directory: &Path) -> Result<Vec<PathBuf>, CodecError> {
    let error = |source| CodecError::Directory { path: directory.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.extension().is_some_and(|extension| extension == "avsc") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
