//! Apple's softwareupdate: what the last scan of the system found. It is not made to scan (`--no-scan`), so nothing is
//! fetched and it does not wait for Apple; it is known to hang all the same.
//!
//! The list has a label and a line of fields for each update since macOS 10.15. There is no class in it: see `class`.

use std::time::Duration;

use dogwatch_model::{Update, UpdateClass};
use jiff::{Timestamp, fmt::strtime};

use super::{
    ground::{Ground, ScanError, name, said},
    scan::Scan,
};

const TOOL: &str = "softwareupdate";
const LIMIT: Duration = Duration::from_secs(120);
const PREFERENCES: &str = "/Library/Preferences/com.apple.SoftwareUpdate";

/// Asks it.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let ground = ground.clone().limited(LIMIT);
    let preference = async |key: &str| {
        let told = ground.ask("defaults", &["read", PREFERENCES, key]).await.ok();
        told.map(|told| told.trim().to_owned())
    };
    let metadata_at = preference("LastSuccessfulDate").await.and_then(|date| date_of(&date));
    let auto_update = preference("AutomaticallyInstallMacOSUpdates").await.map(|value| value == "1");
    Scan { metadata_at, auto_update, ..Scan::from(updates(&ground).await) }
}

async fn updates(ground: &Ground) -> Result<Vec<Update>, ScanError> {
    let output = ground.run(TOOL, &["--list", "--no-scan"]).await?;
    // That there is nothing goes to standard error.
    if output.success && output.stderr.contains("No new software available") {
        return Ok(Vec::new());
    }
    parse(&said(TOOL, output)?)
}

/// `2026-06-10 08:12:33 +0000`, as `defaults` writes a date.
fn date_of(text: &str) -> Option<Timestamp> {
    strtime::parse("%Y-%m-%d %H:%M:%S %z", text).ok()?.to_timestamp().ok()
}

/// The list. A text without its head is no list, and an empty list has another word for it.
fn parse(text: &str) -> Result<Vec<Update>, ScanError> {
    if !text.contains("Software Update found the following") {
        if text.contains("No new software available") {
            return Ok(Vec::new());
        }
        let detail = "the list does not begin as it should".into();
        return Err(ScanError::Garbled { tool: TOOL, detail });
    }
    let mut updates: Vec<Update> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(label) = line.strip_prefix("* Label: ") {
            updates.push(Update { class: class(label), ..Update::missing(TOOL, &name(label.trim())) });
        } else if line.starts_with("Title: ")
            && let Some(update) = updates.last_mut()
        {
            fields(update, line);
        }
    }
    if updates.is_empty() {
        // macOS 10.14 and earlier write entries without labels. They are not nothing.
        let detail = "a list without a label, as macOS wrote it before 10.15".into();
        return Err(ScanError::Garbled { tool: TOOL, detail });
    }
    Ok(updates)
}

/// `Title: Safari, Version: 17.5, Size: 161856KiB, Recommended: YES, Action: restart, `. A title may hold a comma.
fn fields(update: &mut Update, line: &str) {
    const KEYS: [&str; 6] = ["Title: ", "Version: ", "Size: ", "Recommended: ", "Action: ", "Deferred: "];
    let value = |key: &str| {
        let (_, rest) = line.split_once(key)?;
        let end = KEYS.iter().filter_map(|next| rest.find(&format!(", {next}"))).min();
        Some(rest[..end.unwrap_or(rest.len())].trim_end_matches([',', ' ']).to_owned())
    };
    if let Some(title) = value("Title: ") {
        // Both the label and the title have words that tell the class.
        update.class = update.class.min(class(&title));
        update.title = Some(name(&title));
    }
    update.available = value("Version: ").map(|version| name(&version));
    update.size_bytes = value("Size: ").and_then(|size| kibibytes(&size));
    update.reboot_required = Some(value("Action: ").is_some_and(|action| action.contains("restart")));
}

/// `161856KiB`, or `161856K` before macOS 12.
fn kibibytes(size: &str) -> Option<u64> {
    let digits = size.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    digits.parse::<u64>().ok()?.checked_mul(1024)
}

/// What an update is for, by its name. Nearly every release of the system and of Safari is in Apple's list of security
/// releases, and the tool does not tell which are not: they count as security, so that no machine looks better than it is.
fn class(named: &str) -> UpdateClass {
    let named = named.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| named.contains(word));
    if has(&["xprotect", "gatekeeper", "mrtconfig", "configdata"]) {
        UpdateClass::Definition
    } else if has(&["security", "macos", "safari"]) {
        UpdateClass::Security
    } else {
        UpdateClass::Regular
    }
}

