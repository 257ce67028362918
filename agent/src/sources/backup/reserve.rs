//! Room on the disk that is kept for results of runs: a disk that a backup has filled must not be what hides that.
//!
//! A few files beside the drop-in folder, with their blocks. When a drop-in cannot be written for want of room, one of
//! them becomes the drop-in: overwritten in place, cut to its length and renamed, which takes no new blocks. Where a file
//! system copies what is overwritten, the file is given up instead and the drop-in written as any other. The agent makes
//! up what was spent when it starts and after it has taken drop-ins in, the wrapper before it runs a command; never on
//! a timer.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::state_dir::{self, StateDir};

/// Jobs that may end while the disk is full. Backups run at night, one after the other; four is a night of them.
const FILES: usize = 4;
/// Room for the largest drop-in that we write ourselves: a kilobyte of last words in JSON and some numbers.
const BYTES: usize = 16 * 1024;

fn folder(state: &StateDir) -> PathBuf {
    state.path().join("backup-reserve")
}

/// Makes up what is missing of the reserve.
///
/// # Errors
/// When there is no room for it.
pub(crate) fn keep(state: &StateDir) -> io::Result<()> {
    let folder = folder(state);
    if !folder.is_dir() {
        state_dir::create_private_dir(&folder).map_err(io::Error::other)?;
    }
    (0..FILES).map(|number| folder.join(number.to_string())).try_for_each(|path| fill(&path))
}

/// One that was made halfway would be no reserve: it is removed and made again.
fn fill(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.len() == BYTES as u64) {
        return Ok(());
    }
    let written = File::create(path).and_then(|mut file| {
        file.write_all(&[b' '; BYTES])?;
        file.sync_all()
    });
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

/// Whether an error is one that the reserve is for.
pub(crate) fn is_want_of_room(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Writes a drop-in into room that was kept.
///
/// # Errors
/// When nothing is left of it.
pub(crate) fn spend(state: &StateDir, drop_in: &Path, content: &[u8]) -> io::Result<()> {
    // A name of its own: two commands that end at once must not take the same file.
    let claimed = drop_in.with_extension("tmp");
    let claim = |number: usize| fs::rename(folder(state).join(number.to_string()), &claimed).ok();
    if content.len() > BYTES || !(0..FILES).any(|number| claim(number).is_some()) {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "no reserve is left"));
    }
    if overwrite(&claimed, content).and_then(|()| fs::rename(&claimed, drop_in)).is_ok() {
        return Ok(());
    }
    fs::remove_file(&claimed)?;
    state_dir::write_atomically(drop_in, content).map_err(io::Error::other)
}

fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_becomes_drop_ins_and_is_made_up_again() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        keep(&state).unwrap();
        for number in 0..FILES {
            spend(&state, &root.path().join(format!("{number}.json")), b"{}").unwrap();
        }
        let spent = root.path().join("last.json");
        assert_eq!(spend(&state, &spent, b"{}").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(!spent.exists());
        assert_eq!(fs::read(root.path().join("0.json")).unwrap(), b"{}");
        assert!(!root.path().join("0.tmp").exists());
        keep(&state).unwrap();
        assert!(spend(&state, &spent, &[b'x'; BYTES + 1]).is_err(), "more than was kept");
        spend(&state, &spent, b"{}").unwrap();
    }

    #[test]
    fn a_reserve_that_was_cut_is_filled_again() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        keep(&state).unwrap();
        fs::write(folder(&state).join("2"), b"").unwrap();
        keep(&state).unwrap();
        assert_eq!(fs::metadata(folder(&state).join("2")).unwrap().len(), BYTES as u64);
    }
}
