//! Windows: positioned I/O. Access follows the parent folder's list; NTFS logs directory changes itself and
//! `std` cannot open a directory to sync it, so that is deliberately nothing here.

use std::{fs, io, os::windows::fs::FileExt, path::Path};

pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

pub(super) fn owner_only(_options: &mut fs::OpenOptions) {}

pub(super) fn read_at(file: &fs::File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

pub(super) fn write_all_at(file: &fs::File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.seek_write(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(super) fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}
