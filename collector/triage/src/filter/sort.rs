//! Orders endpoints by any expression of the filter language: `name`, `-health.cpu.used_percent`.

use core::cmp::Ordering;

use super::{Bindings, FilterError, Formula, Row, Scope, Value};

/// A compiled order. What is not known comes last either way; ties go by org, name and id, so that the order is stable.
#[derive(Debug, Clone)]
pub struct SortKey {
    formula: Formula,
    descending: bool,
}

impl SortKey {
    /// Compiles a field's name or another expression; a `-` before it turns the order round.
    ///
    /// # Errors
    /// [`FilterError`], with the column counted in `text` as it was given.
    pub fn compile(text: &str) -> Result<Self, FilterError> {
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

    /// Sorts rows.
    pub fn sort(&self, rows: &mut [Row<'_>]) {
        let mut keyed: Vec<(Value<'_>, Row<'_>)> =
            rows.iter().map(|row| (self.formula.value(&mut Scope::new(row)), *row)).collect();
        keyed.sort_by(|(a, left), (b, right)| {
            self.compare(a, b).then_with(|| by_name(left).cmp(&by_name(right)))
        });
        let sorted: Vec<Row<'_>> = keyed.into_iter().map(|(_, row)| row).collect();
        rows.copy_from_slice(&sorted);
    }

    fn compare(&self, a: &Value<'_>, b: &Value<'_>) -> Ordering {
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
        if self.descending { known.reverse() } else { known }
    }
}

fn by_name<'a>(row: &Row<'a>) -> (&'a str, &'a str, dogwatch_model::EndpointId) {
    (row.endpoint.org.as_str(), &row.endpoint.name, row.endpoint.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{full_server, row, silent_server};

    fn names<'a>(key: &str, rows: &[Row<'a>]) -> Vec<&'a str> {
        let mut rows = rows.to_vec();
        SortKey::compile(key).unwrap().sort(&mut rows);
        rows.iter().map(|row| row.endpoint.name.as_str()).collect()
    }

    #[test]
    fn what_is_not_known_comes_last_in_both_directions() {
        let (mut busy, mut calm, mut silent) = (full_server(), full_server(), silent_server());
        for (endpoint, name) in [(&mut busy, "busy"), (&mut calm, "calm"), (&mut silent, "silent")] {
            endpoint.name = name.into();
        }
        calm.facts.health.as_mut().unwrap().cpu.as_mut().unwrap().used_percent = Some(0.5);
        let rows = [row(&silent), row(&busy), row(&calm)];
        assert_eq!(names("health.cpu.used_percent", &rows), ["calm", "busy", "silent"]);
        assert_eq!(names("-health.cpu.used_percent", &rows), ["busy", "calm", "silent"]);
        assert_eq!(names("-name", &rows), ["silent", "calm", "busy"]);
    }

    #[test]
    fn an_unknown_name_is_refused_at_its_column_and_with_a_suggestion() {
        let error = SortKey::compile("-nam").unwrap_err();
        assert_eq!((error.line, error.column), (1, 2));
        assert!(error.to_string().contains("name"), "{error}");
    }
}
