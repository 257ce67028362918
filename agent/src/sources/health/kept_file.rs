//! A small file of `/proc` or `/sys` that is opened once and read again from its start at each sample: opening costs
//! as much as reading, and allocates.

use std::{borrow::Cow, fs::File, os::unix::fs::FileExt as _, path::PathBuf};

/// What one read starts with; it grows with what is read.
const START: usize = 8 * 1024;
/// A container host with a thousand mounts has a `mountinfo` of some 200 KiB.
const MOST: usize = 1024 * 1024;

/// Room that one read after the other uses.
#[derive(Debug)]
pub(in crate::sources) struct Buffer(Vec<u8>);

impl Default for Buffer {
    fn default() -> Self {
        Self(vec![0; START])
    }
}

/// A file that stays open.
#[derive(Debug)]
pub(in crate::sources) struct KeptFile {
    path: PathBuf,
    file: Option<File>,
}

impl KeptFile {
    /// Opened at the first read.
    pub(in crate::sources) const fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// What is in it now; `None` when it is not there or cannot be read. What is not UTF-8 is replaced.
    pub(in crate::sources) fn read<'b>(&mut self, buffer: &'b mut Buffer) -> Option<Cow<'b, str>> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let filled = fill(self.file.as_ref()?, &mut buffer.0);
        if filled.is_none() {
            // What stood behind it is gone; a new one of the name is opened next time.
            self.file = None;
        }
        Some(String::from_utf8_lossy(&buffer.0[..filled?]))
    }
}

/// Reads from the start, which makes the kernel write the text anew.
fn fill(file: &File, bytes: &mut Vec<u8>) -> Option<usize> {
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            if filled >= MOST {
                return None;
            }
            bytes.resize(filled * 2, 0);
        }
        match file.read_at(&mut bytes[filled..], filled as u64).ok()? {
            0 => return Some(filled),
            more => filled += more,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_tells_what_is_there_now_however_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (mut file, mut buffer) = (KeptFile::new(path.clone()), Buffer::default());
        assert_eq!(file.read(&mut buffer), None);
        fs::write(&path, "one").unwrap();
        assert_eq!(file.read(&mut buffer).as_deref(), Some("one"));
        fs::write(&path, "x".repeat(3 * START)).unwrap();
        assert_eq!(file.read(&mut buffer).map(|text| text.len()), Some(3 * START));
        fs::write(&path, b"a\xffb").unwrap();
        assert_eq!(file.read(&mut buffer).as_deref(), Some("a\u{fffd}b"));
        fs::write(&path, vec![b'x'; MOST]).unwrap();
        assert_eq!(file.read(&mut buffer), None, "without end");
    }
}
