//! Every program beside each other, as a table.

use std::fmt;

use super::{count, mib, tree::Used};

/// What one program used.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Or why it was not measured.
    pub(super) used: Result<Used, String>,
    pub(super) binary_bytes: u64,
}

/// All of them.
#[derive(Debug)]
pub struct Beside(pub(super) Vec<Row>);

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:26}{:>9}{:>9}{:>10}{:>11}{:>10}{:>11}{:>13}",
            "program", "RSS MiB", "threads", "processes", "CPU s/h", "MB/day", "binary MB", "written KiB"
        )?;
        for row in &self.0 {
            let used = match &row.used {
                Ok(used) => used,
                Err(reason) => {
                    writeln!(f, "{:26}{reason}", row.name)?;
                    continue;
                }
            };
            let wire =
                used.bytes_per_day().map_or_else(|| "?".to_owned(), |bytes| format!("{:.2}", bytes / 1e6));
            writeln!(
                f,
                "{:26}{:>9.1}{:>9}{:>10}{:>11.2}{:>10}{:>11.1}{:>13.0}",
                row.name,
                mib(used.resident_bytes),
                used.threads,
                used.processes,
                used.cpu_per_hour() + used.children_per_hour(),
                wire,
                count(row.binary_bytes) / 1e6,
                count(used.written_bytes) / 1024.0,
            )?;
        }
        Ok(())
    }
}
