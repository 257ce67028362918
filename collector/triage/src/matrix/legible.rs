//! Texts of a document as they are read, not as they are written.
//!
//! TOML has escapes, so that a document without a single odd sign may name a team with one that steers a screen. What somebody
//! hands in is held against [`dogwatch_model::text`] once more after its escapes are resolved; what lies in a folder already
//! still takes effect, and whoever reads it says so.

use core::ops::Range;

use dogwatch_model::text;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::{Document, Fault};

/// Every name and text of a document that has a sign which steers or hides, each with its place. A document that is no TOML
/// has none: that is its fault.
pub fn illegible(text: &str, file: &str) -> Vec<Fault> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let mut document = Document::new(text, file);
    look_in(table.get_ref(), &mut document);
    document.finish::<()>(None).map_or_else(|error| error.faults, |()| Vec::new())
}

fn look_in(table: &DeTable<'_>, document: &mut Document<'_>) {
    for (name, value) in table {
        look_at(name.get_ref(), &name.span(), document);
        look(value, document);
    }
}

fn look(value: &Spanned<DeValue<'_>>, document: &mut Document<'_>) {
    match value.get_ref() {
        DeValue::String(text) => look_at(text, &value.span(), document),
        DeValue::Array(values) => values.iter().for_each(|value| look(value, document)),
        DeValue::Table(table) => look_in(table, document),
        _ => {}
    }
}

fn look_at(read: &str, span: &Range<usize>, document: &mut Document<'_>) {
    if let Err(unfit) = text::check(read) {
        document.fault(span, format!("the text that stands here has {unfit}"), "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_hides_no_sign_wherever_it_stands() {
        let text = "name = \"Night\\u001b[2J\"\n[\"od\\u200bd\"]\nlist = [\"ok\", { of = \"a\\U0000202Eb\" }]\nnote = \"\"\"\ntwo\nlines\t\"\"\"\n";
        let found = illegible(text, "acme.toml");
        let places: Vec<_> = found.iter().map(|fault| (fault.line, fault.column)).collect();
        assert_eq!(places, [(1, 8), (2, 2), (3, 22)], "{found:?}");
        assert_eq!(
            found[0].to_string(),
            "acme.toml:1:8: the text that stands here has U+001B, a control character, in its line 1 as sign 6; take it out"
        );
        assert!(illegible("a = 'a \\u001b that is none'\nb = \"می\u{200c}خواهم \\u00e9\"", "x").is_empty());
        assert!(illegible("not = [toml", "x").is_empty());
    }
}
