//! Where a value comes from: a path into the record, or a text composed of such paths.
//!
//! Paths are JSONPath (RFC 9535). `$` is the record's value, `@` the element of the nearest `each` and `@@` the one
//! around it, `$record` what Kafka knows about the record. In a composed text they stand in braces, beside the names
//! of `[let]` and `{position}`.

use std::borrow::Cow;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::scope::Scope;
use super::stop::Stop;
use crate::document::unknown;

/// What Kafka knows about a record.
const RECORD_FIELDS: [&str; 7] = ["key", "timestamp", "topic", "partition", "offset", "headers", "id"];
const POSITION: &str = "position";

/// Where the text stands: what it may refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// How many `each` are around it.
    pub depth: usize,
    /// The names of `[let]` that are known here.
    pub names: &'a [String],
}

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Path(Path),
    Composed(String, Vec<Part>),
}

#[derive(Debug, Clone)]
pub(super) struct Path {
    pub text: String,
    root: Root,
    query: JsonPath,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Root {
    Value,
    Record,
    /// How many levels of `each` further out.
    Element(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Literal(String),
    Path(Path),
    /// The position of a name of `[let]`.
    Name(usize),
    /// Which element of `each` it is, from 1.
    Position,
}

/// What is wrong with an expression: how many bytes into it, and why.
pub(super) type Malformed = (usize, String);

impl Expression {
    /// Reads a text; `None` is one that refers to nothing, and so stands for itself.
    pub fn parse(text: &str, place: Place<'_>) -> Result<Option<Self>, Malformed> {
        if text.starts_with(['$', '@']) {
            return Path::parse(text, place).map(|path| Some(Self::Path(path)));
        }
        if !text.contains(['{', '}']) {
            return Ok(None);
        }
        compose(text, place).map(|parts| Some(Self::Composed(text.to_owned(), parts)))
    }

    /// The value, or `None` when it, or a part of it, is absent, null or an empty text.
    pub fn value<'s>(&'s self, scope: &Scope<'s>) -> Result<Option<Cow<'s, Value>>, Stop> {
        match self {
            Self::Path(path) => Ok(path.nodes(scope).into_iter().find(|node| is_given(node)).map(Cow::Borrowed)),
            Self::Composed(_, parts) => {
                let text = composed(parts, scope)?;
                Ok(text.map(|text| Cow::Owned(Value::String(text))))
            }
        }
    }

    /// As it stands in the mapping, for messages.
    pub fn text(&self) -> String {
        match self {
            Self::Path(path) => path.text.clone(),
            Self::Composed(text, _) => format!("{text:?}"),
        }
    }

    /// The part that is not there, for messages.
    pub fn missing(&self, scope: &Scope<'_>) -> String {
        let Self::Composed(_, parts) = self else { return self.text() };
        for part in parts {
            match part {
                Part::Path(path) if !path.nodes(scope).into_iter().any(is_given) => return path.text.clone(),
                Part::Name(index) if scope.named(*index) == Ok(None) => return scope.name(*index).to_owned(),
                _ => {}
            }
        }
        self.text()
    }

    /// Whether it is the record's own time, which is in milliseconds whatever the feed's times look like.
    pub fn is_record_time(&self) -> bool {
        matches!(self, Self::Path(path) if path.text == "$record.timestamp")
    }
}

impl Path {
    pub fn parse(text: &str, place: Place<'_>) -> Result<Self, Malformed> {
        let levels = text.bytes().take_while(|byte| *byte == b'@').count();
        let (root, rest) = match text.strip_prefix("$record") {
            Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => (Root::Record, rest),
            _ if levels > 0 => (Root::Element(levels - 1), &text[levels..]),
            _ => (Root::Value, text.strip_prefix('$').unwrap_or(text)),
        };
        if levels > place.depth {
            let reason = match place.depth {
                0 => format!("{text:?} speaks of an element, and there is no `each` around it; begin with $"),
                depth => format!("{text:?} goes out further than the {depth} `each` around it"),
            };
            return Err((0, reason));
        }
        if root == Root::Record {
            let name = rest.strip_prefix('.').unwrap_or_default();
            let name = name.split(['.', '[']).next().unwrap_or_default();
            if !RECORD_FIELDS.contains(&name) {
                return Err((0, unknown("part of $record", name, &RECORD_FIELDS)));
            }
        }
        // the parser's own words say no more than that it did not like it
        let query = JsonPath::parse(&format!("${rest}"))
            .map_err(|_| (0, format!("{text:?} is no path; write it as \"$.order.lines[0].name\"")))?;
        Ok(Self { text: text.to_owned(), root, query })
    }

    /// Every node that it finds, nulls included.
    pub fn nodes<'s>(&self, scope: &Scope<'s>) -> Vec<&'s Value> {
        let root = match self.root {
            Root::Value => scope.value,
            Root::Record => scope.record,
            Root::Element(out) => match scope.element(out) {
                Some(element) => element,
                None => return Vec::new(),
            },
        };
        self.query.query(root).all()
    }
}

