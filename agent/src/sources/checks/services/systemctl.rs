//! What `systemctl show` says. Pure.

use super::Found;

/// What is asked of each unit.
pub(super) const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,SubState,UnitFileState";

/// One unit's block.
#[derive(Debug, Default)]
struct Block<'t> {
    load: &'t str,
    active: &'t str,
    sub: &'t str,
    file: &'t str,
}

/// Blocks of `Key=value` lines in the order of the units that were asked for, an empty line between them. `None`
/// unless there is one for each.
pub(super) fn parse(text: &str, asked: usize) -> Option<Vec<Found>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            is_open = false;
            continue;
        };
        if !is_open {
            blocks.push(Block::default());
            is_open = true;
        }
        if let Some(block) = blocks.last_mut() {
            match key {
                "LoadState" => block.load = value,
                "ActiveState" => block.active = value,
                "SubState" => block.sub = value,
                "UnitFileState" => block.file = value,
                _ => {}
            }
        }
    }
    (blocks.len() == asked).then(|| blocks.iter().map(found).collect())
}

fn found(block: &Block<'_>) -> Found {
    let state = match (block.load, block.active, block.sub) {
        ("not-found", ..) => "missing",
        // Between two tries of a service that does not stay up.
        (_, "activating", "auto-restart") => "failed",
        (_, "active" | "reloading" | "refreshing", _) => "running",
        (_, "activating", _) => "starting",
        (_, "deactivating", _) => "stopping",
        (_, "inactive", _) => "stopped",
        (_, "failed" | "maintenance", _) => "failed",
        _ => "unknown",
    };
    // What only others pull in ("static", "alias", "linked" …) says nothing about itself.
    let enabled = match block.file {
        "enabled" | "enabled-runtime" | "generated" => Some(true),
        "disabled" | "masked" | "masked-runtime" => Some(false),
        _ => None,
    };
    Found { state, enabled }
}

/// For the test that feeds garbage.
pub(in crate::sources) fn survives(text: &str) {
    parse(text, 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `systemctl show` of systemd 252 prints it for ssh.service, cron.service, a unit that keeps failing, one that is
    /// not there, and one that is masked.
    const SHOWN: &str = "\
Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled

Id=cron.service
LoadState=loaded
ActiveState=inactive
SubState=dead
UnitFileState=disabled

Id=flaky.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=static

Id=none.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=

Id=gone.service
LoadState=masked
ActiveState=inactive
SubState=dead
UnitFileState=masked
";

    #[test]
    fn each_unit_is_told_in_the_order_asked() {
        let found = parse(SHOWN, 5).unwrap();
        let found: Vec<_> = found.iter().map(|found| (found.state, found.enabled)).collect();
        let expected = [
            ("running", Some(true)),
            ("stopped", Some(false)),
            ("failed", None),
            ("missing", None),
            ("stopped", Some(false)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_answer_with_more_or_fewer_units_than_asked_is_none() {
        assert_eq!(parse(SHOWN, 4), None);
        assert_eq!(parse("", 1), None);
        assert_eq!(parse("garbage\n\n", 1), None);
    }
}
