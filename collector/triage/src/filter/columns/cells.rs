//! One column: the cells of one fact, and which of them are known.

use jiff::Timestamp;
use uuid::Uuid;

use super::{BLOCK, Rows, dictionary::Dictionary, source::Source};
use crate::filter::{row::Row, schema::Type, value::Value};

/// A dictionary is begun anew when it has so many entries for each endpoint: texts that change would fill it up.
const ENTRIES_PER_ENDPOINT: usize = 2;

/// How many entries a dictionary may have whatever the fleet's size.
const ENTRIES_AT_LEAST: usize = 1024;

/// The cells, one for each slot and some more up to a whole block.
#[derive(Debug)]
pub(super) enum Cells {
    Bools(Vec<u64>),
    Nums(Vec<f64>),
    Instants(Vec<Timestamp>),
    Ids(Vec<Uuid>),
    Texts(Vec<u32>, Dictionary),
    Lists(Vec<u32>, Dictionary),
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    source: Source,
    pub(super) cells: Cells,
    /// Which cells are known: a bit for each slot.
    pub(super) known: Vec<u64>,
    /// For each number of a dictionary its place in order; made for those who sort.
    pub(super) ranks: Vec<u32>,
    /// The rows' stamp when it was last brought up to date; `None` before the first time.
    fresh: Option<u64>,
    len: usize,
    /// The query that last asked for it.
    pub(super) used: u64,
}

impl Column {
    pub(super) fn new(source: Source) -> Self {
        let cells = Cells::of(&source);
        Self { source, cells, known: Vec::new(), ranks: Vec::new(), fresh: None, len: 0, used: 0 }
    }

    /// A column of `len` cells, none of them known, for values that are computed.
    pub(super) fn blank(ty: Type, len: usize) -> Self {
        // Its getter is never asked: such a column is not refreshed.
        let mut column = Self::new(Source::Fact(ty, |_, _| Value::Missing));
        column.resize(len);
        column
    }

    pub(super) fn is_fresh(&self, rows: &dyn Rows) -> bool {
        self.fresh == Some(rows.stamp()) && self.len == rows.len()
    }

    pub(super) fn refresh(&mut self, rows: &dyn Rows) {
        if self.is_fresh(rows) {
            return;
        }
        let most = ENTRIES_AT_LEAST + ENTRIES_PER_ENDPOINT * rows.len();
        if let Cells::Texts(_, dictionary) | Cells::Lists(_, dictionary) = &self.cells
            && (dictionary.len() > most || dictionary.is_full())
        {
            *self = Self { used: self.used, ..Self::new(self.source.clone()) };
        }
        self.resize(rows.len());
        match self.fresh {
            None => (0..rows.len()).for_each(|slot| self.read(slot, &rows.row(slot))),
            Some(stamp) => rows.changed_since(stamp, &mut |slot| self.read(slot, &rows.row(slot))),
        }
        self.fresh = Some(rows.stamp());
    }

    /// Makes the ranks of its texts, where they lag behind.
    pub(super) fn rank(&mut self) {
        if let Cells::Texts(_, dictionary) = &self.cells
            && dictionary.len() != self.ranks.len()
        {
            self.ranks = dictionary.ranks();
        }
    }

    pub(super) fn is_ranked(&self) -> bool {
        match &self.cells {
            Cells::Texts(_, dictionary) => dictionary.len() == self.ranks.len(),
            _ => true,
        }
    }

    fn resize(&mut self, len: usize) {
        let blocks = len.div_ceil(BLOCK);
        let padded = blocks * BLOCK;
        match &mut self.cells {
            Cells::Bools(bits) => bits.resize(blocks, 0),
            Cells::Nums(cells) => cells.resize(padded, 0.0),
            Cells::Instants(cells) => cells.resize(padded, Timestamp::UNIX_EPOCH),
            Cells::Ids(cells) => cells.resize(padded, Uuid::nil()),
            Cells::Texts(codes, _) | Cells::Lists(codes, _) => codes.resize(padded, 0),
        }
        self.known.resize(blocks, 0);
        self.len = len;
        // Of slots that went, nothing is known.
        if let Some(last) = self.known.last_mut().filter(|_| !len.is_multiple_of(BLOCK)) {
            *last &= (1 << (len % BLOCK)) - 1;
        }
    }

    fn read(&mut self, slot: usize, row: &Row<'_>) {
        if slot >= self.len {
            return;
        }
        let Cells::Lists(codes, dictionary) = &mut self.cells else {
            let value = self.source.value(row);
            return self.set(slot, value);
        };
        let list = self.source.texts(row);
        if let Some(list) = list
            && (!is_set(&self.known, slot) || dictionary.list(codes[slot]) != list)
        {
            codes[slot] = dictionary.intern_list(list);
        }
        mark(&mut self.known, slot, list.is_some());
    }

    /// Writes a cell.
    pub(super) fn set(&mut self, slot: usize, value: Value<'_>) {
        let known = match (&mut self.cells, value) {
            (Cells::Bools(bits), Value::Bool(value)) => {
                mark(bits, slot, value);
                true
            }
            (Cells::Nums(cells), Value::Num(value)) => {
                cells[slot] = value;
                true
            }
            (Cells::Instants(cells), Value::Instant(value)) => {
                cells[slot] = value;
                true
            }
            (Cells::Ids(cells), Value::Id(value)) => {
                cells[slot] = value;
                true
            }
            (Cells::Texts(codes, dictionary), Value::Text(text)) => {
                if !is_set(&self.known, slot) || dictionary.text(codes[slot]) != text {
                    codes[slot] = dictionary.intern(text);
                }
                true
            }
            _ => false,
        };
        mark(&mut self.known, slot, known);
    }

    /// The cell of a slot.
    pub(super) fn value(&self, slot: usize) -> Value<'_> {
        if !is_set(&self.known, slot) {
            return Value::Missing;
        }
        match &self.cells {
            Cells::Bools(bits) => Value::Bool(is_set(bits, slot)),
            Cells::Nums(cells) => Value::Num(cells[slot]),
            Cells::Instants(cells) => Value::Instant(cells[slot]),
            Cells::Ids(cells) => Value::Id(cells[slot]),
            Cells::Texts(codes, dictionary) => Value::Text(dictionary.text(codes[slot])),
            Cells::Lists(..) => Value::Missing,
        }
    }
}

impl Cells {
    fn of(source: &Source) -> Self {
        match source {
            Source::Texts(_) => Self::Lists(Vec::new(), Dictionary::default()),
            Source::Label(_) => Self::Texts(Vec::new(), Dictionary::default()),
            Source::Fact(ty, _) => match ty {
                Type::Bool => Self::Bools(Vec::new()),
                Type::Int | Type::Float | Type::Percent | Type::Bytes | Type::Duration => {
                    Self::Nums(Vec::new())
                }
                Type::Instant => Self::Instants(Vec::new()),
                Type::Text | Type::Choice(_) => Self::Texts(Vec::new(), Dictionary::default()),
                Type::Id => Self::Ids(Vec::new()),
            },
        }
    }
}

pub(super) fn is_set(bits: &[u64], slot: usize) -> bool {
    bits[slot / BLOCK] >> (slot % BLOCK) & 1 == 1
}

fn mark(bits: &mut [u64], slot: usize, on: bool) {
    let bit = 1 << (slot % BLOCK);
    if on {
        bits[slot / BLOCK] |= bit;
    } else {
        bits[slot / BLOCK] &= !bit;
    }
}
