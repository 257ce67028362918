//! What an exit code means. Most tools know good and bad; some also know "done, but".

use dogwatch_model::RunResult;

/// What a run of `product` came to that ended with `code`.
pub(super) fn of(product: Option<&str>, code: i32) -> RunResult {
    let product = product.unwrap_or_default().trim_end_matches(".exe");
    match (product, code) {
        (_, 0) => RunResult::Success,
        // restic: some files could not be read. borg: warnings; each its own number since 1.4. rsnapshot: warnings.
        ("restic", 3) | ("borg", 1 | 100..=127) | ("rsnapshot", 2) => RunResult::Warning,
        // rsync: files vanished while it copied. robocopy: up to 3 all was copied, up to 7 something did not match.
        ("rsync", 24) | ("robocopy", 4..=7) => RunResult::Warning,
        ("robocopy", 1..=3) => RunResult::Success,
        _ => RunResult::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn done_but_is_a_warning_of_the_tools_that_say_so() {
        for (product, code, expected) in [
            ("restic", 3, RunResult::Warning),
            ("restic", 1, RunResult::Failed),
            ("restic", 12, RunResult::Failed),
            ("borg", 1, RunResult::Warning),
            ("borg", 105, RunResult::Warning),
            ("borg", 2, RunResult::Failed),
            ("borg", 130, RunResult::Failed),
            ("rsync", 24, RunResult::Warning),
            ("rsync", 23, RunResult::Failed),
            ("rsnapshot", 2, RunResult::Warning),
            ("robocopy.exe", 3, RunResult::Success),
            ("robocopy.exe", 8, RunResult::Failed),
            ("sh", 3, RunResult::Failed),
        ] {
            assert_eq!(of(Some(product), code), expected, "{product} {code}");
        }
        assert_eq!(of(None, 0), RunResult::Success);
    }
}
