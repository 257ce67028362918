//! What a tool says, without the secrets that it was given: what goes wrong is told onward, and tools repeat themselves.
//!
//! Values of variables whose names say that they are secrets are left out, and passwords in addresses. Nobody can know all
//! secrets by their looks; a tool that prints one that nothing here knows of tells it to its own log, too.

/// What is in the names of variables that hold secrets.
const NAMES: [&str; 6] = ["PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH"];
/// Shorter values are in too many words to be left out of a text.
const LEAST_BYTES: usize = 8;
/// What stands in place of a secret.
const HUSHED: &str = "…";

/// Secrets that are left out of texts.
#[derive(Default)]
pub(crate) struct Hush(Vec<String>);

impl Hush {
    /// Those of an environment.
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let is_secret = |name: &str| {
            let name = name.to_ascii_uppercase();
            NAMES.iter().any(|part| name.contains(part))
        };
        let secrets =
            variables.into_iter().filter(|(name, value)| is_secret(name) && value.len() >= LEAST_BYTES);
        let mut secrets: Vec<String> = secrets.map(|(_, value)| value).collect();
        // One may begin with another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// Those of our own environment, which a command of ours has too.
    pub(crate) fn of_ours() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self::of(std::env::vars_os().map(|(name, value)| (text(name), text(value))))
    }

    /// A text without them.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HUSHED));
        without_passwords(&text)
    }
}

/// `scheme://user:password@host` without the password.
fn without_passwords(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("://") {
        told.push_str(before);
        told.push_str("://");
        let end = behind.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(behind.len());
        let (authority, after) = behind.split_at(end);
        match authority.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
            Some((user, host)) => told.extend([user, ":", HUSHED, "@", host]),
            None => told.push_str(authority),
        }
        rest = after;
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_the_environment_and_of_addresses_are_left_out() {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let hush = Hush::of([
            variable("RESTIC_PASSWORD", "amber otter"),
            variable("aws_secret_access_key", "amber otter lantern"),
            variable("B2_ACCOUNT_KEY", "short"),
            variable("AWS_REGION", "us-east-1"),
        ]);
        for (said, told) in [
            ("wrong password amber otter lantern", "wrong password …"),
            ("amber otter, in short: us-east-1", "…, in short: us-east-1"),
            ("at rest:https://me:pw@h:1/x and s3://k", "at rest:https://me:…@h:1/x and s3://k"),
            ("http://a:b@c@d/e@f", "http://a:…@d/e@f"),
            ("https://h/p no@body", "https://h/p no@body"),
        ] {
            assert_eq!(hush.text(said), told);
        }
    }
}
