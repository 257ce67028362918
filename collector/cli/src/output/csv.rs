//! Comma-separated values (RFC 4180), in machine form: UTC instants, plain numbers, empty where nothing is known.

use serde_json::Value;

use super::cell::raw_at;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_quotes_and_lines_are_kept_inside_a_field() {
        let rows = [serde_json::json!({ "name": "a,b", "note": "say \"hi\"\nnow", "tags": ["x", "y"] })];
        assert_eq!(
            write(&rows, &["name", "note", "tags", "absent"]),
            "name,note,tags,absent\r\n\"a,b\",\"say \"\"hi\"\"\nnow\",\"x,y\",\r\n"
        );
    }
}
