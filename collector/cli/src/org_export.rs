//! The file of an org's export, read line by line: what each line is, and whether all of it is there.
//!
//! The first line says what it is; the last one how many rows of each kind came and the SHA-256 of all bytes before it. In
//! between each line is a row of its kind. Rows of the audit stand there as they were hashed, so the chain can be verified
//! out of the file.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// What the format is called, with its number behind it.
const FORMAT: &str = "dogwatch-org-export/";

/// The number that we read.
const NUMBER: &str = "2";

/// The kind of the audit's records.
pub(crate) const RECORD: &str = "audit";

/// The kind of the audit's checkpoints.
pub(crate) const CHECKPOINT: &str = "audit_checkpoint";

/// A row with its text as it stands there.
#[derive(Deserialize)]
pub(crate) struct Row<'l> {
    pub(crate) kind: &'l str,
    #[serde(borrow)]
    row: &'l RawValue,
}

impl<'l> Row<'l> {
    /// The row that a line of an export is, if it is one.
    pub(crate) fn of(line: &'l str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Its text, byte for byte.
    pub(crate) fn text(&self) -> &'l str {
        self.row.get()
    }
}

/// Whether a file that begins with this line is an export.
pub(crate) fn begins(line: &str) -> bool {
    line.starts_with(&format!("{{\"format\":\"{FORMAT}"))
}

/// Checks an export as it comes.
pub(crate) struct Check {
    sum: Context,
    head: Option<Value>,
    counts: BTreeMap<String, u64>,
    end: Option<Value>,
}

impl Check {
    pub(crate) fn new() -> Self {
        Self { sum: Context::new(&SHA256), head: None, counts: BTreeMap::new(), end: None }
    }

    /// Takes the next line, with what ends it.
    pub(crate) fn take(&mut self, line: &[u8]) -> Result<(), String> {
        if self.end.is_some() {
            return Err("something stands behind its end".to_owned());
        }
        let text = line.strip_suffix(b"\n").and_then(|line| core::str::from_utf8(line).ok());
        let text = text.ok_or_else(|| "its last line is cut off".to_owned())?;
        if self.head.is_none() {
            self.head = Some(head(text)?);
        } else if let Some(row) = Row::of(text) {
            *self.counts.entry(row.kind.to_owned()).or_default() += 1;
        } else {
            let end = serde_json::from_str(text).map_err(|_| "a line of it is no row".to_owned())?;
            self.end = Some(end);
            return Ok(());
        }
        self.sum.update(line);
        Ok(())
    }

    /// It has ended: what it holds, if that is all.
    pub(crate) fn finish(self) -> Result<Value, String> {
        let (Some(mut head), Some(end)) = (self.head, self.end) else {
            return Err("its last line is missing".to_owned());
        };
        if end["counts"] != json!(self.counts) {
            return Err(format!("it should hold {} and holds {}", end["counts"], json!(self.counts)));
        }
        let sum = hex(self.sum);
        if end["sha256"] != json!(sum) {
            return Err("its SHA-256 is another".to_owned());
        }
        head["counts"] = json!(self.counts);
        head["sha256"] = json!(sum);
        Ok(head)
    }
}

fn hex(sum: Context) -> String {
    sum.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn head(line: &str) -> Result<Value, String> {
    let head: Value = serde_json::from_str(line).map_err(|_| "its first line is not JSON".to_owned())?;
    match head["format"].as_str().and_then(|format| format.strip_prefix(FORMAT)) {
        Some(NUMBER) => Ok(head),
        Some(number) => Err(format!("its format has the number {number} and this program reads {NUMBER}")),
        None => Err("it is no export of an org".to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An export of these rows.
    pub(crate) fn export_of(rows: &[(&str, &str)]) -> String {
        let mut text = "{\"format\":\"dogwatch-org-export/2\",\"org\":\"acme\"}\n".to_owned();
        let mut counts = BTreeMap::<&str, u64>::new();
        for (kind, row) in rows {
            text += &format!("{{\"kind\":\"{kind}\",\"row\":{row}}}\n");
            *counts.entry(kind).or_default() += 1;
        }
        let mut sum = Context::new(&SHA256);
        sum.update(text.as_bytes());
        let end = json!({ "counts": counts, "sha256": hex(sum) });
        text + &format!("{end}\n")
    }

    fn checked(text: &[u8]) -> Result<Value, String> {
        let mut check = Check::new();
        text.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| check.take(line))?;
        check.finish()
    }

    #[test]
    fn an_export_that_lost_a_row_a_byte_or_its_end_is_known() {
        let whole = export_of(&[("endpoint", "{\"name\":\"srv\"}"), ("grant", "{}"), ("grant", "{}")]);
        let found = checked(whole.as_bytes()).unwrap();
        assert_eq!(found["counts"], json!({ "endpoint": 1, "grant": 2 }));
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for gone in 0..lines.len() {
            let rest: String =
                lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line).collect();
            assert!(checked(rest.as_bytes()).is_err(), "without line {gone}");
        }
        for cut in 0..whole.len() {
            assert!(checked(&whole.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
        let mut other = whole.clone().into_bytes();
        let place = whole.find("srv").unwrap();
        other[place] ^= 1;
        assert!(checked(&other).unwrap_err().contains("SHA-256"));
        assert!(checked((whole + "{}\n").as_bytes()).unwrap_err().contains("behind its end"));
        assert!(checked(b"{\"format\":\"dogwatch-org-export/3\"}\n").unwrap_err().contains("number 3"));
    }
}
