//! The operators on values. Used by the walk and, on constants, by the lowering.

use core::cmp::Ordering;

use jiff::SignedDuration;

use crate::filter::value::{Value, seconds_between};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether the comparison holds for an order; unordered values are never equal.
    #[inline]
    pub(crate) fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }

    pub(crate) const fn is_equality(self) -> bool {
        matches!(self, Comparison::Equal | Comparison::NotEqual)
    }

    /// The same comparison with its sides exchanged.
    pub(crate) const fn mirrored(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

pub(crate) fn compare(op: Comparison, left: Value<'_>, right: Value<'_>) -> Value<'static> {
    let order = match (left, right) {
        (Value::Num(left), Value::Num(right)) => left.partial_cmp(&right),
        (Value::Text(left), Value::Text(right)) if op.is_equality() => {
            // Equality needs no order, and lengths differ more often than not.
            return Value::Bool((left == right) == (op == Comparison::Equal));
        }
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(&right)),
        (Value::Instant(left), Value::Instant(right)) => Some(left.cmp(&right)),
        (Value::Id(left), Value::Id(right)) => Some(left.cmp(&right)),
        _ => return Value::Missing,
    };
    Value::Bool(op.holds(order))
}

pub(crate) fn arithmetic(op: Arithmetic, left: Value<'_>, right: Value<'_>) -> Value<'static> {
    match (left, right) {
        // Division by zero comes out infinite, which is no fact.
        (Value::Num(left), Value::Num(right)) => Value::from(match op {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::Remainder => left % right,
        }),
        (Value::Instant(left), Value::Instant(right)) => Value::Num(seconds_between(right, left)),
        (Value::Instant(at), Value::Num(seconds)) => {
            moved(at, if op == Arithmetic::Subtract { -seconds } else { seconds })
        }
        (Value::Num(seconds), Value::Instant(at)) => moved(at, seconds),
        _ => Value::Missing,
    }
}

fn moved(at: jiff::Timestamp, seconds: f64) -> Value<'static> {
    SignedDuration::try_from_secs_f64(seconds).ok().and_then(|by| at.checked_add(by).ok()).into()
}

pub(crate) fn text_test(test: TextTest, text: Value<'_>, part: Value<'_>) -> Value<'static> {
    let (Value::Text(text), Value::Text(part)) = (text, part) else { return Value::Missing };
    Value::Bool(match test {
        TextTest::Contains => text.contains(part),
        TextTest::StartsWith => text.starts_with(part),
        TextTest::EndsWith => text.ends_with(part),
    })
}
