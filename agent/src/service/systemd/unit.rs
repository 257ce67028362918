//! The units: those that packages ship, with the program's own place.

use std::path::Path;

use crate::service::ServiceError;

/// A unit that belongs to the agent.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    /// What starts it, in systemd's words for being enabled.
    pub(super) wanted_by: &'static str,
    shipped: &'static str,
}

/// The agent.
pub(super) const AGENT: Unit = Unit {
    name: "dogwatch-agent.service",
    wanted_by: "multi-user.target",
    shipped: include_str!("../../../../packaging/systemd/dogwatch-agent.service"),
};
/// Its goodbye before the machine sleeps.
pub(super) const SLEEP: Unit = Unit {
    name: "dogwatch-agent-sleep.service",
    wanted_by: "sleep.target",
    shipped: include_str!("../../../../packaging/systemd/dogwatch-agent-sleep.service"),
};
/// Where packages put the program.
const SHIPPED_PROGRAM: &str = "/usr/bin/dogwatch-agent ";
/// The drop-in for [`crate::service::Sight::Full`].
pub(super) const FULL_SIGHT: &str =
    include_str!("../../../../packaging/systemd/dogwatch-agent-full-sight.conf");

impl Unit {
    /// The unit's text for a program.
    ///
    /// # Errors
    /// When the path holds what systemd would read as something else.
    pub(super) fn text(&self, program: &Path) -> Result<String, ServiceError> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
        match program.to_str().filter(|path| path.starts_with('/') && path.chars().all(plain)) {
            Some(path) => Ok(self.shipped.replace(SHIPPED_PROGRAM, &format!("{path} "))),
            None => Err(ServiceError::Program(format!(
                "{} is no path for a unit: letters, digits and / . _ - + only",
                program.display()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_program_differs_from_the_shipped_units() {
        let differing = |unit: &Unit| -> Vec<String> {
            let text = unit.text(Path::new("/opt/dogwatch-agent")).unwrap();
            let lines = text.lines().zip(unit.shipped.lines());
            lines.filter(|(a, b)| a != b).map(|(a, _)| a.to_owned()).collect()
        };
        assert_eq!(differing(&AGENT), ["ExecStart=/opt/dogwatch-agent run --state-dir %S/dogwatch-agent"]);
        let around_a_sleep = [
            "ExecStart=-/opt/dogwatch-agent service sleep --state-dir %S/dogwatch-agent",
            "ExecStop=-/opt/dogwatch-agent service wake --state-dir %S/dogwatch-agent",
        ];
        assert_eq!(differing(&SLEEP), around_a_sleep);
    }

    #[test]
    fn a_path_that_systemd_would_read_otherwise_is_refused() {
        for path in
            ["/opt/dog watch/agent", "/opt/%h/agent", "agent", "/opt/$HOME/agent", "/opt/a\nExecStartPre=/b"]
        {
            assert!(AGENT.text(Path::new(path)).is_err(), "{path}");
        }
    }
}