/// The face of the parsers in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    let _ = parse(text);
    let _ = parse(&format!("Software Update found the following new or updated software:\n{text}"));
    date_of(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of macOS 12 to 15, after public transcripts and softwareupdate(8).
    const SONOMA: &str = "Software Update Tool\n\nFinding available software\n\
        Software Update found the following new or updated software:\n\
        * Label: macOS Sonoma 14.5-23F79\n\
        \tTitle: macOS Sonoma 14.5, Version: 14.5, Size: 3456789KiB, Recommended: YES, Action: restart, \n\
        * Label: Command Line Tools for Xcode-15.3\n\
        \tTitle: Command Line Tools for Xcode, Version: 15.3, Size: 707501KiB, Recommended: YES, \n";
    /// The form of macOS 10.15 and 11.
    const CATALINA: &str = "Software Update Tool\n\nFinding available software\n\
        Software Update found the following new or updated software:\n\
        * Label: Security Update 2022-005-10.15.7\n\
        \tTitle: Security Update 2022-005, Catalina, Version: 10.15.7, Size: 2097152K, Recommended: YES, Action: restart, \n";

    #[test]
    fn both_forms_are_read() {
        let updates = parse(SONOMA).unwrap();
        let system = &updates[0];
        assert_eq!(system.id, "softwareupdate:macOS Sonoma 14.5-23F79");
        assert_eq!((system.class, system.available.as_deref()), (UpdateClass::Security, Some("14.5")));
        assert_eq!((system.size_bytes, system.reboot_required), (Some(3_456_789 * 1024), Some(true)));
        assert_eq!((updates[1].class, updates[1].reboot_required), (UpdateClass::Regular, Some(false)));
        let updates = parse(CATALINA).unwrap();
        assert_eq!(updates[0].title.as_deref(), Some("Security Update 2022-005, Catalina"));
        assert_eq!(updates[0].size_bytes, Some(2 << 30));
    }

    /// Recorded: published for macOS 11.0.1 in an issue of install-or-defer, without `Software Update Tool` above it.
    const BIG_SUR: &str = "Finding available software\n\
        Software Update found the following new or updated software:\n\
        * Label: macOS Big Sur 11.1 Beta 2-20C5061b\n\
        \tTitle: macOS Big Sur 11.1 Beta 2, Version: 11.1, Size: 2746951K, Recommended: YES, Action: restart, \n";
    /// Recorded: published for 10.15.6 and 10.14.6 in an issue of JSS-Scripts.
    const SAFARI: &str = "Software Update Tool\n\nFinding available software\n\
        Software Update found the following new or updated software:\n\
        * Label: Safari14.0CatalinaAuto-14.0\n\
        \tTitle: Safari, Version: 14.0, Size: 65417K, Recommended: YES, \n";
    const MOJAVE: &str = "Software Update Tool\n\nFinding available software\n\
        Software Update found the following new or updated software:\n   \
        * Safari14.0MojaveAuto-14.0\n\tSafari (14.0), 67309K [recommended]\n";

    #[test]
    fn recorded_lists_are_read_and_one_of_an_older_system_is_not_taken_for_empty() {
        let updates = parse(BIG_SUR).unwrap();
        assert_eq!(updates[0].title.as_deref(), Some("macOS Big Sur 11.1 Beta 2"));
        assert_eq!((updates[0].size_bytes, updates[0].reboot_required), (Some(2_746_951 * 1024), Some(true)));
        let updates = parse(SAFARI).unwrap();
        assert_eq!(updates[0].id, "softwareupdate:Safari14.0CatalinaAuto-14.0");
        assert_eq!(
            (updates[0].available.as_deref(), updates[0].class),
            (Some("14.0"), UpdateClass::Security)
        );
        assert!(matches!(parse(MOJAVE), Err(ScanError::Garbled { .. })));
    }

    #[test]
    fn nothing_new_is_an_answer_and_no_list_is_none() {
        assert_eq!(parse("Software Update Tool\n\nNo new software available.\n").unwrap(), []);
        assert!(matches!(parse(""), Err(ScanError::Garbled { .. })));
        assert!(matches!(parse("Can't connect"), Err(ScanError::Garbled { .. })));
    }

    #[test]
    fn a_date_of_the_preferences_is_an_instant() {
        assert_eq!(date_of("2026-06-10 08:12:33 +0000"), "2026-06-10T08:12:33Z".parse().ok());
        assert_eq!(date_of("never"), None);
    }
}