/// Null and an empty text are as good as absent.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}

fn compose(text: &str, place: Place<'_>) -> Result<Vec<Part>, Malformed> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if text[at..].starts_with("{{") || text[at..].starts_with("}}") {
            literal.push(next);
            at += 2;
        } else if next == '{' {
            let Some(length) = closing_brace(&text[at + 1..]) else {
                return Err((at, format!("{text:?} has a brace that is never closed; a brace itself is written {{{{")));
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            let inner = &text[at + 1..at + 1 + length];
            parts.push(part(inner, place).map_err(|(inside, reason)| (at + 1 + inside, reason))?);
            at += length + 2;
        } else if next == '}' {
            return Err((at, format!("{text:?} closes a brace that was not opened; a brace itself is written }}}}")));
        } else {
            literal.push(next);
            at += next.len_utf8();
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// Quotes of a path may hold a brace.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '}' => return Some(at),
            None => {}
        }
    }
    None
}

fn part(text: &str, place: Place<'_>) -> Result<Part, Malformed> {
    if text.starts_with(['$', '@']) {
        return Path::parse(text, place).map(Part::Path);
    }
    if text == POSITION {
        return match place.depth {
            0 => Err((0, "{position} counts the elements of an `each`, and there is none around it".to_owned())),
            _ => Ok(Part::Position),
        };
    }
    if let Some(index) = place.names.iter().position(|name| name == text) {
        return Ok(Part::Name(index));
    }
    let mut known: Vec<&str> = place.names.iter().map(String::as_str).collect();
    known.push(POSITION);
    let reason = unknown("name in braces", text, &known);
    Err((0, format!("{reason}; a path begins with $ or @, and names are defined in [let]")))
}

fn composed(parts: &[Part], scope: &Scope<'_>) -> Result<Option<String>, Stop> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Position => text.push_str(&scope.position().to_string()),
            Part::Path(path) => {
                let Some(node) = path.nodes(scope).into_iter().find(|node| is_given(node)) else { return Ok(None) };
                match text_of(node) {
                    Some(found) => text.push_str(&found),
                    None => return Err(Stop::bad("is a list or an object, expected a text").about(&path.text)),
                }
            }
            Part::Name(index) => match scope.named(*index)? {
                Some(found) => text.push_str(&found),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(text))
}

/// A text, a number or a flag as text, without the blanks around it.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn place(depth: usize) -> Place<'static> {
        Place { depth, names: &[] }
    }

    #[rstest]
    #[case::unknown_name("{shop}/{$.a}", 1, "unknown name in braces")]
    #[case::not_closed("a{$.b", 1, "never closed")]
    #[case::not_opened("a}b", 1, "not opened")]
    #[case::no_element("@.sku", 0, "there is no `each`")]
    #[case::no_path("$.a[", 0, "is no path")]
    #[case::path_in_a_text("x-{$.a..}", 3, "is no path")]
    #[case::no_part_of_a_record("$record.ofset", 0, "did you mean \"offset\"?")]
    fn what_is_wrong_is_said_with_its_place(#[case] text: &str, #[case] at: usize, #[case] part: &str) {
        let (offset, reason) = Expression::parse(text, place(0)).unwrap_err();
        assert!(reason.contains(part), "{reason}");
        assert_eq!(offset, at, "{reason}");
    }

    #[test]
    fn a_text_that_refers_to_nothing_stands_for_itself() {
        assert!(Expression::parse("placed", place(0)).unwrap().is_none());
        assert!(matches!(Expression::parse("{{x}}", place(0)).unwrap(), Some(Expression::Composed(..))));
    }
}
