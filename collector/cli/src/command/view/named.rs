//! `@NAME` where a filter is typed: the view's filter in the place of its name, and whatever is typed behind it must hold too.

use dogwatch_triage::filter::Typed;
use serde_json::Value;

use crate::{
    args::Of,
    client::Client,
    command::{filter::fault, segment},
    failure::Failure,
    output::text_at,
};

/// A filter as it was typed, without names of views in it.
pub(in crate::command) fn expanded(client: &Client, typed: &str, of: Of) -> Result<String, Failure> {
    let parts = Typed::of(typed);
    match parts.view {
        None => Ok(typed.trim().to_owned()),
        Some(name) => over(&parts, &fetch(client, name)?, of),
    }
}

/// The view of a name.
pub(in crate::command) fn fetch(client: &Client, name: &str) -> Result<Value, Failure> {
    if name.is_empty() {
        return Err(Failure::usage(
            "`@` stands before the name of a view; `dogwatch view list` shows those there are",
        ));
    }
    client.get(&format!("views/{}", segment(name)), &[])
}

/// A view's filter and what was typed behind its name.
pub(in crate::command) fn over(typed: &Typed<'_>, view: &Value, of: Of) -> Result<String, Failure> {
    // A collector that is older knows views of the fleet alone, and does not say so.
    let is_of = Some(text_at(view, "of")).filter(|of| !of.is_empty()).unwrap_or_else(|| "fleet".to_owned());
    if is_of != of.as_str() {
        let name = text_at(view, "name");
        return Err(Failure::usage(format!(
            "view `{name}` is of the {is_of}, and this asks for one of the {}: `dogwatch {is_of} @{name}` shows it, and \
             `dogwatch view save --of {} NAME FILTER` saves one",
            of.as_str(),
            of.as_str()
        )));
    }
    let filter = text_at(view, "filter");
    let joined = match of {
        Of::Fleet => typed.over(&filter),
        Of::Queue => typed.over_items(&filter),
    };
    joined.map_err(|error| fault(typed.rest, &error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn joined(typed: &str, view: &Value, of: Of) -> Result<String, String> {
        over(&Typed::of(typed), view, of).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_view_and_what_is_typed_behind_it_must_both_hold() {
        let servers = json!({ "name": "srv", "filter": "class:server" });
        assert_eq!(joined("@srv", &servers, Of::Fleet).unwrap(), "class:server");
        let both = joined("@srv os:linux", &servers, Of::Fleet).unwrap();
        assert_eq!(both, "(class == \"server\") && (os.family == \"linux\")");
        let grave = json!({ "name": "grave", "of": "queue", "filter": "priority:P1" });
        let both = joined("@grave work:unclaimed", &grave, Of::Queue).unwrap();
        assert_eq!(both, "(priority == \"P1\") && (work == \"unclaimed\")");
    }

    #[test]
    fn a_view_of_the_fleet_is_none_of_the_queue_and_says_where_it_is() {
        let servers = json!({ "name": "srv", "of": "fleet", "filter": "class:server" });
        let said = joined("@srv", &servers, Of::Queue).unwrap_err();
        assert!(
            said.contains("view `srv` is of the fleet") && said.contains("view save --of queue"),
            "{said}"
        );
    }

    #[test]
    fn what_is_wrong_behind_a_view_is_shown_under_its_column() {
        let servers = json!({ "name": "srv", "filter": "class:server" });
        let said = joined("@srv os:linus", &servers, Of::Fleet).unwrap_err();
        assert!(said.contains("`linus`") && said.contains("\n  os:linus\n     ^"), "{said}");
    }
}
