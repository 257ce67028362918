//! Which packages are held? From dpkg's database, line by line: `apt-mark showhold` would build apt's cache once more,
//! and the file is too large to be kept in memory for this.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

/// The held packages of a database.
pub(super) fn packages(status: &Path) -> io::Result<Vec<String>> {
    parse(BufReader::new(File::open(status)?))
}

fn parse(mut status: impl BufRead) -> io::Result<Vec<String>> {
    let (mut held, mut package, mut line) = (Vec::new(), String::new(), Vec::new());
    while status.read_until(b'\n', &mut line)? > 0 {
        if let Some(name) = line.strip_prefix(b"Package: ") {
            package = String::from_utf8_lossy(name).trim().to_owned();
        } else if line.starts_with(b"Status: hold ") && !package.is_empty() {
            held.push(std::mem::take(&mut package));
        }
        line.clear();
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_found_by_its_status() {
        let status = "Package: bash\nStatus: install ok installed\nVersion: 1\n\nPackage: linux-image-amd64\n\
            Status: hold ok installed\n\nStatus: hold ok installed\n\nPackage: gone\nStatus: deinstall ok config-files\n";
        assert_eq!(parse(status.as_bytes()).unwrap(), ["linux-image-amd64"]);
        assert_eq!(parse(&b"\xff\nPackage: \xff\nStatus: hold ok"[..]).unwrap(), ["\u{fffd}"]);
    }
}
