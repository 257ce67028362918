//! The drop-in folder: what has arrived, and where it goes afterwards.
//!
//! Files are taken in the order they were written. What was understood goes to `done/`, what was not to `bad/` with a
//! `.reason` beside it; both keep the newest few for people to look at. Links are not followed: the agent may read
//! more than whoever may write here.

use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::drop_in::{self, DropInError, Run};

/// A drop-in is a few hundred bytes; one that carries output a few thousand.
const FILE_BYTES: u64 = 64 * 1024;
/// Files taken in at one look; the next look follows at once.
const AT_ONCE: usize = 256;
/// Files kept in `done/` and in `bad/`.
const KEPT: usize = 64;
/// A file that ends in the middle is given this long to be finished.
const WRITING: Duration = Duration::from_secs(5);

/// One file and what it says.
pub(super) struct Arrival {
    pub(super) name: String,
    pub(super) run: Result<Run, DropInError>,
}

/// What a look found.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) arrivals: Vec<Arrival>,
    /// Somebody is still writing, or there was more than one look takes.
    pub(super) unfinished: bool,
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
        let mut found: Vec<(SystemTime, String)> = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.flatten().filter_map(|entry| candidate(&entry)).collect(),
            Err(error) => {
                tracing::warn!(%error, folder = %self.folder.display(), "backup drop-ins cannot be read");
                return Taken::default();
            }
        };
        found.sort();
        let mut taken = Taken { unfinished: found.len() > AT_ONCE, ..Taken::default() };
        for (written, name) in found.into_iter().take(AT_ONCE) {
            let run = self.read(&name).and_then(|text| drop_in::parse(&text, &name, now));
            let fresh = written.elapsed().is_ok_and(|age| age < WRITING);
            if run.as_ref().is_err_and(DropInError::is_unfinished) && fresh {
                taken.unfinished = true;
            } else {
                taken.arrivals.push(Arrival { name, run });
            }
        }
        taken
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
    pub(super) fn done(&self, name: &str) {
        self.put_away(name, "done");
    }

    /// The file was refused.
    pub(super) fn bad(&self, name: &str, reason: &str) {
        let folder = self.put_away(name, "bad");
        if let Err(error) = fs::write(folder.join(format!("{name}.reason")), format!("{reason}\n")) {
            tracing::warn!(%error, file = name, "reason not written");
        }
    }

    fn put_away(&self, name: &str, to: &str) -> PathBuf {
        let (from, folder) = (self.folder.join(name), self.folder.join(to));
        let moved = fs::create_dir_all(&folder).and_then(|()| fs::rename(&from, folder.join(name)));
        if let Err(error) = moved {
            // Left where it is it would be read for ever.
            tracing::warn!(%error, file = name, "drop-in not put away, removed");
            let _ = fs::remove_file(&from);
        }
        forget_oldest(&folder);
        folder
    }
}

fn candidate(entry: &fs::DirEntry) -> Option<(SystemTime, String)> {
    let name = entry.file_name().into_string().ok().filter(|name| drop_in::is_name(name))?;
    let written = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    Some((written, name))
}

/// Keeps the newest files, and the reasons of those that stay.
fn forget_oldest(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, String)> =
        entries.flatten().filter_map(|entry| candidate(&entry)).collect();
    files.sort();
    let surplus = files.len().saturating_sub(KEPT);
    for (_, name) in files.into_iter().take(surplus) {
        // One that cannot be removed is tried again with the next arrival.
        let _ = fs::remove_file(folder.join(&name));
        let _ = fs::remove_file(folder.join(format!("{name}.reason")));
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
