//! systemd: one `systemctl show` for all units, and the units' control groups as the cheap look in between.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Found, systemctl, unit_files};
use crate::sources::process;

/// How long the tool may take; the service manager can be busy.
const LIMIT: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Manager {
    root: PathBuf,
}

impl Manager {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Whether each has processes, from its control group: a change means that a question is worth it.
    pub(super) fn glance(&self, names: &[&str]) -> Vec<Option<bool>> {
        let slice = self.root.join("sys/fs/cgroup/system.slice");
        let populated = |name: &&str| {
            let group = slice.join(unit_files::full_name(name));
            let events = fs::read_to_string(group.join("cgroup.events")).ok()?;
            Some(events.lines().any(|line| line == "populated 1"))
        };
        names.iter().map(populated).collect()
    }

    pub(super) async fn ask(&self, names: &[&str]) -> Result<Vec<Found>, String> {
        if !self.root.join("run/systemd/system").exists() {
            return Ok(names.iter().map(|name| unit_files::look(&self.root, name)).collect());
        }
        // Names are plain by their form; behind `--` not even one that began with a dash would be an option.
        let mut arguments = vec!["show", "--no-pager", systemctl::PROPERTIES, "--"];
        arguments.extend(names);
        let output = process::run("systemctl", &arguments, LIMIT).await.map_err(|error| error.to_string())?;
        if !output.success {
            return Err("systemctl failed".to_owned());
        }
        systemctl::parse(&output.stdout, names.len())
            .ok_or_else(|| "systemctl's answer is not about the units that were asked for".to_owned())
    }
}
