//! An endpoint as JSON, written from the schema's table: its names without those that only filters need, and only
//! what is known.

mod glance;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{
    row::Row,
    schema::{Field, Kind, Type, fields},
    value::{Item, List, Value},
};

pub use glance::Glance;

/// Serialises one endpoint. Instants are RFC 3339, durations seconds, sizes bytes; what is not known is absent,
/// and so is a group in which nothing is known.
#[derive(Debug, Clone, Copy)]
pub struct EndpointJson<'a>(pub Row<'a>);

impl Serialize for EndpointJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object { row: &self.0, item: Item::None, fields: fields() }.serialize(serializer)
    }
}

/// An endpoint or an element, whole.
#[derive(Clone, Copy)]
pub(super) struct Object<'r, 'a> {
    pub(super) row: &'r Row<'a>,
    pub(super) item: Item<'a>,
    pub(super) fields: &'static [Field],
}

impl Object<'_, '_> {
    pub(super) fn is_known(&self, field: &Field) -> bool {
        match &field.kind {
            Kind::Value(_, get) => !get(self.row, self.item).is_missing(),
            Kind::Group(members) => members.iter().any(|member| self.is_known(member)),
            Kind::Records(_, get) | Kind::Texts(get) => get(self.row, self.item).is_some(),
            Kind::Labels(_) => true,
        }
    }
}

impl Serialize for Object<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.fields.iter().filter(|field| !field.filter_only) {
            match &field.kind {
                Kind::Value(ty, get) => match get(self.row, self.item) {
                    Value::Missing => {}
                    value => map.serialize_entry(field.name, &Scalar(*ty, value))?,
                },
                Kind::Group(members) => {
                    if self.is_known(field) {
                        let group = Object { row: self.row, item: self.item, fields: members };
                        map.serialize_entry(field.name, &group)?;
                    }
                }
                Kind::Records(members, get) => {
                    if let Some(list) = get(self.row, self.item) {
                        map.serialize_entry(field.name, &Array { row: self.row, list, fields: members })?;
                    }
                }
                Kind::Texts(get) => {
                    if let Some(list) = get(self.row, self.item) {
                        map.serialize_entry(field.name, &Array { row: self.row, list, fields: &[] })?;
                    }
                }
                Kind::Labels(get) => map.serialize_entry(field.name, get(self.row))?,
            }
        }
        map.end()
    }
}

/// A list, whole.
pub(super) struct Array<'r, 'a> {
    pub(super) row: &'r Row<'a>,
    pub(super) list: List<'a>,
    pub(super) fields: &'static [Field],
}

impl Serialize for Array<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.list.len()))?;
        for index in 0..self.list.len() {
            match self.list.at(index) {
                Item::Text(text) => sequence.serialize_element(text)?,
                item => sequence.serialize_element(&Object { row: self.row, item, fields: self.fields })?,
            }
        }
        sequence.end()
    }
}

/// One value with its type, which decides how it is written.
pub(super) struct Scalar<'a>(pub(super) Type, pub(super) Value<'a>);

impl Serialize for Scalar<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Value::Missing => serializer.serialize_none(),
            Value::Bool(value) => serializer.serialize_bool(value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Instant(value) => value.serialize(serializer),
            Value::Id(value) => value.serialize(serializer),
            Value::Num(value) => match self.0 {
                Type::Int | Type::Bytes => serialize_whole(value, serializer),
                // Seconds are whole wherever the fact was; an offset of 0.25 s is not.
                Type::Duration if value.fract() == 0.0 => serialize_whole(value, serializer),
                _ => serializer.serialize_f64(hundredths(value)),
            },
        }
    }
}

/// Two decimals. What rounds to nothing is nothing: adding zero takes the sign from a zero that has one.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

#[expect(clippy::cast_possible_truncation, reason = "whole numbers of the model fit an i64 by far")]
fn serialize_whole<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(value as i64)
}
