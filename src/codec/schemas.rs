//! The Avro schemas: ours, embedded, and those of older or newer writers from a directory.
//!
//! A writer's schema is known by its fingerprint, the CRC-64-AVRO of its canonical form. How to read what it wrote is
//! decided here, once: directly when it is our own schema, else by resolving it against ours. A schema that can't be
//! resolved is refused at start, not record by record.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema_compatibility::SchemaCompatibility;
use apache_avro::{AvroResult, Schema};

use super::error::CodecError;
use super::fingerprint::{Fingerprint, fingerprint, fingerprint_of_apache_avro};

/// Names, files and texts of the published schemas.
pub(super) const EMBEDDED: [(&str, &str); 10] = [
    ("OrderEvent", include_str!("../../schemas/order-event.avsc")),
    ("DeliveryEvent", include_str!("../../schemas/delivery-event.avsc")),
    ("ComplaintEvent", include_str!("../../schemas/complaint-event.avsc")),
    ("CustomerProfile", include_str!("../../schemas/customer-profile.avsc")),
    ("OutcomeEvent", include_str!("../../schemas/outcome-event.avsc")),
    ("RecoveryAction", include_str!("../../schemas/recovery-action.avsc")),
    ("FollowUp", include_str!("../../schemas/follow-up.avsc")),
    ("IncidentEvent", include_str!("../../schemas/incident-event.avsc")),
    ("Insight", include_str!("../../schemas/insight.avsc")),
    ("CatalogueItem", include_str!("../../schemas/catalogue-item.avsc")),
];

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
    writers: Vec<Writer>,
    /// Where the writer stands in `writers`.
    fingerprints: HashMap<Fingerprint, usize>,
}

impl Schemas {
    /// The embedded schemas and every `*.avsc` of `directory`.
    pub fn load(directory: Option<&Path>) -> Result<Self, CodecError> {
        let mut schemas = Self { ours: HashMap::new(), writers: Vec::new(), fingerprints: HashMap::new() };
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
        self.fingerprints.get(fingerprint).map(|position| &self.writers[*position])
    }

    fn add_embedded(&mut self, record: &'static str, text: &str) -> AvroResult<()> {
        let schema = leak(Schema::parse_str(text)?);
        let plan = Plan::Same(GenericDatumReader::builder(schema).human_readable(false).build()?);
        self.ours.insert(record, schema);
        self.add_writer(schema, Writer { record: record.to_owned(), plan });
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
        let record = schema.name().map(|name| name.name().to_owned()).unwrap_or_default();
        let plan = match EMBEDDED.iter().find(|(ours, _)| *ours == record) {
            Some((contract, _)) => match self.resolve(contract, schema) {
                Ok(plan) => plan,
                Err(reason) => return Err(CodecError::Incompatible { path, contract, reason }),
            },
            None => Plan::Foreign,
        };
        // Checked before looking here: a fingerprint does not cover logical types, so a schema with the fingerprint of
        // ours may still mean other units of time.
        self.add_writer(schema, Writer { record, plan });
        Ok(())
    }

    /// The first of two schemas with one fingerprint stays: they differ in nothing that matters for reading.
    fn add_writer(&mut self, schema: &Schema, writer: Writer) {
        self.writers.push(writer);
        for fingerprint in [fingerprint(schema), fingerprint_of_apache_avro(schema)] {
            self.fingerprints.entry(fingerprint).or_insert(self.writers.len() - 1);
        }
    }

    fn resolve(&self, record: &str, writer: &'static Schema) -> Result<Plan, String> {
        let ours = self.ours(record).expect("invariant: every embedded schema is loaded first");
        SchemaCompatibility::can_read(writer, ours).map_err(|error| error.to_string())?;
        instants_agree(writer, ours, "")?;
        let reader = GenericDatumReader::builder(writer).reader_schema(ours).human_readable(false).build();
        reader.map(Plan::Resolve).map_err(|error| error.to_string())
    }
}

/// Instants must be in milliseconds on both sides. Neither fingerprints nor the compatibility check look at that, and
/// microseconds taken for milliseconds would be silently wrong.
fn instants_agree(writer: &Schema, ours: &Schema, field: &str) -> Result<(), String> {
    match (value_of(writer), value_of(ours)) {
        (Schema::Record(writer), Schema::Record(ours)) => {
            for field in &ours.fields {
                if let Some(position) = writer.lookup.get(&field.name) {
                    instants_agree(&writer.fields[*position].schema, &field.schema, &field.name)?;
                }
            }
            Ok(())
        }
        (Schema::Array(writer), Schema::Array(ours)) => instants_agree(&writer.items, &ours.items, field),
        (Schema::TimestampMillis | Schema::Long, Schema::TimestampMillis) => Ok(()),
        (_, Schema::TimestampMillis) => Err(format!("{field} is not in timestamp-millis")),
        _ => Ok(()),
    }
}

/// What a nullable field holds when it is not null.
fn value_of(schema: &Schema) -> &Schema {
    match schema {
        Schema::Union(union) => union.variants().iter().find(|variant| **variant != Schema::Null).unwrap_or(schema),
        _ => schema,
    }
}

/// Readers and writers borrow their schema for as long as they live, which is as long as the process: one schema for
/// each file that was loaded at start.
fn leak(schema: Schema) -> &'static Schema {
    Box::leak(Box::new(schema))
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
