//! What people wrote, before anything takes it: no sign in it may do something else than be read.
//!
//! One look at the whole body, so that no field can be forgotten: a comment, a name, a reason, a matrix, the name of a label.
//! Passwords are shown to nobody and may be anything.

use dogwatch_model::text::{self, Unfit};
use serde_json::Value;

use super::field::{self, Step};
use crate::api::problem::Problem;

/// The members that are not looked at.
const PASSWORDS: [&str; 2] = ["password", "new_password"];

/// Refuses a body with such a sign in it. What is no JSON is left to whoever reads it.
pub(super) fn check(body: &[u8]) -> Result<(), Problem> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Ok(()) };
    let mut way = Vec::new();
    match look(&value, &mut way) {
        Ok(()) => Ok(()),
        Err(unfit) => {
            let field = field::named(way).unwrap_or_else(|| "a name of a member".to_owned());
            Err(Problem::invalid(format!("`{field}` has {unfit}")).with("field", field))
        }
    }
}

/// Looks at a value and all in it; where something is wrong, the way there is left behind.
fn look<'a>(value: &'a Value, way: &mut Vec<Step<'a>>) -> Result<(), Unfit> {
    match value {
        Value::String(text) => text::check(text)?,
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                way.push(Step::Element(at));
                look(element, way)?;
                way.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| !PASSWORDS.contains(&name.as_str())) {
                text::check(name)?;
                way.push(Step::Member(name));
                look(member, way)?;
                way.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Option<String> {
        check(body.as_bytes()).err().map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_text_that_is_only_read_is_taken_and_so_is_what_is_no_text() {
        for body in [
            r#"{"text":"two\nlines\r\n\tand 👩‍💻 می‌خواهم","n":7,"none":null,"yes":[true]}"#,
            r#"{"password":"\u0000 whatever \u202e"}"#,
            "{",
            "{\"text\":\"\u{1b}\"}",
        ] {
            assert_eq!(said(body), None, "{body}");
        }
    }

    #[test]
    fn a_sign_that_steers_is_refused_wherever_it_stands() {
        for (body, told) in [
            (
                r#"{"text":"a\u0000b"}"#,
                "`text` has U+0000, a control character, in its line 1 as sign 2; take it out",
            ),
            (
                r#"{"packet":{"links":["https://x","https://\u202ey"]}}"#,
                "`packet.links[1]` has U+202E, a sign that turns the direction of reading, in its line 1 as sign 9; take it out",
            ),
            (
                "{\"add\":[\"a\u{200b}\"]}",
                "`add[0]` has U+200B, a sign that nobody sees, in its line 1 as sign 2; take it out",
            ),
            (
                r#"{"labels":{"a\u001b":"b"}}"#,
                "`labels` has U+001B, a control character, in its line 1 as sign 2; take it out",
            ),
        ] {
            assert_eq!(said(body).as_deref(), Some(told), "{body}");
        }
    }
}
