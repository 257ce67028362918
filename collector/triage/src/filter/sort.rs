//! One key of an order, by any expression of the filter language: `name`, `-health.cpu.used_percent`.

use core::cmp::Ordering;

use super::{Bindings, FilterError, Formula, Reads, Row, Scope, Type, Value, program::Expr};

/// A compiled key. What is not known comes last either way.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    formula: Formula,
    descending: bool,
}

impl SortKey {
    /// Compiles a field's name or another expression; a `-` before it turns the order round.
    ///
    /// # Errors
    /// [`FilterError`], with the column counted in `text` as it was given.
    pub(crate) fn compile(text: &str) -> Result<Self, FilterError> {
        let (source, descending) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let formula = Formula::compile(source, &Bindings::default()).map_err(|mut error| {
            if error.line == 1 {
                error.column += usize::from(descending);
            }
            error
        })?;
        Ok(Self { formula, descending })
    }

    pub(super) fn expression(&self) -> &Expr {
        &self.formula.program
    }

    pub(super) const fn reads(&self) -> Reads {
        self.formula.reads
    }

    pub(super) const fn ty(&self) -> Type {
        self.formula.ty
    }

    pub(super) const fn descending(&self) -> bool {
        self.descending
    }

    pub(super) fn value<'v, 'a: 'v>(&'v self, row: &Row<'a>) -> Value<'v> {
        self.formula.value(&mut Scope::new(row))
    }

    /// How two values of one key go.
    pub(super) fn order(a: &Value<'_>, b: &Value<'_>, descending: bool) -> Ordering {
        let known = match (a, b) {
            (Value::Missing, Value::Missing) => return Ordering::Equal,
            (Value::Missing, _) => return Ordering::Greater,
            (_, Value::Missing) => return Ordering::Less,
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Num(a), Value::Num(b)) => a.total_cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Instant(a), Value::Instant(b)) => a.cmp(b),
            (Value::Id(a), Value::Id(b)) => a.cmp(b),
            // One formula has one type.
            _ => Ordering::Equal,
        };
        if descending { known.reverse() } else { known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn an_unknown_name_is_refused_at_its_column_and_with_a_suggestion() {
        let error = SortKey::compile("-nam").unwrap_err();
        assert_eq!((error.line, error.column), (1, 2));
        assert!(error.to_string().contains("name"), "{error}");
    }
}
