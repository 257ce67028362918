//! Counts what was found, by fields. What is not known is counted, too, under no value.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{
    Columns, Found, Rows, Slots,
    cells::{Cells, Column, is_set},
    source::Source,
};
use crate::filter::{
    FilterError, SortKey,
    json::Scalar,
    names,
    program::Expr,
    schema::{Kind, Type},
    value::Value,
};

/// The most fields that one count goes by.
const MAX_FIELDS: usize = 3;

/// A field to count by.
#[derive(Debug, Clone)]
pub struct Grouping {
    name: Box<str>,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Value(SortKey),
    /// Each text of a list for itself.
    Texts,
}

impl Grouping {
    /// Compiles `os.family,site`: scalar fields, labels, and lists of texts, of which each text is counted.
    ///
    /// # Errors
    /// [`FilterError`], with the column counted in `text`.
    pub fn compile(text: &str) -> Result<Vec<Self>, FilterError> {
        let mut by: Vec<Self> = Vec::new();
        let mut at = 0;
        for part in text.split(',') {
            let place = FilterError::at(text, at + part.len() - part.trim_start().len(), "");
            at += part.len() + 1;
            if by.len() == MAX_FIELDS {
                return Err(FilterError {
                    what: format!("at most {MAX_FIELDS} fields can be counted by"),
                    ..place
                });
            }
            by.push(Self::one(part.trim()).map_err(|error| FilterError {
                line: place.line,
                column: place.column + error.column - 1,
                ..error
            })?);
        }
        Ok(by)
    }

    fn one(name: &str) -> Result<Self, FilterError> {
        let by = match names::lookup(name).map(|(field, _)| &field.kind) {
            Some(Kind::Texts(_)) => By::Texts,
            Some(Kind::Records(..)) => {
                let error = FilterError::at(name, 0, format!("`{name}` is a list of things"));
                return Err(
                    error.mend("count by a field that has one value, or by a list of texts such as tags")
                );
            }
            _ => {
                let key = SortKey::compile(name)?;
                if key.descending() || !matches!(key.expression(), Expr::Fact(_) | Expr::Label(_)) {
                    let error = FilterError::at(name, 0, format!("`{name}` is no field"));
                    return Err(error.mend("count by a field's name"));
                }
                By::Value(key)
            }
        };
        Ok(Self { name: name.into(), by })
    }

    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn key(&self) -> Box<str> {
        self.name.clone()
    }

    fn ty(&self) -> Type {
        match &self.by {
            By::Value(key) => key.ty(),
            By::Texts => Type::Text,
        }
    }
}

/// How many endpoints have these values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Group {
    /// The values under their names, as in an endpoint's JSON; what is not known is absent.
    #[serde(flatten)]
    pub facts: Map<String, Json>,
    /// How many.
    pub count: usize,
}

/// Values by number, for one field.
struct Coding<'c> {
    column: &'c Column,
    /// The first slot that has a value which no dictionary numbers.
    firsts: Vec<usize>,
    codes: BTreeMap<(u64, u64), u32>,
}

/// The number of what is not known.
const MISSING: u32 = u32::MAX;

impl Coding<'_> {
    fn code(&mut self, slot: usize) -> u32 {
        if !is_set(&self.column.known, slot) {
            return MISSING;
        }
        let bits = match &self.column.cells {
            Cells::Texts(codes, _) | Cells::Lists(codes, _) => return codes[slot],
            Cells::Bools(bits) => (is_set(bits, slot).into(), 0),
            // Both zeros are one value.
            Cells::Nums(cells) => ((cells[slot] + 0.0).to_bits(), 0),
            Cells::Instants(cells) => (
                cells[slot].as_second().cast_unsigned(),
                u64::from(cells[slot].subsec_nanosecond().cast_unsigned()),
            ),
            Cells::Ids(cells) => cells[slot].as_u64_pair(),
        };
        let (firsts, next) = (&mut self.firsts, u32::try_from(self.codes.len()).unwrap_or(MISSING));
        *self.codes.entry(bits).or_insert_with(|| {
            firsts.push(slot);
            next
        })
    }

    /// The values that a number stands for: of a list, each of its texts.
    fn values(&self, code: u32) -> Vec<Value<'_>> {
        if code == MISSING {
            return vec![Value::Missing];
        }
        match &self.column.cells {
            Cells::Texts(_, dictionary) => vec![Value::Text(dictionary.text(code))],
            Cells::Lists(_, dictionary) => match dictionary.list(code) {
                [] => vec![Value::Missing],
                list => list.iter().map(|text| Value::Text(text)).collect(),
            },
            _ => vec![self.column.value(self.firsts[code as usize])],
        }
    }
}

