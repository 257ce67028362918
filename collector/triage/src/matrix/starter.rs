//! The matrix that a new org begins with: valid, covering every hour, and open about being provisional.

use dogwatch_model::OrgId;

const STARTER: &str = include_str!("starter.toml");

/// The text of a matrix for a new org that goes by its id. It parses without a directory.
pub fn starter(org: &OrgId) -> String {
    starter_called(org, org.as_str())
}

/// The same for an org that people call something else.
pub fn starter_called(org: &OrgId, name: &str) -> String {
    STARTER.replace("@ORG@", org.as_str()).replace("@NAME@", &in_quotes(name))
}

/// A text as it stands between the quotes of a TOML string.
fn in_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    #[test]
    fn any_name_is_the_orgs_and_nothing_more() {
        let org = OrgId::new("acme").unwrap();
        for name in ["Acme \"Ltd\" \\ Söhne", "a\nlast_resort = \"x\"", "@ORG@"] {
            let text = starter_called(&org, name);
            let matrix = Matrix::parse(&text, "acme.toml", "0".repeat(12), None).unwrap();
            assert_eq!((matrix.org(), matrix.org_name()), (&org, name));
        }
        assert_eq!(starter(&org), starter_called(&org, "acme"));
    }
}
