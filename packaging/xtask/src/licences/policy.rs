//! `deny.toml` as far as it is read here; cargo-deny reads all of it.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::spdx;

pub(super) struct Policy {
    allowed: Vec<String>,
    exceptions: Vec<Exception>,
    bans: Vec<Ban>,
}

struct Exception {
    name: String,
    allowed: Vec<String>,
}

struct Ban {
    name: String,
    reason: String,
}

impl Policy {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let licenses = table.get("licenses").context("no [licenses]")?;
        let bans = table.get("bans").context("no [bans]")?;
        Ok(Self {
            allowed: texts(licenses, "allow"),
            exceptions: entries(licenses, "exceptions")
                .map(|entry| {
                    Some(Exception { name: text_of(entry, "crate")?, allowed: texts(entry, "allow") })
                })
                .collect::<Option<_>>()
                .context("an entry of licenses.exceptions has no `crate`")?,
            bans: entries(bans, "deny")
                .map(|entry| Some(Ban { name: text_of(entry, "crate")?, reason: text_of(entry, "reason")? }))
                .collect::<Option<_>>()
                .context("an entry of bans.deny has no `crate` or no `reason`")?,
        })
    }

    /// Why the crate is banned, if it is.
    pub(super) fn ban(&self, name: &str) -> Option<&str> {
        self.bans.iter().find(|ban| ban.name == name).map(|ban| ban.reason.as_str())
    }

    /// Whether the licence expression can be met with allowed licences alone.
    pub(super) fn accepts(&self, name: &str, expression: &str) -> bool {
        let exception = self.exceptions.iter().find(|exception| exception.name == name);
        let allows = |licence: &str| {
            let extra = exception.iter().flat_map(|exception| &exception.allowed);
            self.allowed.iter().chain(extra).any(|allowed| allowed == licence)
        };
        spdx::is_met(expression, allows)
    }
}

fn entries<'value>(table: &'value Value, key: &str) -> impl Iterator<Item = &'value Value> + use<'value> {
    table.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn texts(table: &Value, key: &str) -> Vec<String> {
    entries(table, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text_of(table: &Value, key: &str) -> Option<String> {
    table.get(key).and_then(Value::as_str).map(str::to_owned)
}