impl Columns {
    /// Counts what was found by fields, the largest groups first. Endpoints with several texts in a list are counted
    /// under each.
    pub fn count_by(&self, by: &[Grouping], found: &Found, rows: &dyn Rows) -> Vec<Group> {
        let made: Vec<Option<Column>> =
            by.iter().map(|grouping| self.column_if_none(grouping, &found.matched, rows)).collect();
        let columns = by
            .iter()
            .zip(&made)
            .filter_map(|(grouping, made)| made.as_ref().or_else(|| self.columns.get(&grouping.name)));
        let coding = |column| Coding { column, firsts: Vec::new(), codes: BTreeMap::new() };
        let mut codings: Vec<Coding<'_>> = columns.map(coding).collect();
        let mut counts: BTreeMap<[u32; MAX_FIELDS], usize> = BTreeMap::new();
        for slot in found.matched.iter() {
            let mut codes = [0; MAX_FIELDS];
            codes.iter_mut().zip(&mut codings).for_each(|(code, coding)| *code = coding.code(slot));
            *counts.entry(codes).or_default() += 1;
        }
        named(by, &codings, &counts)
    }

    /// A column for what moves with time, or was not wanted.
    fn column_if_none(&self, grouping: &Grouping, slots: &Slots, rows: &dyn Rows) -> Option<Column> {
        if self.columns.contains_key(&grouping.name) {
            return None;
        }
        match &grouping.by {
            By::Value(key) => {
                let mut column = Column::blank(key.ty(), rows.len());
                slots.iter().for_each(|slot| column.set(slot, key.value(&rows.row(slot))));
                Some(column)
            }
            By::Texts => {
                let mut column = Column::new(Source::named(&grouping.name)?);
                column.refresh(rows);
                Some(column)
            }
        }
    }
}

/// Puts values in the place of numbers, and joins what lists of texts have in common.
fn named(by: &[Grouping], codings: &[Coding<'_>], counts: &BTreeMap<[u32; MAX_FIELDS], usize>) -> Vec<Group> {
    let mut groups: Vec<(Vec<Value<'_>>, usize)> = Vec::with_capacity(counts.len());
    for (codes, count) in counts {
        let mut combined: Vec<Vec<Value<'_>>> = vec![Vec::new()];
        for (coding, code) in codings.iter().zip(codes) {
            let values = coding.values(*code);
            combined = combined.iter().flat_map(|before| each_after(before, &values)).collect();
        }
        groups.extend(combined.into_iter().map(|values| (values, *count)));
    }
    let in_order = |left: &[Value<'_>], right: &[Value<'_>]| {
        let orders = left.iter().zip(right).map(|(left, right)| SortKey::order(left, right, false));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(core::cmp::Ordering::Equal)
    };
    groups.sort_by(|left, right| in_order(&left.0, &right.0));
    groups.dedup_by(|next, kept| {
        let same = in_order(&next.0, &kept.0).is_eq();
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    groups.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
    groups.into_iter().map(|(values, count)| Group { facts: facts(by, &values), count }).collect()
}

/// A combination with each of some values after it.
fn each_after<'v>(before: &[Value<'v>], values: &[Value<'v>]) -> Vec<Vec<Value<'v>>> {
    values.iter().map(|value| before.iter().chain([value]).copied().collect()).collect()
}

/// Values under their names: `os.family` is `family` of `os`.
fn facts(by: &[Grouping], values: &[Value<'_>]) -> Map<String, Json> {
    let mut facts = Map::new();
    for (grouping, value) in by.iter().zip(values).filter(|(_, value)| !value.is_missing()) {
        // A scalar always has a JSON form.
        let Ok(value) = serde_json::to_value(Scalar(grouping.ty(), *value)) else { continue };
        let mut names = grouping.name.split('.');
        let Some(last) = names.next_back() else { continue };
        let mut inner = &mut facts;
        for name in names {
            let next = inner.entry(name).or_insert_with(|| Json::Object(Map::new()));
            let Json::Object(next) = next else { return facts };
            inner = next;
        }
        inner.insert(last.to_owned(), value);
    }
    facts
}
