//! Logged-in users, counted by session. From the files of systemd-logind, or of `utmp` where there is none; nobody is
//! asked over a bus.

use std::{fs, path::Path, time::SystemTime};

/// A record of `utmp` on 64-bit Linux (utmp(5)).
const RECORD: usize = 384;
/// The type of a record that stands for a session.
const USER_PROCESS: i16 = 7;
/// Sessions that are counted; past that it is enough to know that there are many.
const MOST: usize = 4096;

/// Counts sessions; looks again only when something has changed.
#[derive(Debug, Default)]
pub(super) struct Users {
    known: Option<(SystemTime, u32)>,
}

impl Users {
    /// How many there are; `None` where neither is kept.
    pub(super) fn look(&mut self, root: &Path) -> Option<u32> {
        let (sessions, utmp) = (root.join("run/systemd/sessions"), root.join("run/utmp"));
        let changed = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
        // Where logind runs its word counts. A session that comes, goes or changes is a file renamed into the folder.
        let (kept_by_logind, at) =
            changed(&sessions).map(|at| (true, at)).or_else(|| Some((false, changed(&utmp)?)))?;
        if let Some((known_at, count)) = self.known
            && known_at == at
        {
            return Some(count);
        }
        let count = if kept_by_logind { logind(&sessions)? } else { utmp_sessions(&fs::read(&utmp).ok()?) };
        self.known = Some((at, count));
        Some(count)
    }
}

fn logind(folder: &Path) -> Option<u32> {
    // Next to the file of each session is a pipe, `NUMBER.ref`, which must not be opened.
    let is_session = |name: &str| !name.contains('.');
    let files = fs::read_dir(folder).ok()?.flatten().take(MOST);
    let sessions = files
        .filter(|entry| entry.file_name().to_str().is_some_and(is_session))
        .filter_map(|entry| fs::read_to_string(entry.path()).ok())
        .filter(|text| is_users(text));
    u32::try_from(sessions.count()).ok()
}

/// Whether a session is a user's, and not the login screen's or a service manager's.
pub(super) fn is_users(session: &str) -> bool {
    let value = |name: &str| session.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let class = value("CLASS").is_some_and(|class| ["user", "user-early", "user-light"].contains(&class));
    class && value("STATE") != Some("closing")
}

/// The sessions in `utmp`.
pub(super) fn utmp_sessions(utmp: &[u8]) -> u32 {
    let records = utmp.chunks_exact(RECORD).take(MOST);
    let sessions = records.filter(|record| i16::from_le_bytes([record[0], record[1]]) == USER_PROCESS);
    u32::try_from(sessions.count()).unwrap_or(u32::MAX)
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = (is_users(text), utmp_sessions(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of systemd 252.
    const SESSION: &str = "# This is private data. Do not parse.\nUID=1000\nUSER=anna\nACTIVE=1\nIS_DISPLAY=1\n\
        STATE=active\nREMOTE=1\nTYPE=tty\nCLASS=user\nSCOPE=session-3.scope\n";

    #[test]
    fn sessions_of_users_are_counted_and_counted_again_when_they_change() {
        let root = tempfile::tempdir().unwrap();
        let mut users = Users::default();
        assert_eq!(users.look(root.path()), None);
        let folder = root.path().join("run/systemd/sessions");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(users.look(root.path()), Some(0));
        let sessions = [
            ("3", SESSION.to_owned()),
            ("4", SESSION.replace("CLASS=user", "CLASS=greeter")),
            ("5", SESSION.replace("STATE=active", "STATE=closing")),
            ("3.ref", SESSION.to_owned()),
        ];
        for (name, text) in sessions {
            fs::write(folder.join(name), text).unwrap();
        }
        // Coarse clocks may give the folder the time that it had.
        fs::File::open(&folder).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(users.look(root.path()), Some(1));
    }

    #[test]
    fn records_of_utmp_that_stand_for_a_session_are_counted() {
        let mut utmp = vec![0; 3 * RECORD + 10];
        (utmp[0], utmp[RECORD], utmp[2 * RECORD]) = (2, 7, 7);
        assert_eq!(utmp_sessions(&utmp), 2);
    }
}
