//! Shows answers: tables for people, the API's own JSON for programs.
//!
//! Values are looked up by path in the answer, so that what a newer collector says is shown and not refused.

mod cell;
mod csv;
mod facts;
mod fit;
mod listing;

use std::io::{self, IsTerminal as _, Write};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use cell::steers;
pub(crate) use cell::{Show, counted_at, tame, text_at, texts, values_at};
pub(crate) use facts::{facts, in_csv};
pub(crate) use listing::{Column, Listing, column, table, type_of};

use crate::{
    args::{Format, OutputArgs},
    failure::{Exit, Failure},
};

/// Goes to the first line of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Whom we show to: in which zone, with colours or not.
#[derive(Clone)]
pub(crate) struct Screen {
    /// What was asked for.
    pub(crate) format: Format,
    /// Whether colours are wanted and understood.
    pub(crate) colour: bool,
    /// Whether a terminal shows it.
    pub(crate) terminal: bool,
    /// The zone of whoever looks.
    pub(crate) zone: TimeZone,
}

impl Screen {
    /// The screen we run on.
    pub(crate) fn of(args: &OutputArgs) -> Self {
        let terminal = io::stdout().is_terminal();
        let no_color = args.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { format: args.output, colour: terminal && !no_color, terminal, zone: TimeZone::system() }
    }

    /// Whether a program reads.
    pub(crate) const fn is_for_programs(&self) -> bool {
        matches!(self.format, Format::Json | Format::Yaml)
    }

    /// Whether a person reads, who wants to know what the answer leaves out.
    pub(crate) const fn is_for_people(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    /// An answer as a whole, for programs.
    pub(crate) fn whole(&self, value: &Value) -> Result<String, Failure> {
        let json =
            || serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| error.to_string());
        let written = match self.format {
            Format::Yaml => {
                let text = serde_saphyr::to_string(value).map_err(|error| error.to_string());
                // JSON is YAML, and its quotes are always there for escapes to stand in.
                text.and_then(|text| if text.contains(unseen) { json() } else { Ok(text) })
            }
            _ => json(),
        };
        written
            .map(|text| escaped(&text))
            .map_err(|error| Failure::new(Exit::NotMet, format!("cannot write the answer: {error}")))
    }
}

/// What may not reach a terminal; lines may.
fn unseen(c: char) -> bool {
    steers(c) && c != '\n'
}

/// JSON without what steers a terminal: such characters stand in texts only, and there escapes are read.
fn escaped(text: &str) -> String {
    if !text.contains(unseen) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if unseen(c) { out.push_str(&format!("\\u{:04x}", u32::from(c))) } else { out.push(c) }
    }
    out
}

/// Writes finished text to standard output. Nothing in it steers a terminal, whatever made it.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let colours = out.is_terminal();
    out.write_all(fit::fit(text, colours).as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The same in the place of all that a terminal showed before.
pub(crate) fn print_anew(text: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(CLEAR.as_bytes())?;
    print(text)
}

/// Says something beside the answer, which programs need not read.
pub(crate) fn note(text: &str) {
    if text.is_empty() {
        return;
    }
    let _ = writeln!(io::stderr(), "{}", fit::fit(text, false));
}

/// The instant that an answer is about, by the collector's clock: ages do not depend on ours.
pub(crate) fn as_of(answer: &Value) -> Timestamp {
    answer["as_of"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(Timestamp::now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_format_for_programs_carries_an_order_to_a_terminal_and_both_read_back_as_they_were() {
        let value = json!(["a\u{1b}[2J", "\u{9b}1m", "a\u{7f}", "\u{202e}b", "b\u{2066}", "a\r\nc\td"]);
        for format in [Format::Json, Format::Yaml] {
            let screen = Screen { format, colour: false, terminal: true, zone: TimeZone::UTC };
            let text = screen.whole(&value).unwrap();
            assert!(!text.contains(|c: char| steers(c) && c != '\n'), "{text:?}");
            let back: Value = match format {
                Format::Json => serde_json::from_str(&text).unwrap(),
                _ => serde_saphyr::from_str(&text).unwrap(),
            };
            assert_eq!(back, value, "{text}");
        }
    }
}
