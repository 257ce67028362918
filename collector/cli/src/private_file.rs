//! Files that are whole or untouched, and nobody else's to read: logins, and what is taken out of a collector.
//!
//! What is written goes into a file of a name of its own beside the place where it belongs, and takes that place once it is
//! whole and on the disk. Whoever gives up in between drops it, and nothing is left behind.

use std::{
    ffi::OsString,
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::failure::{Exit, Failure};

/// What becomes of a file that stands in the place already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It stays, and the new one is refused.
    Kept,
    /// It makes place, in one step.
    Replaced,
}

/// A folder that nobody else may look into.
#[cfg(unix)]
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A folder that nobody else may look into: the user's own are so.
#[cfg(not(unix))]
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Puts bytes in the place of a file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = PrivateFile::beside(path, Standing::Replaced)?;
    file.write_all(bytes)?;
    file.settle()?;
    file.take_place()
}

/// A file on its way to its place.
pub(crate) struct PrivateFile {
    place: PathBuf,
    standing: Standing,
    /// Where it is meanwhile; nowhere once it has its place.
    fresh: Option<PathBuf>,
    out: BufWriter<fs::File>,
}

impl PrivateFile {
    /// Begins one for people, who are told what to do when the place is taken.
    pub(crate) fn begin(place: &Path, standing: Standing) -> Result<Self, Failure> {
        // A link that leads nowhere is in the way, too.
        if standing == Standing::Kept && place.symlink_metadata().is_ok() {
            return Err(taken(place));
        }
        // As root even a device could be renamed over, and whoever reads a pipe would wait for ever.
        if place.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(special(place));
        }
        Self::beside(place, standing).map_err(|error| Failure::file("write", place, &error))
    }

    fn beside(place: &Path, standing: Standing) -> io::Result<Self> {
        let fresh = fresh_name(place)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let out = BufWriter::new(options.open(&fresh)?);
        Ok(Self { place: place.to_owned(), standing, fresh: Some(fresh), out })
    }

    /// Makes sure that all of it is on the disk; it may still be given up.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()
    }

    /// Gives it its place, or says why it cannot have it; then nothing is left.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let place = self.place.clone();
        let placed = self.settle().and_then(|()| self.take_place());
        placed.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(&place),
            _ => Failure::file("write", &place, &error),
        })
    }

    /// Gives it its place; where it cannot have it, it stays where it is, which the answer says. For what there is no second
    /// copy of.
    pub(crate) fn finish_or_stay(mut self) -> Result<(), PathBuf> {
        let placed = self.settle().and_then(|()| self.take_place());
        match (placed, self.fresh.take()) {
            (Err(_), Some(fresh)) => Err(fresh),
            _ => Ok(()),
        }
    }

    fn take_place(&mut self) -> io::Result<()> {
        let Some(fresh) = &self.fresh else { return Ok(()) };
        match self.standing {
            Standing::Replaced => fs::rename(fresh, &self.place)?,
            Standing::Kept => put(fresh, &self.place)?,
        }
        self.fresh = None;
        Ok(())
    }
}

/// Gives a file a name that is free. A link refuses a name that is not; where there are no links, the look at the beginning
/// has to do.
fn put(fresh: &Path, place: &Path) -> io::Result<()> {
    match fs::hard_link(fresh, place) {
        Ok(()) => fs::remove_file(fresh),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::rename(fresh, place),
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(fresh) = self.fresh.take() {
            // Made by us a moment ago, and half of it is of use to nobody.
            let _ = fs::remove_file(fresh);
        }
    }
}

/// A name beside the place that no other run has: what one of them left behind when it was killed is in nobody's way.
fn fresh_name(place: &Path) -> io::Result<PathBuf> {
    let mut bits = [0_u8; 4];
    aws_lc_rs::rand::fill(&mut bits).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{:08x}.part", u32::from_ne_bytes(bits)));
    Ok(place.with_file_name(name))
}

fn special(place: &Path) -> Failure {
    let what = format!(
        "{} is no ordinary file and stays as it is; write to a file of another name",
        place.display()
    );
    Failure::new(Exit::Usage, what)
}

fn taken(place: &Path) -> Failure {
    let what = format!(
        "{} is there already and stays as it is; write to a file of another name, or add --force to replace it",
        place.display()
    );
    Failure::new(Exit::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone_and_is_replaced_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.toml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_given_up_leaves_nothing_and_what_stands_is_kept_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("acme.jsonl");
        let left = || fs::read_dir(folder.path()).unwrap().count();
        let mut given_up = PrivateFile::begin(&place, Standing::Kept).unwrap();
        given_up.write_all(b"half").unwrap();
        drop(given_up);
        assert_eq!(left(), 0);

        let mut late = PrivateFile::begin(&place, Standing::Kept).unwrap();
        late.write_all(b"late").unwrap();
        fs::write(&place, "theirs").unwrap();
        for refused in [PrivateFile::begin(&place, Standing::Kept).err(), late.finish().err()] {
            let said = refused.unwrap().to_string();
            assert!(said.contains("is there already") && said.contains("--force"), "{said}");
        }
        assert_eq!((fs::read_to_string(&place).unwrap().as_str(), left()), ("theirs", 1));

        let mut forced = PrivateFile::begin(&place, Standing::Replaced).unwrap();
        forced.write_all(b"ours").unwrap();
        forced.finish().unwrap();
        assert_eq!((fs::read_to_string(&place).unwrap().as_str(), left()), ("ours", 1));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_ordinary_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&place).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&place, &link).unwrap();
        for place in [place.as_path(), folder.path(), &link] {
            let said = PrivateFile::begin(place, Standing::Replaced).err().unwrap().to_string();
            assert!(said.contains("is no ordinary file and stays as it is"), "{said}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_must_not_be_lost_stays_beside_a_place_that_was_taken_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("acme.jsonl");
        let mut last = PrivateFile::begin(&place, Standing::Kept).unwrap();
        last.write_all(b"all of it").unwrap();
        fs::write(&place, "theirs").unwrap();
        let stayed = last.finish_or_stay().unwrap_err();
        assert_eq!(fs::read_to_string(stayed).unwrap(), "all of it");
    }
}
