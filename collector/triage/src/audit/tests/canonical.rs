//! The canonical form, by the examples of RFC 8785.

use serde_json::{Value, json};

use crate::audit::canonical::{NotCanonical, of};

#[test]
fn names_stand_in_the_order_of_their_utf_16_code_units() {
    // The example of section 3.2.3.
    let value: Value = serde_json::from_str(
        r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
            "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#,
    )
    .unwrap();
    let form = of(&value).unwrap();
    let order = ["Carriage Return", "One", "Control", "Latin Small", "Euro Sign", "Emoji", "Hebrew"];
    let places: Vec<_> = order.iter().map(|name| form.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{form}");
}

#[test]
fn text_is_escaped_as_little_as_can_be() {
    let form = of(&json!("€$\u{f}\nA'B\"\\\\\"/\u{7f}")).unwrap();
    assert_eq!(form, "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\"");
}

#[test]
fn what_readers_would_write_differently_has_no_form() {
    assert_eq!(of(&json!([9_007_199_254_740_991_u64, -1, 0])).unwrap(), "[9007199254740991,-1,0]");
    for number in ["0.5", "9007199254740992", "1e3"] {
        let value: Value = serde_json::from_str(number).unwrap();
        assert!(matches!(of(&value), Err(NotCanonical::Number(_))), "{number}");
    }
}
