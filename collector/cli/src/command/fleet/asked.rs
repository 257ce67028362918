//! What of the fleet is asked for: as it was typed, or as a saved view has it.

use dogwatch_triage::filter::{Filter, Typed};
use serde_json::Value;

use crate::{
    args::{Fleet, Of},
    client::Client,
    command::{filter::fault, view::named},
    failure::Failure,
    output::{text_at, values_at},
};

/// A question about the fleet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) filter: Option<String>,
    pub(super) sort: Option<String>,
    pub(super) columns: Vec<String>,
}

impl Asked {
    /// As it was typed. Several words are one filter.
    pub(super) fn typed(fleet: &Fleet) -> Self {
        let filter = fleet.filter.join(" ");
        let columns = fleet.columns.iter().map(|path| path.trim().to_owned()).collect();
        Self {
            filter: Some(filter).filter(|filter| !filter.trim().is_empty()),
            sort: fleet.sort.clone(),
            columns,
        }
    }

    /// The name of a view, if one is asked for: `@NAME`.
    pub(super) fn view(&self) -> Option<&str> {
        Typed::of(self.filter.as_deref()?).view
    }

    /// Puts the view in the place of its name; what was typed beside it stays.
    pub(super) fn resolved(self, client: &Client) -> Result<Self, Failure> {
        let Some(name) = self.view() else { return Ok(self) };
        let view = named::fetch(client, name)?;
        self.over(&view)
    }

    fn over(self, view: &Value) -> Result<Self, Failure> {
        let typed = Typed::of(self.filter.as_deref().unwrap_or_default());
        let filter = named::over(&typed, view, Of::Fleet)?;
        let text = |path: &str| Some(text_at(view, path)).filter(|text| !text.is_empty());
        let columns = values_at(view, "columns").into_iter().filter_map(Value::as_str).map(str::to_owned);
        Ok(Self {
            filter: Some(filter).filter(|filter| !filter.is_empty()),
            sort: self.sort.or_else(|| text("sort")),
            columns: if self.columns.is_empty() { columns.collect() } else { self.columns },
        })
    }

    /// The filter as an expression.
    pub(super) fn expression(&self) -> Result<String, Failure> {
        let Some(filter) = &self.filter else { return Ok("true".to_owned()) };
        match Filter::typed(filter) {
            Ok(compiled) => Ok(compiled.source().to_owned()),
            Err(error) => Err(fault(filter, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_typed_beside_a_view_wins_over_it() {
        let view =
            json!({ "name": "v", "filter": "os:windows", "sort": "-name", "columns": ["name", "site"] });
        let asked = Asked { filter: Some("@v".into()), sort: None, columns: vec!["org".into()] };
        assert_eq!(asked.view(), Some("v"));
        let asked = asked.over(&view).unwrap();
        assert_eq!(asked.expression().unwrap(), "os.family == \"windows\"");
        assert_eq!((asked.sort.as_deref(), asked.columns), (Some("-name"), vec!["org".to_owned()]));
    }

    #[test]
    fn what_cannot_be_explained_is_shown_under_its_column() {
        let asked = Asked { filter: Some("srv os:window".into()), ..Asked::default() };
        assert_eq!(
            asked.expression().unwrap_err().to_string(),
            "filter: line 1, column 8: `window` is not one of linux, windows, macos; did you mean `windows`?\n  \
             srv os:window\n         ^"
        );
    }
}
