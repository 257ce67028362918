//! The drop-in folder: what has arrived, and where it goes afterwards.
//!
//! Files are taken in the order they were written. What was understood goes to `done/`, what was not to `bad/` with a
//! `.reason` beside it; both keep the newest few for people to look at. Links are not followed: the agent may read
//! more than whoever may write here.

use std::{
    collections::BinaryHeap,
    ffi::{OsStr, OsString},
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::{
    Again,
    drop_in::{self, DropInError, Run},
    forgetting::Forgetting,
};
use crate::sources::order;
use crate::state_dir;

/// A drop-in is a few hundred bytes; one that carries output a few thousand.
const FILE_BYTES: u64 = 64 * 1024;
/// Files taken in at one look; the next look follows at once. This, and not the folder, bounds the memory.
const AT_ONCE: usize = 256;
/// Files kept in `done/` and in `bad/`.
const KEPT: usize = 64;
/// A file that ends in the middle is given this long to be finished.
const WRITING: Duration = Duration::from_secs(5);

/// One file and what it says.
pub(super) struct Arrival {
    pub(super) file: OsString,
    pub(super) said: Result<Said, DropInError>,
}

/// What a file says.
pub(super) enum Said {
    Run(Box<Run>),
    Forget(Forgetting),
}

/// What a look found.
pub(super) struct Taken {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) again: Again,
}

/// The folder.
#[derive(Debug)]
pub(super) struct Inbox {
    folder: PathBuf,
}

impl Inbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What has arrived, oldest first.
    pub(super) fn arrivals(&self, now: Timestamp) -> Taken {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(%error, folder = %self.folder.display(), "backup drop-ins cannot be read");
                return Taken { arrivals: Vec::new(), again: Again::Later };
            }
        };
        let mut oldest: BinaryHeap<(SystemTime, OsString)> = BinaryHeap::new();
        let mut again = Again::Later;
        for found in entries.flatten().filter_map(|entry| candidate(&entry)) {
            oldest.push(found);
            if oldest.len() > AT_ONCE {
                oldest.pop();
                again = Again::AtOnce;
            }
        }
        let mut arrivals = Vec::new();
        for (written, file) in oldest.into_sorted_vec() {
            let said = self.understand(&file, written, now);
            let fresh = written.elapsed().is_ok_and(|age| age < WRITING);
            if said.as_ref().is_err_and(DropInError::is_unfinished) && fresh {
                again = again.max(Again::Soon);
            } else {
                arrivals.push(Arrival { file, said });
            }
        }
        Taken { arrivals, again }
    }

    fn understand(&self, file: &OsStr, written: SystemTime, now: Timestamp) -> Result<Said, DropInError> {
        let name = file.to_str().ok_or_else(|| DropInError::File("has a name that is no UTF-8".into()))?;
        let written = Timestamp::try_from(written).unwrap_or(now).min(now);
        let text = self.read(name)?;
        if Forgetting::is_one(&text) {
            return Forgetting::parse(&text, written, now).map(Said::Forget);
        }
        drop_in::parse(&text, name, written, now).map(|run| Said::Run(Box::new(run)))
    }

    fn read(&self, name: &str) -> Result<String, DropInError> {
        let path = self.folder.join(name);
        let unusable = |error: io::Error| DropInError::File(format!("cannot be read: {error}"));
        let kind = fs::symlink_metadata(&path).map_err(unusable)?.file_type();
        if !kind.is_file() {
            return Err(DropInError::File("is not a plain file".into()));
        }
        let mut text = String::new();
        open_no_follow(&path)
            .map_err(unusable)?
            .take(FILE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(unusable)?;
        if text.len() as u64 > FILE_BYTES {
            return Err(DropInError::File(format!("is larger than {FILE_BYTES} bytes")));
        }
        Ok(text)
    }

    /// The file was taken in.
    pub(super) fn done(&self, file: &OsStr) {
        self.put_away(file, "done");
    }

    /// The file was refused.
    pub(super) fn bad(&self, file: &OsStr, reason: &str) {
        self.put_away(file, "bad");
        let mut name = file.to_owned();
        name.push(".reason");
        if let Err(error) = fs::write(self.folder.join("bad").join(name), format!("{reason}\n")) {
            tracing::warn!(%error, ?file, "reason not written");
        }
    }

    fn put_away(&self, file: &OsStr, to: &str) {
        let (from, folder) = (self.folder.join(file), self.folder.join(to));
        let moved = state_dir::create_private_dir(&folder)
            .map_err(io::Error::other)
            .and_then(|()| fs::rename(&from, folder.join(file)));
        if let Err(error) = moved {
            // Left where it is it would be read for ever. A folder that bears such a name stays and is told again.
            tracing::warn!(%error, ?file, "drop-in not put away, removed");
            let _ = fs::remove_file(&from);
        }
    }

    /// Keeps the newest of the files that were put away.
    pub(super) fn forget_oldest(&self) {
        ["done", "bad"].iter().for_each(|folder| forget_oldest(&self.folder.join(folder)));
    }
}

fn candidate(entry: &fs::DirEntry) -> Option<(SystemTime, OsString)> {
    let name = entry.file_name();
    drop_in::is_name(&name.to_string_lossy()).then_some(())?;
    let written = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    Some((written, name))
}

/// Keeps the newest files, and the reasons of those that stay.
fn forget_oldest(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, OsString)> =
        entries.flatten().filter_map(|entry| candidate(&entry)).collect();
    order::by(&mut files, Ord::cmp);
    let surplus = files.len().saturating_sub(KEPT);
    for (_, mut name) in files.into_iter().take(surplus) {
        // One that cannot be removed is tried again with the next arrival.
        let _ = fs::remove_file(folder.join(&name));
        name.push(".reason");
        let _ = fs::remove_file(folder.join(&name));
    }
}

/// Between the look at the file's kind and this, it could have been replaced by a link.
fn open_no_follow(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}
