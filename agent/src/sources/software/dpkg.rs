//! `dpkg`'s status file: a paragraph a package, as deb822 writes it.

use std::io::BufRead;

use dogwatch_model::Software;

use super::entry;

/// Every package that is installed, in whatever state its configuration is.
pub(super) fn installed(status: impl BufRead) -> Vec<Software> {
    let (mut software, mut package) = (Vec::new(), Package::default());
    for line in status.split(b'\n') {
        // A disk that fails in the middle: what was read so far is true all the same.
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        match line.split_once(':') {
            _ if line.trim().is_empty() => software.extend(std::mem::take(&mut package).finish()),
            Some(("Package", name)) => package.name = name.trim().to_owned(),
            Some(("Version", version)) => package.version = version.trim().to_owned(),
            Some(("Status", status)) => package.installed = status.trim().ends_with(" installed"),
            _ => {}
        }
    }
    software.extend(package.finish());
    software
}

#[derive(Default)]
struct Package {
    name: String,
    version: String,
    installed: bool,
}

impl Package {
    fn finish(self) -> Option<Software> {
        (self.installed && !self.name.is_empty()).then(|| entry("dpkg", &self.name, &self.version))
    }
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    installed(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on Debian 12, shortened; `removed` as dpkg keeps a package whose configuration files are left.
    const STATUS: &str = "Package: bash\nEssential: yes\nStatus: install ok installed\nPriority: required\n\
        Version: 5.2.15-2+b8\nDescription: GNU Bourne Again SHell\n Version: not this one\n\n\
        Package: removed\nStatus: deinstall ok config-files\nVersion: 1.0\n\n\
        Package: held\nStatus: hold ok installed\nVersion: 2:3~rc1-1\n";

    #[test]
    fn what_is_installed_is_listed_and_what_is_left_over_is_not() {
        let expected = [entry("dpkg", "bash", "5.2.15-2+b8"), entry("dpkg", "held", "2:3~rc1-1")];
        assert_eq!(installed(STATUS.as_bytes()), expected);
    }

    #[test]
    fn a_line_that_is_no_text_hurts_nobody_else() {
        let mut bytes = b"Maintainer: \xff\xfe\n".to_vec();
        bytes.extend_from_slice(STATUS.as_bytes());
        assert_eq!(installed(bytes.as_slice()).len(), 2);
    }
}
