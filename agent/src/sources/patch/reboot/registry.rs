//! Windows: what the registry says of a reboot.
//!
//! Servicing and Windows Update leave a key until the machine was started again: that is strong. Files that are to be
//! moved or deleted at the next start are weak: the list is worked off at each start, so all of it is from after this
//! one, but installers, updaters and anti-malware use it for their litter all day.

use dogwatch_model::Confidence;

use super::{Reasons, name};

/// What was read; absent when it could not be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// `…\Component Based Servicing\RebootPending` is there.
    pub(super) servicing: Option<bool>,
    /// `…\WindowsUpdate\Auto Update\RebootRequired` is there.
    pub(super) windows_update: Option<bool>,
    /// The computer's name now, and after the next start.
    pub(super) names: Option<(String, String)>,
    /// `PendingFileRenameOperations`: from and to in turn; an empty target deletes.
    pub(super) file_renames: Vec<String>,
}

/// Folders of litter, in lower case.
const LITTER: [&str; 9] = [
    r"\temp\",
    r"\tmp\",
    r"\windows defender\",
    r"\spool\drivers\",
    r"\antivirus\",
    r"\edgeupdate\",
    r"\google\update\",
    r"\symantec\",
    r"\sophos\",
];
/// Files that are named; the rest is counted.
const NAMED: usize = 5;

/// The reasons, of one kind each.
pub(super) fn reasons(marks: &Marks) -> Vec<Reasons> {
    [strong(marks), weak(&marks.file_renames)].into_iter().flatten().collect()
}

fn strong(marks: &Marks) -> Option<Reasons> {
    let renamed = marks.names.as_ref().filter(|(now, next)| !now.eq_ignore_ascii_case(next));
    let reasons: Vec<String> = [
        (marks.servicing == Some(true)).then(|| "component servicing waits for a restart".to_owned()),
        (marks.windows_update == Some(true)).then(|| "Windows Update waits for a restart".to_owned()),
        renamed.map(|(_, next)| name(&format!("the computer is renamed to {next}"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!reasons.is_empty()).then_some(Reasons { reasons, since: None, confidence: Confidence::Strong })
}

fn weak(renames: &[String]) -> Option<Reasons> {
    let files: Vec<&str> = renames.chunks(2).filter_map(|pair| moved(pair.first()?)).collect();
    let mut reasons: Vec<String> =
        files.iter().take(NAMED).map(|file| name(&format!("{file} is replaced at the next start"))).collect();
    if files.len() > NAMED {
        reasons.push(format!("and {} more files", files.len() - NAMED));
    }
    (!reasons.is_empty()).then_some(Reasons { reasons, since: None, confidence: Confidence::Weak })
}

/// The file of an entry, without the prefixes of the object manager; none for litter.
fn moved(entry: &str) -> Option<&str> {
    let file = entry.trim_start_matches(['!', '*', '1', '2']);
    let file = file.strip_prefix(r"\??\").unwrap_or(file);
    let lower = file.to_ascii_lowercase();
    (!file.is_empty() && !LITTER.iter().any(|folder| lower.contains(folder))).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_the_system_says_itself_is_strong() {
        let marks = Marks {
            servicing: Some(true),
            windows_update: Some(false),
            names: Some(("OLD".into(), "new".into())),
            file_renames: Vec::new(),
        };
        let found = reasons(&marks);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].confidence, Confidence::Strong);
        assert_eq!(
            found[0].reasons,
            ["component servicing waits for a restart", "the computer is renamed to new"]
        );
        let same = Marks { names: Some(("PC1".into(), "pc1".into())), ..Marks::default() };
        assert!(reasons(&same).is_empty());
    }

    #[test]
    fn files_to_be_replaced_are_weak_and_litter_is_nothing() {
        let renames = texts(&[
            r"\??\C:\Users\a\AppData\Local\Temp\x.tmp",
            "",
            r"\??\C:\Program Files\App\new.dll",
            r"!\??\C:\Program Files\App\app.dll",
            r"\??\C:\Windows\System32\spool\drivers\x64\3\Old\1\a.dll",
            "",
        ]);
        let found = reasons(&Marks { file_renames: renames, ..Marks::default() });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].confidence, Confidence::Weak);
        assert_eq!(found[0].reasons, [r"C:\Program Files\App\new.dll is replaced at the next start"]);
    }

    #[test]
    fn many_files_are_counted() {
        let renames: Vec<String> =
            (0..20).flat_map(|number| [format!(r"\??\C:\a\{number}.dll"), String::new()]).collect();
        let found = reasons(&Marks { file_renames: renames, ..Marks::default() });
        assert_eq!(found[0].reasons.len(), NAMED + 1);
        assert_eq!(found[0].reasons[NAMED], "and 15 more files");
    }
}
