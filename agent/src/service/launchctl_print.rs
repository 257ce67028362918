//! `launchctl print system/LABEL` and `launchctl print-disabled system`. Apple says that their text is for people and
//! may change; what is not understood counts as not running.

use super::Standing;

const MANAGER: &str = "launchd";
/// The daemon's name in launchd's system domain.
pub(super) const LABEL: &str = "dogwatch.agent";
/// What the two say of the daemon; the first is empty when it is not loaded.
pub(super) fn parse(printed: &str, disabled: &str) -> Standing {
    // The daemon's own lines are indented once; those of its endpoints and limits deeper.
    let value = |key: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix('\t')?.strip_prefix(key)?.strip_prefix(" = "))
            .map(str::trim)
    };
    let state = value("state");
    let ended = value("last exit code").filter(|code| *code != "(never exited)");
    let detail = match (state, ended) {
        (Some(state), Some(code)) if state != "running" => Some(format!("{state} (last exit code {code})")),
        (state, _) => state.map(str::to_owned),
    };
    Standing {
        manager: MANAGER,
        installed: true,
        enabled: !is_disabled(disabled),
        running: state == Some("running"),
        detail,
    }
}

/// `"dogwatch.agent" => disabled` since macOS 13, `=> true` before.
fn is_disabled(disabled: &str) -> bool {
    let named = format!("\"{LABEL}\" => ");
    disabled
        .lines()
        .filter_map(|line| line.trim().strip_prefix(&named))
        .any(|word| matches!(word, "disabled" | "true"))
}

pub(crate) fn survives(text: &str) {
    let _ = parse(text, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of macOS 14, shortened; after Apple's launchctl(1) and public transcripts.
    const RUNNING: &str = "system/dogwatch.agent = {\n\tactive count = 1\n\tpath = /Library/LaunchDaemons/dogwatch.agent.plist\n\
        \ttype = LaunchDaemon\n\tstate = running\n\n\tprogram = /usr/local/bin/dogwatch-agent\n\targuments = {\n\
        \t\t/usr/local/bin/dogwatch-agent\n\t\trun\n\t}\n\n\tpid = 512\n\tlast exit code = (never exited)\n\
        \n\tendpoints = {\n\t\t\"x\" = {\n\t\t\tstate = 0\n\t\t}\n\t}\n}\n";

    #[test]
    fn a_daemon_that_runs_is_told_from_one_that_is_not_loaded() {
        let running = parse(RUNNING, "");
        assert!(running.running && running.enabled, "{running:?}");
        assert_eq!(running.detail.as_deref(), Some("running"));
        let unloaded = parse("", "disabled services = {\n\t\t\"dogwatch.agent\" => disabled\n\t}\n");
        assert!(!unloaded.running && !unloaded.enabled, "{unloaded:?}");
    }

    #[test]
    fn one_that_keeps_ending_says_how() {
        let text = RUNNING
            .replace("state = running", "state = spawn scheduled")
            .replace("(never exited)", "78: EX_CONFIG");
        assert_eq!(
            parse(&text, "").detail.as_deref(),
            Some("spawn scheduled (last exit code 78: EX_CONFIG)")
        );
    }

    #[test]
    fn both_words_for_disabled_are_known() {
        for (text, expected) in [
            ("\t\"dogwatch.agent\" => true\n", true),
            ("\t\"dogwatch.agent\" => disabled\n", true),
            ("\t\"dogwatch.agent\" => enabled\n", false),
            ("\t\"dogwatch.agent.other\" => true\n", false),
        ] {
            assert_eq!(is_disabled(text), expected, "{text}");
        }
    }
}
