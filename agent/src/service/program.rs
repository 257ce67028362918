//! The program that a service starts, looked at before the service is installed: whoever can replace it runs as the
//! service from the next start on.

use std::path::Path;

use super::ServiceError;

/// Whether a service may start this.
pub(super) fn check(program: &Path) -> Result<(), ServiceError> {
    if !program.is_absolute() || !program.is_file() {
        return Err(ServiceError::Program(format!(
            "{} is not an absolute path of a file",
            program.display()
        )));
    }
    imp::check(program)
}

#[cfg(unix)]
mod imp {
    use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

    use super::ServiceError;

    /// The program and every folder above it belong to root, nobody else may write there, and everybody may enter.
    pub(super) fn check(program: &Path) -> Result<(), ServiceError> {
        for part in program.ancestors() {
            let metadata = fs::metadata(part).map_err(|cause| ServiceError::File {
                verb: "look at",
                path: part.to_owned(),
                cause,
            })?;
            if let Some(fault) = fault(metadata.uid(), metadata.gid(), metadata.mode()) {
                let (part, program) = (part.display(), program.display());
                return Err(ServiceError::Program(format!(
                    "a service must not start {program}: {part} {fault}; \
                     try: install -m 755 {program} /usr/local/bin/ && /usr/local/bin/dogwatch-agent service install"
                )));
            }
        }
        Ok(())
    }

    /// What is wrong with a part of the path, if anything. Root's own groups may write: Debian's staff may not.
    pub(super) fn fault(owner: u32, group: u32, mode: u32) -> Option<&'static str> {
        if owner != 0 {
            Some("does not belong to root")
        } else if mode & 0o002 != 0 || (mode & 0o020 != 0 && group != 0) {
            Some("can be written by others than root")
        } else if mode & 0o005 != 0o005 {
            Some("cannot be entered or read by the service's user")
        } else {
            None
        }
    }
}

#[cfg(windows)]
mod imp {
    use std::path::Path;

    use super::ServiceError;

    /// Program Files is writable by administrators only; elsewhere nothing is promised, so it is asked for.
    pub(super) fn check(program: &Path) -> Result<(), ServiceError> {
        let homes = ["ProgramFiles", "ProgramW6432", "ProgramFiles(x86)", "SystemRoot"];
        let inside = homes.iter().filter_map(std::env::var_os).any(|home| program.starts_with(home));
        if inside {
            return Ok(());
        }
        Err(ServiceError::Program(format!(
            "a service must not start {}: put the program below %ProgramFiles%\\Dogwatch first, where only administrators may write",
            program.display()
        )))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_others_could_replace_is_refused() {
        for (owner, group, mode, fine) in [
            (0, 0, 0o100_755, true),
            (0, 0, 0o100_775, true),
            (0, 50, 0o042_775, false),
            (0, 0, 0o041_777, false),
            (0, 0, 0o040_700, false),
            (1000, 1000, 0o100_755, false),
        ] {
            assert_eq!(imp::fault(owner, group, mode).is_none(), fine, "{owner}:{group} {mode:o}");
        }
    }

    #[test]
    fn a_program_has_to_be_named_in_full() {
        let error = check(Path::new("dogwatch-agent")).unwrap_err().to_string();
        assert!(error.contains("not an absolute path"), "{error}");
    }
}
