//! Orders what was found, and takes the first page of it without ordering the rest.

use core::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Columns, Found, Rows,
    cells::{Cells, Column},
};
use crate::filter::{FilterError, Reads, SortKey, program::Expr, value::Value};

/// The most fields that an order goes by.
const MAX_KEYS: usize = 6;

/// What ties go by, so that an order is the same every time.
const TIES: [&str; 3] = ["org", "name", "id"];

/// An order of endpoints: one field or several, each from the top with a `-` before it. What is not known comes last
/// either way; ties go by org, name and id.
#[derive(Debug, Clone)]
pub struct Order {
    text: Box<str>,
    keys: Vec<SortKey>,
}

/// The place of an endpoint in an order, to go on after it: it means the same when the endpoint is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Place(Vec<Mark>);

/// One value of a place. A number is kept by its bits: what is printed and read again may differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Mark {
    Missing,
    Bool(bool),
    Num(u64),
    Text(String),
    Instant(Timestamp),
    Id(Uuid),
}

impl Mark {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Missing => Self::Missing,
            Value::Bool(value) => Self::Bool(value),
            Value::Num(value) => Self::Num(value.to_bits()),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Instant(value) => Self::Instant(value),
            Value::Id(value) => Self::Id(value),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(value) => Value::Bool(*value),
            Self::Num(bits) => Value::Num(f64::from_bits(*bits)),
            Self::Text(value) => Value::Text(value),
            Self::Instant(value) => Value::Instant(*value),
            Self::Id(value) => Value::Id(*value),
        }
    }
}

/// A page of slots in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The slots.
    pub slots: Vec<usize>,
    /// The place of the last, when more come after it.
    pub next: Option<Place>,
}

impl Order {
    /// Compiles `name`, `-health.cpu.used_percent,name` and the like.
    ///
    /// # Errors
    /// [`FilterError`], with the column counted in `text` as it was given.
    pub fn compile(text: &str) -> Result<Self, FilterError> {
        let mut keys = Vec::new();
        for (at, part) in parts(text) {
            let blank = part.len() - part.trim_start().len();
            let place = FilterError::at(text, at + blank, "");
            if keys.len() == MAX_KEYS {
                return Err(FilterError {
                    what: format!("at most {MAX_KEYS} fields can be sorted by"),
                    ..place
                });
            }
            keys.push(SortKey::compile(part.trim()).map_err(|mut error| {
                error.column += if error.line == 1 { place.column - 1 } else { 0 };
                error.line += place.line - 1;
                error
            })?);
        }
        let mut order = Self { text: text.into(), keys };
        for tie in TIES {
            order.keys.push(SortKey::compile(tie)?);
        }
        Ok(order)
    }

    /// The text that it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which parts of an endpoint it goes by.
    pub fn reads(&self) -> Reads {
        self.keys().fold(Reads::NONE, |all, key| all | key.reads())
    }

    /// Its keys, ties included.
    pub(super) fn keys(&self) -> impl Iterator<Item = &SortKey> {
        self.keys.iter()
    }

    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.keys().map(SortKey::expression)
    }
}

/// The parts between commas that stand in no bracket and in no quotes, each with its offset.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, sign) in text.char_indices() {
        match (sign, quote) {
            (_, Some(open)) if sign == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(sign),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                parts.push((from, &text[from..at]));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push((from, &text[from..]));
    parts
}

/// A key with the column that it goes by.
struct Sorted<'c> {
    column: Kept<'c>,
    descending: bool,
}

enum Kept<'c> {
    Kept(&'c Column),
    /// Made for this query: of what moves with time, and of what is computed.
    Made(Column),
}

