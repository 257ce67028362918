//! The typed program and its walk. Everything that can fail has failed in the lowering; what is left to meet at
//! run time is a missing fact.
//!
//! Invariant: evaluation allocates nothing, and its work is bounded by the program's length times the lengths of
//! at most [`super::MAX_COMPREHENSION_DEPTH`] nested lists.

mod constants;
mod missing;
mod operators;
mod search;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    row::Row,
    schema::{Field, Get, GetList, Kind},
    value::{Item, List, Value, seconds_between},
};

pub(crate) use constants::constants;
pub(crate) use missing::missing;
pub(crate) use operators::{Arithmetic, Comparison, TextTest, arithmetic, compare, text_test};
pub(crate) use search::Search;

/// Slots for bound elements: none, a rule's element, its evidence, and the nested comprehensions.
pub(crate) const SLOTS: usize = 3 + super::MAX_COMPREHENSION_DEPTH;

/// What a program looks at: the row and the elements bound so far. Slot 0 holds the queue's item, where the program is
/// about one, and else [`Item::None`].
#[derive(Debug)]
pub(crate) struct Scope<'r, 'a> {
    row: &'r Row<'a>,
    items: [Item<'a>; SLOTS],
}

impl<'r, 'a> Scope<'r, 'a> {
    pub(crate) const fn new(row: &'r Row<'a>) -> Self {
        Self { row, items: [Item::None; SLOTS] }
    }

    pub(crate) const fn row(&self) -> &'r Row<'a> {
        self.row
    }

    /// Binds an element.
    pub(crate) const fn bind(&mut self, slot: usize, item: Item<'a>) {
        self.items[slot] = item;
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Const {
    Missing,
    Bool(bool),
    Num(f64),
    Text(Box<str>),
    Instant(Timestamp),
    Id(Uuid),
}

impl Const {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Const::Missing => Value::Missing,
            Const::Bool(value) => Value::Bool(*value),
            Const::Num(value) => Value::Num(*value),
            Const::Text(value) => Value::Text(value),
            Const::Instant(value) => Value::Instant(*value),
            Const::Id(value) => Value::Id(*value),
        }
    }
}

impl From<Value<'_>> for Const {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Missing => Const::Missing,
            Value::Bool(value) => Const::Bool(value),
            Value::Num(value) => Const::Num(value),
            Value::Text(value) => Const::Text(value.into()),
            Value::Instant(value) => Const::Instant(value),
            Value::Id(value) => Const::Id(value),
        }
    }
}

/// A fact: its getter, and the name that people know it by.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) slot: usize,
    pub(crate) get: Get,
    pub(crate) name: Box<str>,
}

impl Fact {
    #[inline]
    fn read<'a>(&self, scope: &Scope<'_, 'a>) -> Value<'a> {
        (self.get)(scope.row, scope.items[self.slot])
    }
}

/// A list in a row or in an element.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) slot: usize,
    pub(crate) get: GetList,
    pub(crate) name: Box<str>,
}

impl Listing {
    /// The list, if it is known.
    #[inline]
    pub(crate) fn read<'a>(&self, scope: &Scope<'_, 'a>) -> Option<List<'a>> {
        (self.get)(scope.row, scope.items[self.slot])
    }
}

/// What is asked of the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Exists,
    All,
    ExistsOne,
}

/// The program: a tree of typed nodes.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Const(Const),
    Now,
    Fact(Fact),
    /// A bound element that is itself a text.
    Element(usize),
    Label(Box<str>),
    Owner(Box<str>),
    /// Seconds since an instant.
    Age(Box<Expr>),
    Abs(Box<Expr>),
    Not(Box<Expr>),
    And(Box<[Expr]>),
    Or(Box<[Expr]>),
    Choose(Box<[Expr; 3]>),
    Compare(Comparison, Box<[Expr; 2]>),
    /// A fact against a number: the commonest comparison, without the detour.
    FactNum(Comparison, Fact, f64),
    /// A fact equal (or not) to a text.
    FactText(bool, Fact, Box<str>),
    Arithmetic(Arithmetic, Box<[Expr; 2]>),
    TextTest(TextTest, Box<[Expr; 2]>),
    /// A word, wherever people look for one.
    Search(Box<Search>),
    OneOf(Box<Expr>, Box<[Const]>),
    InList(Box<Expr>, Listing),
    Quantified(Quantifier, Listing, usize, Box<Expr>),
    ListSize(Listing),
    TextSize(Box<Expr>),
    HasValue(Box<Expr>),
    HasList(Listing),
    HasGroup(usize, &'static [Field]),
}

/// Evaluates a condition; `None` when it cannot be told. The short way for what filters are mostly made of.
pub(crate) fn holds(expr: &Expr, scope: &mut Scope<'_, '_>) -> Option<bool> {
    match expr {
        Expr::FactNum(op, fact, number) => match fact.read(scope) {
            Value::Num(value) => Some(op.holds(value.partial_cmp(number))),
            _ => None,
        },
        Expr::FactText(equal, fact, text) => match fact.read(scope) {
            Value::Text(value) => Some((*value == **text) == *equal),
            _ => None,
        },
        Expr::And(terms) => connect(terms, false, scope),
        Expr::Or(terms) => connect(terms, true, scope),
        Expr::Not(inner) => holds(inner, scope).map(|value| !value),
        Expr::Quantified(quantifier, listing, slot, body) => {
            quantify(*quantifier, listing.read(scope)?, *slot, body, scope)
        }
        Expr::InList(text, listing) => in_list(text, listing, scope),
        Expr::Search(search) => Some(search.finds(scope)),
        _ => match eval(expr, scope) {
            Value::Bool(value) => Some(value),
            _ => None,
        },
    }
}

