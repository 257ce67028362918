//! What a collector refuses, as an exit code and a sentence with the cure.

use serde_json::Value;

use crate::{
    failure::{Exit, Failure},
    output::text_at,
};

/// The longest parameters of one request: with their percent signs they still fit a line that HTTP servers take.
const MAX_PARAMS_BYTES: usize = 16 * 1024;

/// What would not fit is not sent: a server that hangs up in the middle would look like a broken network.
pub(super) fn fits(params: &[(&str, &str)]) -> Result<(), Failure> {
    let bytes: usize = params.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_PARAMS_BYTES { Err(too_long(params)) } else { Ok(()) }
}

/// Parameters that no request holds.
pub(super) fn too_long(params: &[(&str, &str)]) -> Failure {
    let longest = params.iter().max_by_key(|(_, value)| value.len());
    let (name, bytes) = longest.map_or(("request", 0), |(name, value)| (*name, value.len()));
    Failure::usage(format!(
        "the {name} is too long for a request ({bytes} bytes; {MAX_PARAMS_BYTES} at most); shorten it, or tag what it lists \
         and ask for the tag"
    ))
}

/// The first fault of policy files that were refused, by what `/readyz` says.
pub(super) fn first_fault(ready: &Value) -> Option<String> {
    let policy = &ready["policy"];
    (policy["state"] == "refused").then(|| {
        format!(
            "the policy files were refused, and what was in force before still is: {}",
            policy["faults"][0].as_str().unwrap_or("see the collector's log")
        )
    })
}

/// A problem document as a failure.
pub(super) fn refused(status: u16, problem: &Value, params: &[(&str, &str)]) -> Failure {
    let exit = match status {
        404 => Exit::NotFound,
        401 | 403 => Exit::NotAllowed,
        409 => Exit::NotMet,
        429 | 500..=599 => Exit::Unreachable,
        _ => Exit::Usage,
    };
    let detail = problem["detail"].as_str().unwrap_or("the collector refused without saying why");
    if problem["override"] == true {
        return Failure::new(exit, format!("{detail}\nadd: --override \"REASON\""));
    }
    if let Some(items) = problem["is_it_this_one"].as_array() {
        let lines: Vec<String> = items.iter().map(line_of).collect();
        return Failure::new(
            exit,
            format!("{detail}\n{}\nif it is none of them, add: --another", lines.join("\n")),
        );
    }
    match place(problem, params) {
        Some(shown) => Failure::new(exit, format!("{detail}\n{shown}")),
        None => Failure::new(exit, detail),
    }
}

/// An item that somebody may have meant.
fn line_of(item: &Value) -> String {
    let text = |path: &str| text_at(item, path);
    format!(
        "  #{} {} {}: {} ({})",
        text("number"),
        text("priority"),
        text("endpoint_name"),
        text("title"),
        text("work")
    )
}

/// The line that a problem is about, with a caret under its column.
fn place(problem: &Value, params: &[(&str, &str)]) -> Option<String> {
    let parameter = problem["parameter"].as_str()?;
    let (_, source) = params.iter().find(|(name, _)| *name == parameter)?;
    let number = |name: &str| problem[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let line = source.lines().nth(number("line")?.checked_sub(1)?)?;
    Some(format!("  {line}\n  {}^", " ".repeat(number("column")?.checked_sub(1)?.min(line.chars().count()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_problem_has_its_exit_code() {
        let exit = |status| match refused(status, &serde_json::json!({ "detail": "why" }), &[]) {
            Failure::Told { exit, what } if what == "why" => exit as u8,
            other => panic!("{other}"),
        };
        let seen = [400, 401, 403, 404, 409, 413, 429, 500, 503].map(exit);
        assert_eq!(seen, [2, 4, 4, 3, 1, 2, 5, 5, 5]);
    }

    #[test]
    fn a_filter_that_no_request_holds_is_not_blamed_on_the_network() {
        let filter = "x".repeat(50_000);
        let said = fits(&[("state", "active"), ("filter", &filter)]).unwrap_err().to_string();
        assert!(
            said.starts_with("the filter is too long for a request (50000 bytes; 16384 at most)"),
            "{said}"
        );
        assert_eq!(fits(&[("filter", "online")]), Ok(()));
    }

    #[test]
    fn an_act_that_an_override_would_let_through_names_the_option() {
        let problem = serde_json::json!({ "detail": "#7 is claimed by kim", "override": true });
        let said = refused(409, &problem, &[]).to_string();
        assert_eq!(said, "#7 is claimed by kim\nadd: --override \"REASON\"");
    }

    #[test]
    fn items_that_may_be_meant_are_listed_with_the_way_round_them() {
        let items = serde_json::json!([{
            "number": 7, "priority": "P2", "endpoint_name": "srv-01", "title": "backup failed", "work": "unclaimed",
        }]);
        let problem =
            serde_json::json!({ "detail": "is it this one?", "is_it_this_one": items, "another": true });
        assert_eq!(
            refused(409, &problem, &[]).to_string(),
            "is it this one?\n  #7 P2 srv-01: backup failed (unclaimed)\nif it is none of them, add: --another"
        );
    }

    #[test]
    fn refused_policy_files_are_told_with_their_first_fault() {
        let ready = |policy| serde_json::json!({ "ready": true, "policy": policy });
        let refused = serde_json::json!({ "state": "refused", "faults": ["rules.toml: line 3", "more"] });
        assert!(first_fault(&ready(refused)).unwrap().ends_with(": rules.toml: line 3"));
        assert_eq!(first_fault(&ready(serde_json::json!({ "state": "in_force" }))), None);
    }

    #[test]
    fn a_filters_fault_is_shown_under_its_column() {
        let problem = serde_json::json!({
            "detail": "filter: line 1, column 4: no field `helth`; did you mean `health`?",
            "parameter": "filter", "line": 1, "column": 4,
        });
        let said = refused(400, &problem, &[("sort", "name"), ("filter", "!(helth.cpu.used_percent > 3)")])
            .to_string();
        assert_eq!(
            said,
            "filter: line 1, column 4: no field `helth`; did you mean `health`?\n  !(helth.cpu.used_percent > 3)\n     ^"
        );
    }
}
