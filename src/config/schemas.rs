//! `[schemas]`: Avro schemas that producers use beside the published ones.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchemasConfig {
    /// A directory of `*.avsc` files for single-object Avro; the published ones are always known.
    pub dir: Option<PathBuf>,
}
