//! Why the mapping of a record ends early.

/// Travels up while the field's path is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The event is left out on purpose: the value is one of `ignore`.
    Ignored,
    /// The record is a dead letter. All texts come from the mapping, never from the record.
    Bad {
        field: String,
        /// Where the value was looked for.
        source: Option<String>,
        reason: String,
    },
}

impl Stop {
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::Bad { field: String::new(), source: None, reason: reason.into() }
    }

    /// Says where the value was looked for, unless something further in has said it.
    pub fn about(self, place: &str) -> Self {
        match self {
            Self::Bad { field, source: None, reason } if field.is_empty() => {
                Self::Bad { field, source: Some(place.to_owned()), reason }
            }
            other => other,
        }
    }

    /// Puts `parent` before the field's path.
    pub fn within(self, parent: &str) -> Self {
        match self {
            Self::Bad { field, source, reason } => {
                let dot = if field.is_empty() || field.starts_with(['[', ' ']) { "" } else { "." };
                Self::Bad { field: format!("{parent}{dot}{field}"), source, reason }
            }
            Self::Ignored => Self::Ignored,
        }
    }
}
