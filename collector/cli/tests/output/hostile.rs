//! A collector in the wrong hands: whatever it puts into its answers, no command hands a terminal anything that steers it.

use serde_json::Value;

use super::{SHOWN, collector::Recorded, dogwatch};

/// The title of a window, a colour, a turn of the direction of writing, an order of eight bits, a return, no width.
const ORDERS: &str = "\u{1b}]0;pwn\u{7}\u{1b}[31m\u{202e}\u{9b}1m\rX\u{200b}\n\u{2028}";

/// Orders behind every text and in every name of a member that is somebody's name.
fn everywhere(value: Value) -> Value {
    mangled(value, &|_| true)
}

/// Orders in what people and machines call things alone: instants, ids and the words that the program knows stay.
fn in_words(value: Value) -> Value {
    mangled(value, &|text: &str| {
        text.contains([' ', '/']) || text.chars().any(char::is_uppercase) && !text.contains("T1")
    })
}

fn mangled(value: Value, of: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::String(text) if of(&text) => Value::String(text + ORDERS),
        Value::Array(list) => list.into_iter().map(|inner| mangled(inner, of)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, inner)| {
                let known = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                (if known { name } else { name + ORDERS }, mangled(inner, of))
            })
            .collect(),
        other => other,
    }
}

fn steers(text: &str) -> Option<char> {
    text.replace("\r\n", "\n")
        .chars()
        .find(|c| dogwatch_model::text::is_unfit(*c) && !matches!(c, '\n' | '\t'))
}

#[test]
fn no_command_hands_on_what_steers_a_terminal() {
    let mut bitten = 0;
    // What programs read whole is escaped in one place, and tested there.
    for (mangle, formats) in [(everywhere as fn(Value) -> Value, &["wide"][..]), (in_words, &["wide", "csv"])]
    {
        let collector = Recorded::serve_mangled(&Value::Null, mangle);
        let config = collector.logged_in();
        for command in SHOWN {
            for format in formats {
                let output = dogwatch(config.path(), &[*command, &["-o", *format]].concat(), "");
                for said in [output.stdout, output.stderr] {
                    let said = String::from_utf8(said).unwrap();
                    assert_eq!(steers(&said), None, "{command:?} -o {format}: {said:?}");
                    bitten += usize::from(said.contains("0;pwn"));
                }
            }
        }
    }
    assert!(bitten > SHOWN.len(), "{bitten} answers with orders in them are too few to prove anything");
}
