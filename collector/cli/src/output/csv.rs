//! Comma-separated values (RFC 4180), in machine form: UTC instants, plain numbers, empty where nothing is known.
//!
//! Endpoints name things, and an endpoint may be in the wrong hands: a text that a spreadsheet would take for a formula
//! gets an apostrophe before it, and what steers a terminal is taken out.

use serde_json::Value;

use super::cell::{raw_at, steers};

/// Rows as CSV, with a header of paths.
pub(crate) fn write(rows: &[Value], paths: &[&str]) -> String {
    let mut out = String::new();
    line(&mut out, paths.iter().map(|path| (*path).to_owned()));
    for row in rows {
        line(&mut out, paths.iter().map(|path| raw_at(row, path)));
    }
    out
}

fn line(out: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        let field = harmless(&field);
        if field.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push_str("\r\n");
}

/// A text that no spreadsheet runs and no terminal obeys. Numbers, negative ones too, stay numbers.
fn harmless(field: &str) -> String {
    let unseen = |c: char| steers(c) && !matches!(c, '\n' | '\r' | '\t');
    let tamed: String = field.chars().map(|c| if unseen(c) { '\u{fffd}' } else { c }).collect();
    let formula = tamed.starts_with(['=', '+', '-', '@', '\t', '\r']) && tamed.parse::<f64>().is_err();
    if formula { format!("'{tamed}") } else { tamed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_nor_an_order_to_a_terminal() {
        let cells = [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "\tx",
            "-3.5",
            "+7",
            "srv-01",
            "a\u{1b}[2Jb\u{202e}",
        ];
        let seen = cells.map(harmless);
        assert_eq!(
            seen,
            [
                "'=cmd|' /C calc'!A0",
                "'+1+1",
                "'-2+3",
                "'@SUM(A1)",
                "'\tx",
                "-3.5",
                "+7",
                "srv-01",
                "a\u{fffd}[2Jb\u{fffd}"
            ]
        );
    }

    #[test]
    fn commas_quotes_and_lines_are_kept_inside_a_field() {
        let rows = [serde_json::json!({ "name": "a,b", "note": "say \"hi\"\nnow", "tags": ["x", "y"] })];
        assert_eq!(
            write(&rows, &["name", "note", "tags", "absent"]),
            "name,note,tags,absent\r\n\"a,b\",\"say \"\"hi\"\"\nnow\",\"x,y\",\r\n"
        );
    }
}