impl Sorted<'_> {
    fn column(&self) -> &Column {
        match &self.column {
            Kept::Kept(column) => column,
            Kept::Made(column) => column,
        }
    }

    /// A number that is smaller for what comes first, as far as one number can tell.
    fn rough(&self, slot: usize) -> u64 {
        let column = self.column();
        let known = match (&column.cells, column.value(slot)) {
            (_, Value::Missing) => return u64::MAX,
            (Cells::Texts(codes, _), _) => u64::from(column.ranks[codes[slot] as usize]),
            (_, Value::Bool(value)) => u64::from(value),
            (_, Value::Num(value)) => in_order(value),
            (_, Value::Instant(at)) => at.as_microsecond().cast_unsigned() ^ (1 << 63),
            (_, Value::Id(id)) => id.as_u64_pair().0,
            (_, Value::Text(_)) => 0,
        };
        if self.descending { !known } else { known }
    }

    fn compare(&self, left: usize, right: usize) -> Ordering {
        let column = self.column();
        if let Cells::Texts(codes, _) = &column.cells {
            let rank = |slot: usize| {
                super::cells::is_set(&column.known, slot).then(|| column.ranks[codes[slot] as usize])
            };
            return match (rank(left), rank(right)) {
                (Some(left), Some(right)) if self.descending => right.cmp(&left),
                (Some(left), Some(right)) => left.cmp(&right),
                (left, right) => right.is_some().cmp(&left.is_some()),
            };
        }
        SortKey::order(&column.value(left), &column.value(right), self.descending)
    }
}

/// The bits of a number such that their order is [`f64::total_cmp`]'s.
fn in_order(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

impl Columns {
    /// The first `limit` of what was found, in order, or those that come after a place.
    pub fn page(
        &self,
        order: &Order,
        found: &Found,
        after: Option<&Place>,
        limit: usize,
        rows: &dyn Rows,
    ) -> Page {
        let keys: Vec<Sorted<'_>> = order.keys().map(|key| self.sorted(key, found, rows)).collect();
        let Some(first) = keys.first() else { return Page::default() };
        let mut picked: Vec<(u64, usize)> =
            found.matched.iter().map(|slot| (first.rough(slot), slot)).collect();
        if let Some(place) = after {
            picked.retain(|(_, slot)| comes_after(&keys, *slot, place));
        }
        let by = |left: &(u64, usize), right: &(u64, usize)| {
            left.0.cmp(&right.0).then_with(|| {
                let of = |key: &Sorted<'_>| key.compare(left.1, right.1);
                keys.iter().map(of).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            })
        };
        let more = picked.len() > limit;
        if more && limit > 0 {
            picked.select_nth_unstable_by(limit - 1, by);
        }
        picked.truncate(limit);
        picked.sort_unstable_by(by);
        let slots: Vec<usize> = picked.into_iter().map(|(_, slot)| slot).collect();
        let place =
            |slot: &usize| Place(keys.iter().map(|key| Mark::of(key.column().value(*slot))).collect());
        let next = slots.last().filter(|_| more).map(place);
        Page { slots, next }
    }

    fn sorted<'c>(&'c self, key: &SortKey, found: &Found, rows: &dyn Rows) -> Sorted<'c> {
        let name = match key.expression() {
            Expr::Fact(fact) if fact.slot == 0 => Some(fact.name.clone()),
            Expr::Label(label) => Some(super::source::label_key(label)),
            _ => None,
        };
        let kept = name.and_then(|name| self.columns.get(&name)).filter(|column| column.is_ranked());
        let column = kept.map_or_else(|| Kept::Made(self.made(key, found, rows)), Kept::Kept);
        Sorted { column, descending: key.descending() }
    }

    fn made(&self, key: &SortKey, found: &Found, rows: &dyn Rows) -> Column {
        let mut column = Column::blank(key.ty(), rows.len());
        for slot in found.matched.iter() {
            let row = rows.row(slot);
            column.set(slot, key.value(&row));
        }
        column.rank();
        column
    }
}

/// Whether a slot comes after a place. One that was made for another order has fewer marks or other ones; then nothing
/// is lost but the sense of it.
fn comes_after(keys: &[Sorted<'_>], slot: usize, place: &Place) -> bool {
    let order = keys
        .iter()
        .zip(&place.0)
        .map(|(key, mark)| SortKey::order(&key.column().value(slot), &mark.value(), key.descending));
    order.into_iter().find(|order| order.is_ne()) == Some(Ordering::Greater)
}
