//! How one field is filled: where its value comes from, and what becomes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Time;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::expression::{Expression, Path, text_of};
use super::number::{Round, integer, minor_units};
use super::scope::Scope;
use super::stop::Stop;
use super::time::TimeReader;

/// One value.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub source: Source,
    pub convert: Convert,
    pub table: Option<Table>,
    /// Values that leave the whole event out.
    pub ignore: Vec<String>,
    /// When the source has nothing.
    pub default: Option<Value>,
    /// When it has nothing and there is no default, the record is a dead letter.
    pub required: bool,
    /// Of a list: what stands between its elements in one text.
    pub split: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Source {
    /// As it stands in the contract.
    Constant(Value),
    /// The first that has something.
    FirstOf(Vec<Expression>),
}

/// From the feed's value to the contract's.
#[derive(Debug, Clone)]
pub(super) enum Convert {
    Text,
    Integer {
        decimal_sign: char,
        round: Round,
    },
    /// Minor units as they stand.
    Minor,
    Money {
        currency: Box<Rule>,
        decimal_sign: char,
        round: Round,
    },
    Flag,
    Name(Vec<String>),
    Time(TimeReader),
    /// The service day of a time, as a text.
    Day {
        time: TimeReader,
        starts: Time,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub entries: BTreeMap<String, Value>,
    pub unlisted: Unlisted,
}

/// What becomes of a value that a table does not list.
#[derive(Debug, Clone)]
pub(super) enum Unlisted {
    DeadLetter,
    Ignore,
    Omit,
    Otherwise(Value),
}

/// How one field is filled, whatever its shape.
#[derive(Debug, Clone)]
pub(super) enum FieldRule {
    Value(Rule),
    /// A list of single values.
    List(Rule),
    /// A list of objects, put together from several sources.
    Objects {
        parts: Vec<ObjectsRule>,
        required: bool,
    },
    TextMap(Vec<(String, Rule)>),
}

/// Objects, one for each element; without `each` one object.
#[derive(Debug, Clone)]
pub(super) struct ObjectsRule {
    pub each: Option<Path>,
    pub when: Condition,
    pub fields: Fields,
}

pub(super) type Fields = Vec<(String, FieldRule)>;

impl Rule {
    pub fn constant(value: Value) -> Self {
        Self {
            source: Source::Constant(value),
            convert: Convert::Text,
            table: None,
            ignore: Vec::new(),
            default: None,
            required: false,
            split: None,
        }
    }

    /// For messages.
    pub fn source(&self) -> String {
        match &self.source {
            Source::Constant(_) => "the mapping".to_owned(),
            Source::FirstOf(expressions) => expressions.iter().map(Expression::text).collect::<Vec<_>>().join(" or "),
        }
    }