/// Evaluates. Never panics, never allocates.
pub(crate) fn eval<'v, 'a: 'v>(expr: &'v Expr, scope: &mut Scope<'_, 'a>) -> Value<'v> {
    match expr {
        Expr::Fact(fact) => fact.read(scope),
        Expr::Const(value) => value.value(),
        Expr::FactNum(..)
        | Expr::FactText(..)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::Quantified(..)
        | Expr::Search(_)
        | Expr::InList(..) => holds(expr, scope).into(),
        Expr::Compare(op, sides) => {
            let left = eval(&sides[0], scope);
            compare(*op, left, eval(&sides[1], scope))
        }
        Expr::Arithmetic(op, sides) => {
            let left = eval(&sides[0], scope);
            arithmetic(*op, left, eval(&sides[1], scope))
        }
        Expr::TextTest(test, sides) => {
            let left = eval(&sides[0], scope);
            text_test(*test, left, eval(&sides[1], scope))
        }
        Expr::Choose(parts) => match holds(&parts[0], scope) {
            Some(true) => eval(&parts[1], scope),
            Some(false) => eval(&parts[2], scope),
            None => Value::Missing,
        },
        Expr::OneOf(value, set) => match eval(value, scope) {
            Value::Missing => Value::Missing,
            value => Value::Bool(set.iter().any(|member| member.value() == value)),
        },
        Expr::Element(slot) => match scope.items[*slot] {
            Item::Text(text) => Value::Text(text),
            _ => Value::Missing,
        },
        Expr::Now => Value::Instant(scope.row.as_of),
        Expr::Label(key) => scope.row.endpoint.labels.get(&**key).into(),
        Expr::Owner(tool) => scope.row.owners.and_then(|owners| owners.team_of(tool, scope.row)).into(),
        Expr::Age(instant) => match eval(instant, scope) {
            Value::Instant(at) => Value::Num(seconds_between(at, scope.row.as_of)),
            _ => Value::Missing,
        },
        Expr::Abs(inner) => match eval(inner, scope) {
            Value::Num(value) => Value::Num(value.abs()),
            _ => Value::Missing,
        },
        Expr::ListSize(listing) => listing.read(scope).map(|list| count(list.len())).into(),
        Expr::TextSize(inner) => match eval(inner, scope) {
            Value::Text(text) => Value::from(count(text.chars().count())),
            _ => Value::Missing,
        },
        Expr::HasValue(inner) => Value::Bool(!eval(inner, scope).is_missing()),
        Expr::HasList(listing) => Value::Bool(listing.read(scope).is_some()),
        Expr::HasGroup(slot, fields) => Value::Bool(any_known(fields, scope.row, scope.items[*slot])),
    }
}

/// `&&` and `||`: `decisive` decides alone, an unknown term leaves the rest to decide.
fn connect(terms: &[Expr], decisive: bool, scope: &mut Scope<'_, '_>) -> Option<bool> {
    let mut unknown = false;
    for term in terms {
        match holds(term, scope) {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!decisive)
}

/// `exists`, `all` and `exists_one` of a list.
pub(crate) fn quantify<'a>(
    quantifier: Quantifier,
    list: List<'a>,
    slot: usize,
    body: &Expr,
    scope: &mut Scope<'_, 'a>,
) -> Option<bool> {
    let (mut holding, mut unknown) = (0_usize, false);
    for index in 0..list.len() {
        scope.bind(slot, list.at(index));
        match (holds(body, scope), quantifier) {
            (Some(true), Quantifier::Exists) => return Some(true),
            (Some(false), Quantifier::All) => return Some(false),
            (Some(true), _) => holding += 1,
            (Some(false), _) => {}
            (None, _) => unknown = true,
        }
    }
    match quantifier {
        // More than one stays more than one, whatever the unknown ones are.
        Quantifier::ExistsOne if holding > 1 => Some(false),
        _ if unknown => None,
        Quantifier::ExistsOne => Some(holding == 1),
        Quantifier::Exists => Some(false),
        Quantifier::All => Some(true),
    }
}

fn in_list(text: &Expr, listing: &Listing, scope: &mut Scope<'_, '_>) -> Option<bool> {
    let (Some(List::Texts(list)), Value::Text(text)) = (listing.read(scope), eval(text, scope)) else {
        return None;
    };
    Some(list.iter().any(|member| member == text))
}

fn any_known<'a>(fields: &[Field], row: &Row<'a>, item: Item<'a>) -> bool {
    fields.iter().any(|field| match &field.kind {
        Kind::Value(_, get) => !get(row, item).is_missing(),
        Kind::Group(members) => any_known(members, row, item),
        Kind::Records(_, get) | Kind::Texts(get) => get(row, item).is_some(),
        Kind::Labels(_) => true,
    })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
