//! A `Cargo.toml` as far as tidy asks: the package's name and what it depends on.

use toml::{Table, Value};

use crate::tree::File;

pub(super) struct Manifest {
    table: Table,
}

impl Manifest {
    /// A file that does not parse is cargo's to report; here it is an empty one.
    pub(super) fn read(file: &File) -> Self {
        Self { table: file.text.parse().unwrap_or_default() }
    }

    /// The package's name; none for a workspace's own manifest, and for a package that is a workspace of its own, such
    /// as the fuzzer, which is built with other instruments.
    pub(super) fn package(&self) -> Option<&str> {
        if self.table.contains_key("workspace") {
            return None;
        }
        self.table.get("package")?.get("name")?.as_str()
    }

    /// What ends up in, or builds, the package; target-specific tables included.
    pub(super) fn dependencies(&self) -> Vec<&str> {
        let everywhere = ["dependencies", "build-dependencies"];
        let on_targets =
            self.table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables = on_targets.filter_map(Value::as_table).chain([&self.table]);
        tables.flat_map(|table| everywhere.iter().flat_map(|name| keys(table, name))).collect()
    }

    pub(super) fn dev_dependencies(&self) -> Vec<&str> {
        keys(&self.table, "dev-dependencies").collect()
    }

    pub(super) fn inherits_lints(&self) -> bool {
        self.table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool)
            == Some(true)
    }
}

fn keys<'table>(table: &'table Table, name: &str) -> impl Iterator<Item = &'table str> + use<'table> {
    table.get(name).and_then(Value::as_table).into_iter().flat_map(Table::keys).map(String::as_str)
}