    /// What of its sources is not there.
    fn missing(&self, scope: &Scope<'_>) -> String {
        match &self.source {
            Source::Constant(_) => self.source(),
            Source::FirstOf(expressions) => {
                expressions.iter().map(|expression| expression.missing(scope)).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    /// The contract's value, or `None` when the field is left out.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Option<Value>, Stop> {
        let expressions = match &self.source {
            Source::Constant(value) => return Ok(Some(value.clone())),
            Source::FirstOf(expressions) => expressions,
        };
        for expression in expressions {
            if let Some(found) = expression.value(scope)? {
                let converted = self.convert(found, scope);
                return converted.map_err(|stop| stop.about(&expression.text()));
            }
        }
        self.absent(scope)
    }

    fn absent(&self, scope: &Scope<'_>) -> Result<Option<Value>, Stop> {
        match &self.default {
            Some(default) => Ok(Some(default.clone())),
            None if self.required => Err(Stop::bad("is missing").about(&self.missing(scope))),
            None => Ok(None),
        }
    }

    fn convert(&self, found: Cow<'_, Value>, scope: &Scope<'_>) -> Result<Option<Value>, Stop> {
        if self.table.is_some() || !self.ignore.is_empty() {
            let Some(text) = text_of(&found) else { return Err(not_single()) };
            if self.ignore.iter().any(|ignored| *ignored == text) {
                return Err(Stop::Ignored);
            }
            if let Some(table) = &self.table {
                return table.look_up(&text);
            }
        }
        let found = &*found;
        match &self.convert {
            Convert::Text => text(found).map(|text| Some(Value::String(text))),
            Convert::Integer { decimal_sign, round } => Ok(Some(integer(found, *decimal_sign, *round)?.into())),
            Convert::Minor => {
                let whole = text_of(found).and_then(|text| text.parse::<i64>().ok());
                let whole =
                    whole.ok_or_else(|| Stop::bad("is no whole number of minor units; `money` reads amounts"))?;
                Ok(Some(whole.into()))
            }
            Convert::Money { currency, decimal_sign, round } => {
                let code = currency.value(scope)?.ok_or_else(|| Stop::bad("has no currency"))?;
                let code = code.as_str().unwrap_or_default().to_uppercase();
                Ok(Some(minor_units(found, &code, *decimal_sign, *round)?.into()))
            }
            Convert::Flag => flag(found).map(|flag| Some(Value::Bool(flag))),
            Convert::Name(names) => {
                let text = text(found)?;
                match names.contains(&text) {
                    true => Ok(Some(Value::String(text))),
                    false => Err(Stop::bad(format!("is none of {}; `table` translates", names.join(", ")))),
                }
            }
            Convert::Time(time) => Ok(Some(Value::String(time.read(found, scope)?.to_string()))),
            Convert::Day { time, starts } => Ok(Some(Value::String(time.day(found, *starts, scope)?))),
        }
    }

    /// Every value that it finds, each converted.
    fn list(&self, scope: &Scope<'_>) -> Result<Option<Value>, Stop> {
        let expressions = match &self.source {
            Source::Constant(value) => return Ok(Some(value.clone())),
            Source::FirstOf(expressions) => expressions,
        };
        for expression in expressions {
            let nodes = match expression {
                Expression::Path(path) => path.nodes(scope).into_iter().map(Cow::Borrowed).collect(),
                Expression::Composed(..) => expression.value(scope)?.into_iter().collect::<Vec<_>>(),
            };
            let nodes: Vec<_> = nodes.into_iter().filter(|node| !node.is_null()).collect();
            if nodes.is_empty() {
                continue;
            }
            let mut list = Vec::new();
            for node in nodes {
                let found = self.elements(node, scope, &mut list);
                found.map_err(|stop| stop.about(&expression.text()))?;
            }
            return Ok(Some(Value::Array(list)));
        }
        self.absent(scope)
    }

    fn elements(&self, node: Cow<'_, Value>, scope: &Scope<'_>, list: &mut Vec<Value>) -> Result<(), Stop> {
        match (&*node, &self.split) {
            (Value::Array(elements), _) => {
                for element in elements.iter().filter(|element| !element.is_null()) {
                    list.extend(self.convert(Cow::Borrowed(element), scope)?);
                }
            }
            (Value::String(text), Some(separator)) => {
                for part in text.split(separator.as_str()).map(str::trim).filter(|part| !part.is_empty()) {
                    list.extend(self.convert(Cow::Owned(Value::String(part.to_owned())), scope)?);
                }
            }
            (Value::String(text), None) if text.trim().is_empty() => {}
            _ => list.extend(self.convert(node, scope)?),
        }
        Ok(())
    }
}

impl Table {
    fn look_up(&self, text: &str) -> Result<Option<Value>, Stop> {
        if let Some(value) = self.entries.get(text) {
            return Ok(Some(value.clone()));
        }
        match &self.unlisted {
            Unlisted::DeadLetter => Err(Stop::bad("is not in the table; list it, or say `otherwise` or `unlisted`")),
            Unlisted::Ignore => Err(Stop::Ignored),
            Unlisted::Omit => Ok(None),
            Unlisted::Otherwise(value) => Ok(Some(value.clone())),
        }
    }
}

impl FieldRule {
    fn value(&self, scope: &Scope<'_>) -> Result<Option<Value>, Stop> {
        match self {
            Self::Value(rule) => rule.value(scope),
            Self::List(rule) => rule.list(scope),
            Self::TextMap(entries) => {
                let mut map = Map::new();
                for (name, rule) in entries {
                    if let Some(value) = rule.value(scope).map_err(|stop| stop.within(name))? {
                        map.insert(name.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Self::Objects { parts, required } => {
                let mut list = None;
                for part in parts {
                    part.add(scope, &mut list)?;
                }
                match list {
                    None if *required => Err(Stop::bad("no element was found")),
                    list => Ok(list.map(Value::Array)),
                }
            }
        }
    }
}

impl ObjectsRule {
    /// Appends its objects. A list that is there but empty makes an empty list, one that is not there makes none.
    fn add(&self, scope: &Scope<'_>, list: &mut Option<Vec<Value>>) -> Result<(), Stop> {
        let Some(each) = &self.each else { return self.add_one(scope, list.get_or_insert_default()) };
        let Some(elements) = elements(each, scope)? else { return Ok(()) };
        let list = list.get_or_insert_default();
        for (index, element) in elements.into_iter().enumerate() {
            self.add_one(&scope.with_element(element, index + 1), list)?;
        }
        Ok(())
    }

    fn add_one(&self, scope: &Scope<'_>, list: &mut Vec<Value>) -> Result<(), Stop> {
        if self.when.holds(scope)? {
            let place = format!("[{}]", list.len());
            list.push(Value::Object(object(&self.fields, scope).map_err(|stop| stop.within(&place))?));
        }
        Ok(())
    }
}

/// The elements that `each` walks over: those of the lists that it finds, and what else it finds. `None`: it finds
/// nothing.
pub(super) fn elements<'s>(each: &Path, scope: &Scope<'s>) -> Result<Option<Vec<&'s Value>>, Stop> {
    let nodes: Vec<&Value> = each.nodes(scope).into_iter().filter(|node| !node.is_null()).collect();
    if nodes.is_empty() {
        return Ok(None);
    }
    let mut elements = Vec::new();
    for node in nodes {
        match node {
            Value::Array(list) => elements.extend(list),
            _ => elements.push(node),
        }
    }
    Ok(Some(elements))
}

/// The fields that have a value.
pub(super) fn object(fields: &Fields, scope: &Scope<'_>) -> Result<Map<String, Value>, Stop> {
    let mut object = Map::new();
    for (name, rule) in fields {
        if let Some(value) = rule.value(scope).map_err(|stop| stop.within(name))? {
            object.insert(name.clone(), value);
        }
    }
    Ok(object)
}

fn not_single() -> Stop {
    Stop::bad("is a list or an object, expected a single value")
}

fn text(value: &Value) -> Result<String, Stop> {
    text_of(value).map(Cow::into_owned).ok_or_else(not_single)
}

fn flag(value: &Value) -> Result<bool, Stop> {
    match text(value)?.to_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Stop::bad("is neither true nor false; `table` translates")),
    }
}
