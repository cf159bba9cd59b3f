//! Why bytes could not be read, or a value not be written.
//!
//! A decode error ends in a dead-letter header and a metric label: its kind is one of a closed list, and its message
//! names fields and types but never repeats what a field holds, which may be personal data.

use std::fmt;
use std::path::PathBuf;

/// Why a record is unreadable. The names are dead-letter headers and metric labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DecodeErrorKind {
    /// No value, or one without bytes, where the topic is not compacted.
    Empty,
    TooLarge,
    InvalidUtf8,
    MalformedJson,
    /// The bytes after the schema fingerprint do not fit the schema.
    MalformedAvro,
    /// The value ends in the middle.
    Truncated,
    /// A schema fingerprint that is neither ours nor in the schemas directory, or an id that the registry does not know.
    UnknownSchema,
    /// The writer's schema in the registry can't be read as ours.
    IncompatibleSchema,
    /// The registry's schema is neither Avro nor JSON Schema.
    UnsupportedSchemaType,
    /// A record of another contract, or a JSON value of another type than the field has.
    WrongType,
    /// A field is missing, or what it holds is not allowed.
    InvalidField,
    /// The key of a compacted record is missing, or is not the id it stands for.
    InvalidKey,
    /// Confluent's framing, but no schema registry to ask.
    RegistryNotConfigured,
    /// A field cannot be filled as the mapping of the input says.
    Mapping,
    /// The mapping of the input has no event for the record.
    Unmapped,
}

impl DecodeErrorKind {
    pub const ALL: [Self; 15] = [
        Self::Empty,
        Self::TooLarge,
        Self::InvalidUtf8,
        Self::MalformedJson,
        Self::MalformedAvro,
        Self::Truncated,
        Self::UnknownSchema,
        Self::IncompatibleSchema,
        Self::UnsupportedSchemaType,
        Self::WrongType,
        Self::InvalidField,
        Self::InvalidKey,
        Self::RegistryNotConfigured,
        Self::Mapping,
        Self::Unmapped,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::MalformedJson => "malformed_json",
            Self::MalformedAvro => "malformed_avro",
            Self::Truncated => "truncated",
            Self::UnknownSchema => "unknown_schema",
            Self::IncompatibleSchema => "incompatible_schema",
            Self::UnsupportedSchemaType => "unsupported_schema_type",
            Self::WrongType => "wrong_type",
            Self::InvalidField => "invalid_field",
            Self::InvalidKey => "invalid_key",
            Self::RegistryNotConfigured => "registry_not_configured",
            Self::Mapping => "mapping",
            Self::Unmapped => "unmapped",
        }
    }
}

/// A record that can't be read: a dead letter. The caller adds topic, partition and offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    message: String,
}

impl DecodeError {
    pub(super) fn new(kind: DecodeErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Says where it happened, before what happened.
    pub(super) fn within(self, place: &str) -> Self {
        Self { kind: self.kind, message: format!("{place}: {}", self.message) }
    }

    /// The name of the kind, for a header or a metric label.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// A value that does not fit its own schema: a bug, found by the tests.
#[derive(Debug, thiserror::Error)]
#[error("cannot write a {contract} event as {format}: {reason}; this is a bug, please report it")]
pub struct EncodeError {
    pub(super) contract: &'static str,
    pub(super) format: &'static str,
    pub(super) reason: String,
}

/// Why the schemas can't be used. Found at start.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("cannot read the schemas directory {path}: {source}; check the path and its permissions")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("cannot read the schema {path}: {source}; check its permissions")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is not an Avro schema: {reason}; correct it or take it out of the schemas directory")]
    NotASchema { path: PathBuf, reason: String },
    #[error("events written with {path} can't be read as {contract}: {reason}; take it out of the schemas directory")]
    Incompatible { path: PathBuf, contract: &'static str, reason: String },
    #[error("the embedded schema of {record} is broken: {reason}; this is a bug, please report it")]
    Embedded { record: &'static str, reason: String },
}
