//! The unit: the one that packages ship, with the program's own place.

use std::path::Path;

use crate::service::ServiceError;

const SHIPPED: &str = include_str!("../../../../packaging/systemd/dogwatch-agent.service");
/// Where packages put the program.
const SHIPPED_PROGRAM: &str = "ExecStart=/usr/bin/dogwatch-agent ";
/// The drop-in for [`crate::service::Sight::Full`].
pub(super) const FULL_SIGHT: &str =
    include_str!("../../../../packaging/systemd/dogwatch-agent-full-sight.conf");

/// The unit's text for a program.
///
/// # Errors
/// When the path holds what systemd would read as something else.
pub(super) fn text(program: &Path) -> Result<String, ServiceError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
    match program.to_str().filter(|path| path.starts_with('/') && path.chars().all(plain)) {
        Some(path) => Ok(SHIPPED.replace(SHIPPED_PROGRAM, &format!("ExecStart={path} "))),
        None => Err(ServiceError::Program(format!(
            "{} is no path for a unit: letters, digits and / . _ - + only",
            program.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_program_differs_from_the_shipped_unit() {
        let text = text(Path::new("/opt/dogwatch/dogwatch-agent")).unwrap();
        let differing: Vec<&str> =
            text.lines().zip(SHIPPED.lines()).filter(|(a, b)| a != b).map(|(a, _)| a).collect();
        assert_eq!(differing, ["ExecStart=/opt/dogwatch/dogwatch-agent run --state-dir %S/dogwatch-agent"]);
    }

    #[test]
    fn a_path_that_systemd_would_read_otherwise_is_refused() {
        for path in
            ["/opt/dog watch/agent", "/opt/%h/agent", "agent", "/opt/$HOME/agent", "/opt/a\nExecStartPre=/b"]
        {
            assert!(text(Path::new(path)).is_err(), "{path}");
        }
    }
}
