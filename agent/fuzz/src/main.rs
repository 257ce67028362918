//! One fuzz target per parser: `DOGWATCH_PARSER` names it. Without a name the first byte of the input chooses.

#![no_main]

use std::sync::LazyLock;

use dogwatch_agent::sources::parsers::{PARSERS, Parser};
use libfuzzer_sys::fuzz_target;

static NAMED: LazyLock<Option<Parser>> = LazyLock::new(|| {
    let wanted = std::env::var("DOGWATCH_PARSER").ok()?;
    let found = PARSERS.iter().find(|(name, _)| *name == wanted);
    Some(found.unwrap_or_else(|| panic!("no parser `{wanted}`")).1)
});

fuzz_target!(|bytes: &[u8]| {
    let (parse, bytes) = match (*NAMED, bytes.split_first()) {
        (Some(named), _) => (named, bytes),
        (None, Some((choice, rest))) => (PARSERS[usize::from(*choice) % PARSERS.len()].1, rest),
        (None, None) => return,
    };
    parse(&String::from_utf8_lossy(bytes));
});
