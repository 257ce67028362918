//! An endpoint in words: single facts under the names that filters have, lists as tables.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    args::Format,
    output::{self, Column, Screen, Show, column, type_of},
};

/// Rows of a list that are shown unless `-o wide` asks for all.
const SOME_ROWS: usize = 20;

/// The lists of an endpoint, by their place in it.
const LISTS: &[(&str, &[Column])] = &[
    (
        "/health/disks",
        &[
            column("MOUNT", "mount", Show::Text),
            column("FS", "fs", Show::Text),
            column("USED", "used_percent", Show::Typed("percent")),
            column("FREE", "free_bytes", Show::Typed("bytes")),
            column("SIZE", "total_bytes", Show::Typed("bytes")),
            column("INODES FREE", "inodes_free_percent", Show::Typed("percent")),
            column("READ-ONLY", "read_only", Show::YesNo),
        ],
    ),
    (
        "/backup/jobs",
        &[
            column("JOB", "name", Show::Text),
            column("PRODUCT", "product", Show::Text),
            column("STATE", "state", Show::Text),
            column("RESULT", "result", Show::Text),
            column("LAST SUCCESS", "last_success", Show::Instant),
            column("AGE", "age", Show::Span),
            column("RPO", "rpo", Show::Span),
            column("FAILURES", "consecutive_failures", Show::Text),
            column("RESTORE TEST", "restore_test.at", Show::Instant),
        ],
    ),
    (
        "/services",
        &[
            column("SERVICE", "name", Show::Text),
            column("STATE", "state", Show::Text),
            column("EXPECTED", "expected", Show::Text),
        ],
    ),
    (
        "/checks",
        &[
            column("CHECK", "name", Show::Text),
            column("KIND", "kind", Show::Text),
            column("STATE", "state", Show::Text),
            column("DETAIL", "detail", Show::Text),
        ],
    ),
    (
        "/patch/updates",
        &[
            column("UPDATE", "package", Show::Text),
            column("INSTALLED", "installed", Show::Text),
            column("AVAILABLE", "available", Show::Text),
            column("CLASS", "class", Show::Text),
            column("SEVERITY", "severity", Show::Text),
            column("MISSING SINCE", "first_seen_missing", Show::Instant),
        ],
    ),
];

/// Everything known.
pub(crate) fn all(endpoint: &Value, now: Timestamp, screen: &Screen) -> String {
    let facts = output::facts(endpoint);
    let width = facts.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (path, value) in facts {
        let kind = type_of(&path).unwrap_or("text");
        let shown = Show::Typed(kind).show(&json!({ "fact": value }), "fact", now, screen);
        let _ = writeln!(out, "{path:width$}  {shown}");
    }
    for (place, columns) in LISTS {
        let rows = endpoint.pointer(place).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let shown = if screen.format == Format::Wide { rows.len() } else { rows.len().min(SOME_ROWS) };
        if !rows.is_empty() {
            let _ = write!(out, "\n{}", output::table(&rows[..shown], columns, now, screen));
        }
        if shown < rows.len() {
            let _ = writeln!(out, "and {} more; -o wide shows all", rows.len() - shown);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn an_endpoint_is_shown_by_the_names_of_the_filter_with_its_lists_as_tables() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        let updates: Vec<Value> = (0..22)
            .map(|n| {
                json!({ "package": format!("p{n}"), "available": "2", "class": "security",
                        "severity": "unspecified", "first_seen_missing": "2026-11-20T08:00:00Z" })
            })
            .collect();
        let endpoint = json!({
            "name": "srv-01", "tags": ["lab", "prod"], "labels": {}, "last_seen": "2026-11-22T11:59:56Z",
            "health": {
                "uptime": 4519, "memory": { "total_bytes": 25_276_510_208_u64, "used_percent": 9.15 },
                "disks": [{ "mount": "/", "fs": "ext4", "used_percent": 80.49, "free_bytes": 52_787_408_896_u64,
                            "total_bytes": 270_553_174_016_u64, "read_only": false }],
            },
            "patch": { "updates": updates },
        });
        let shown = all(&endpoint, Timestamp::UNIX_EPOCH, &screen);
        let (facts, updates) = shown.split_once("\nUPDATE").unwrap();
        assert_eq!(
            facts,
            "\
health.memory.total_bytes   23.5 GiB
health.memory.used_percent  9.2 %
health.uptime               1h
last_seen                   2026-11-22 11:59
name                        srv-01
tags                        lab,prod

MOUNT  FS    USED    FREE      SIZE     INODES FREE  READ-ONLY
/      ext4  80.5 %  49.2 GiB  252 GiB  –            no
"
        );
        assert_eq!(
            updates.lines().nth(1),
            Some("p0      –          2          security  unspecified  2026-11-20 08:00")
        );
        assert!(updates.ends_with("\nand 2 more; -o wide shows all\n"), "{updates}");
    }
}
