//! The Avro schemas: ours, embedded, and those of older or newer writers from a directory.
//!
//! A writer's schema is known by its fingerprint, the CRC-64-AVRO of its canonical form. How to read what it wrote is
//! decided here, once: directly when it is our own schema, else by resolving it against ours. A schema that can't be
//! resolved is refused at start, not record by record.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use apache_avro::error::CompatibilityError;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema_compatibility::SchemaCompatibility;
use apache_avro::types::Value;
use apache_avro::{AvroResult, Schema};
use self_cell::self_cell;

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
    Resolve(OwnedReader),
    /// Not one of our records.
    Foreign,
}

self_cell!(
    /// A reader with the writer's schema that it borrows.
    pub(super) struct OwnedReader {
        owner: Schema,
        #[covariant]
        dependent: GenericDatumReader,
    }
);

impl OwnedReader {
    /// Reads whatever was written with a schema, as it was written.
    pub fn generic(text: &str) -> Option<Self> {
        let schema = Schema::parse_str(text).ok()?;
        Self::try_new(schema, |schema| GenericDatumReader::builder(schema).human_readable(false).build()).ok()
    }

    pub fn read_value(&self, datum: &mut impl Read) -> AvroResult<Value> {
        self.borrow_dependent().read_value(datum)
    }
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
        self.ours.insert(record, schema);
        self.add_writer(fingerprints(schema), Writer { record: record.to_owned(), plan: direct(schema)? });
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf) -> Result<(), CodecError> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(CodecError::File { path, source }),
        };
        let schema = match Schema::parse_str(&text) {
            Ok(schema) => schema,
            Err(error) => return Err(CodecError::NotASchema { path, reason: error.to_string() }),
        };
        let fingerprints = fingerprints(&schema);
        let record = record_name(&schema);
        let plan = match embedded_name(&record) {
            Some(contract) => match self.resolve(contract, schema) {
                Ok(plan) => plan,
                Err(reason) => return Err(CodecError::Incompatible { path, contract, reason }),
            },
            None => Plan::Foreign,
        };
        // Checked before looking here: a fingerprint does not cover logical types, so a schema with the fingerprint of
        // ours may still mean other units of time.
        self.add_writer(fingerprints, Writer { record, plan });
        Ok(())
    }

    /// How to read what was written with the schema `text`. The error says why that can't be done.
    pub fn writer_of(&self, text: &str) -> Result<Writer, String> {
        let schema = Schema::parse_str(text).map_err(|error| format!("it is not an Avro schema: {error}"))?;
        let record = record_name(&schema);
        let Some(contract) = embedded_name(&record) else { return Ok(Writer { record, plan: Plan::Foreign }) };
        let ours = self.ours[contract];
        let plan = if fingerprint(&schema) == fingerprint(ours) && instants_agree(&schema, ours, "").is_ok() {
            direct(ours).map_err(|error| error.to_string())?
        } else {
            self.resolve(contract, schema)?
        };
        Ok(Writer { record, plan })
    }

    /// The first of two schemas with one fingerprint stays: they differ in nothing that matters for reading.
    fn add_writer(&mut self, fingerprints: [Fingerprint; 2], writer: Writer) {
        self.writers.push(writer);
        for fingerprint in fingerprints {
            self.fingerprints.entry(fingerprint).or_insert(self.writers.len() - 1);
        }
    }

    fn resolve(&self, record: &str, writer: Schema) -> Result<Plan, String> {
        let ours = self.ours(record).expect("invariant: every embedded schema is loaded first");
        can_read(&writer, ours)?;
        let reader = OwnedReader::try_new(writer, |writer| {
            GenericDatumReader::builder(writer).reader_schema(ours).human_readable(false).build()
        });
        reader.map(Plan::Resolve).map_err(|error| error.to_string())
    }
}

fn direct(ours: &'static Schema) -> AvroResult<Plan> {
    GenericDatumReader::builder(ours).human_readable(false).build().map(Plan::Same)
}

fn fingerprints(schema: &Schema) -> [Fingerprint; 2] {
    [fingerprint(schema), fingerprint_of_apache_avro(schema)]
}

/// The unqualified name of a record; empty for what has none.
fn record_name(schema: &Schema) -> String {
    schema.name().map(|name| name.name().to_owned()).unwrap_or_default()
}

fn embedded_name(record: &str) -> Option<&'static str> {
    EMBEDDED.iter().map(|(ours, _)| *ours).find(|ours| *ours == record)
}

/// Whether everything that a writer may write can be read; the error names the field that stands in the way.
pub(super) fn can_read(writer: &Schema, ours: &Schema) -> Result<(), String> {
    SchemaCompatibility::can_read(writer, ours).map_err(|error| name_field(&error, String::new()))?;
    instants_agree(writer, ours, "")
}

/// The library's errors are nested, the field at fault innermost.
fn name_field(error: &CompatibilityError, path: String) -> String {
    let below = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match error {
        CompatibilityError::FieldTypeMismatch(field, inner) => name_field(inner, below(field)),
        CompatibilityError::MissingDefaultValue(field) => {
            format!("field {} is missing, and has no default", below(field))
        }
        CompatibilityError::WrongType { writer_schema_type, reader_schema_type } => {
            format!("field {path} is {writer_schema_type}, expected {reader_schema_type}")
        }
        other if path.is_empty() => other.to_string(),
        other => format!("field {path} has another type than ours ({other})"),
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

/// Readers and writers borrow our schemas for as long as they live, which is as long as the process.
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
