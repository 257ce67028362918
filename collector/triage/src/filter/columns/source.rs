//! Where a column takes its cells from, by the name of the fact.

use crate::filter::{
    names,
    program::Expr,
    reads::Reads,
    row::Row,
    schema::{Get, GetList, Kind, Type},
    value::{Item, List, Value},
};

/// How one cell is read.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Fact(Type, Get),
    Texts(GetList),
    Label(Box<str>),
}

impl Source {
    /// The source of a fact; `None` of what moves with time, and of groups and lists of records.
    pub(super) fn named(name: &str) -> Option<Self> {
        if let Some(key) = name.strip_prefix("labels.") {
            return Some(Self::Label(key.into()));
        }
        let (field, reads) = names::lookup(name)?;
        match &field.kind {
            Kind::Value(ty, get) if !reads.intersects(Reads::TIME) => Some(Self::Fact(*ty, *get)),
            Kind::Texts(get) => Some(Self::Texts(*get)),
            _ => None,
        }
    }

    pub(super) fn value<'a>(&self, row: &Row<'a>) -> Value<'a> {
        match self {
            Self::Fact(_, get) => get(row, Item::None),
            Self::Label(key) => row.endpoint.labels.get(&**key).into(),
            Self::Texts(_) => Value::Missing,
        }
    }

    pub(super) fn texts<'a>(&self, row: &Row<'a>) -> Option<&'a [String]> {
        match self {
            Self::Texts(get) => match get(row, Item::None) {
                Some(List::Texts(texts)) => Some(texts),
                _ => None,
            },
            Self::Fact(..) | Self::Label(_) => None,
        }
    }
}

/// The key of a label's column.
pub(super) fn label_key(label: &str) -> Box<str> {
    format!("labels.{label}").into()
}

/// Adds the names of the facts that an expression reads of the endpoint itself, each once.
pub(super) fn names_in(expr: &Expr, names: &mut Vec<Box<str>>) {
    let mut add = |name: Box<str>| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    match expr {
        Expr::Fact(fact) | Expr::FactNum(_, fact, _) | Expr::FactText(_, fact, _) if fact.slot == 0 => {
            add(fact.name.clone());
        }
        Expr::Label(key) => add(label_key(key)),
        Expr::HasList(listing) | Expr::Quantified(_, listing, ..) if listing.slot == 0 => {
            add(listing.name.clone());
        }
        Expr::InList(_, listing) if listing.slot == 0 => add(listing.name.clone()),
        Expr::Search(search) => search.names().for_each(add),
        Expr::Age(inner) | Expr::Abs(inner) | Expr::Not(inner) | Expr::TextSize(inner) => {
            names_in(inner, names)
        }
        Expr::HasValue(inner) | Expr::OneOf(inner, _) => names_in(inner, names),
        Expr::And(terms) | Expr::Or(terms) => terms.iter().for_each(|term| names_in(term, names)),
        Expr::Compare(_, sides) | Expr::Arithmetic(_, sides) | Expr::TextTest(_, sides) => {
            sides.iter().for_each(|side| names_in(side, names));
        }
        // Judged by the row.
        _ => {}
    }
}
