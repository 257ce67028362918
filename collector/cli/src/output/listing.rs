//! A list of like things, in any format.

use std::borrow::Cow;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Screen,
    cell::{Show, text_at},
    csv,
};
use crate::{args::Format, failure::Failure};

/// One column of a table.
#[derive(Clone)]
pub(crate) struct Column {
    title: Cow<'static, str>,
    path: Cow<'static, str>,
    show: Show,
}

/// A column of ours.
pub(crate) const fn column(title: &'static str, path: &'static str, show: Show) -> Column {
    Column { title: Cow::Borrowed(title), path: Cow::Borrowed(path), show }
}

impl Column {
    /// What stands above it.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The path of its values.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A column that somebody asked for by its path in the schema of endpoints.
    pub(crate) fn wanted(path: &str) -> Result<Self, Failure> {
        let kind = type_of(path).ok_or_else(|| {
            let schema = "`dogwatch fleet --schema -o name` lists the fields";
            let meant = dogwatch_triage::filter::Fields::compile(path).err().and_then(|error| error.mend);
            Failure::usage(format!("no field `{path}`; {}", meant.as_deref().unwrap_or(schema)))
        })?;
        Ok(Self {
            title: Cow::Owned(path.to_uppercase()),
            path: Cow::Owned(path.to_owned()),
            show: Show::Typed(kind),
        })
    }
}

/// The type of a field of endpoints; a label's is text.
pub(crate) fn type_of(path: &str) -> Option<&'static str> {
    if path.starts_with("labels.") {
        return Some("text");
    }
    let plain = path.replace("[]", "");
    let schema = dogwatch_triage::filter::schema();
    schema.fields.into_iter().find(|field| field.name.replace("[]", "") == plain).map(|field| field.type_name)
}

/// What a list is made of.
pub(crate) struct Listing<'a> {
    /// Under which name the answer holds the rows.
    pub(crate) rows: &'static str,
    /// What `-o name` shows.
    pub(crate) name: &'a str,
    /// What a table shows.
    pub(crate) columns: &'a [Column],
    /// What a wide table shows after that.
    pub(crate) wide: &'a [Column],
    /// What `-o csv` has.
    pub(crate) csv: &'a [&'a str],
}

impl Listing<'_> {
    /// The list as text.
    pub(crate) fn render(
        &self,
        answer: &Value,
        as_of: Timestamp,
        screen: &Screen,
    ) -> Result<String, Failure> {
        let rows = answer[self.rows].as_array().map_or(&[][..], Vec::as_slice);
        Ok(match screen.format {
            Format::Json | Format::Yaml => return screen.whole(answer),
            Format::Csv => csv::write(rows, self.csv),
            Format::Name => rows.iter().map(|row| text_at(row, self.name) + "\n").collect(),
            Format::Table => table(rows, self.columns, as_of, screen),
            Format::Wide => table(rows, &[self.columns, self.wide].concat(), as_of, screen),
        })
    }
}

/// Rows as a table for people.
pub(crate) fn table(rows: &[Value], columns: &[Column], as_of: Timestamp, screen: &Screen) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty();
    if screen.colour {
        table.enforce_styling();
    }
    // A row that does not fit is the terminal's to wrap: wrapped cells cannot be read, and cannot be copied either.
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| Cell::new(&column.title).add_attribute(Attribute::Bold)));
    for row in rows {
        table.add_row(columns.iter().map(|column| {
            let text = column.show.show(row, &column.path, as_of, screen);
            coloured(text)
        }));
    }
    let flush_left = |cell: &mut comfy_table::Column| {
        cell.set_padding((0, 2));
    };
    table.column_iter_mut().for_each(flush_left);
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Words that mean the same everywhere have the same colour everywhere. The word stays: colour is never alone.
fn coloured(text: String) -> Cell {
    let colour = match text.as_str() {
        "critical" | "P1" | "failed" | "overdue" | "revoked" => Some(Color::Red),
        "warning" | "P2" | "late" | "offline" | "pending" | "unclaimed" => Some(Color::Yellow),
        "online" | "fresh" | "cleared" | "valid" => Some(Color::Green),
        "–" | "done" | "expired" | "used_up" | "retired" => Some(Color::DarkGrey),
        _ => None,
    };
    let cell = Cell::new_owned(text);
    match colour {
        Some(colour) => cell.fg(colour),
        None => cell,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;

    #[test]
    fn colours_come_only_when_wanted_and_never_alone() {
        let rows = [json!({ "severity": "critical" })];
        let columns = [column("SEVERITY", "severity", Show::Text)];
        let screen = |colour| Screen { format: Format::Table, colour, terminal: colour, zone: TimeZone::UTC };
        let shown = |colour| table(&rows, &columns, Timestamp::UNIX_EPOCH, &screen(colour));
        assert_eq!(shown(false), "SEVERITY\ncritical\n");
        assert!(shown(true).contains("\u{1b}[") && shown(true).contains("critical"), "{}", shown(true));
    }
}
