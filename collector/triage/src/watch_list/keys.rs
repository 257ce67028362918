//! Every key that an entry can have: what it takes, and which kinds of check know it.

use jiff::SignedDuration;

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A text.
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number from one to the other.
    Whole(u64, u64),
    /// A size: a whole number of bytes, or a text such as "10 MiB".
    Bytes,
    /// `true` or `false`.
    Flag,
    /// A span of time from one to the other.
    Span(SignedDuration, SignedDuration),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// The kinds of check that know it; empty for all.
    pub(super) kinds: &'static [&'static str],
}

const fn key(name: &'static str, form: Form) -> Key {
    Key { name, form, kinds: &[] }
}

const fn of(kinds: &'static [&'static str], name: &'static str, form: Form) -> Key {
    Key { name, form, kinds }
}

const fn seconds(from: i64, to: i64) -> Form {
    Form::Span(SignedDuration::from_secs(from), SignedDuration::from_secs(to))
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The kinds of check.
pub(super) const KINDS: &[&str] = &["process", "tcp", "http", "file", "log"];

/// What an entry is called, and for whom it is: read apart from the others.
pub(super) const NAME: &str = "name";
/// See [`NAME`].
pub(super) const WHEN: &str = "when";

pub(super) const TELEMETRY: &[Key] = &[
    key("sample_every", seconds(1, HOUR)),
    key("summary_every", seconds(10, HOUR)),
    key("patch_scan_every", seconds(HOUR / 4, 7 * DAY)),
    key("backup_scan_every", seconds(60, DAY)),
];

pub(super) const SERVICE: &[Key] =
    &[key("enabled", Form::Flag), key("expected", Form::Choice(&["running", "stopped"]))];

pub(super) const CHECK: &[Key] = &[
    key("enabled", Form::Flag),
    key("kind", Form::Choice(KINDS)),
    key("every", seconds(30, DAY)),
    of(&["process"], "process", Form::Text),
    of(&["tcp", "http"], "host", Form::Text),
    of(&["tcp", "http"], "port", Form::Whole(1, 65_535)),
    of(&["http"], "tls", Form::Flag),
    of(&["http"], "status", Form::Whole(200, 599)),
    of(&["http", "file"], "path", Form::Text),
    of(&["file"], "max_age", seconds(1, 366 * DAY)),
    of(&["file"], "min_bytes", Form::Bytes),
    of(&["file"], "max_bytes", Form::Bytes),
    of(&["log"], "log", Form::Text),
    of(&["log"], "within", seconds(60, 7 * DAY)),
    of(&["log"], "max_count", Form::Whole(0, 1_000_000_000)),
];

/// Bytes of `10 MiB`, `512 KiB`, `1 GB`.
pub(super) fn parse_bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("B", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ];
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == text[digits..].trim_start())?;
    number.checked_mul(*factor)
}
