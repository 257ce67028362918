//! What backs a machine up and can be found without being told: each is asked by its own tool or files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::tz::TimeZone;
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    filesystem, pgbackrest, rsnapshot, sighting::Sighting, time_machine, veeam, veeam_events,
    windows_server_backup,
};
use crate::sources::process::{self, Output};

/// A tool that lists what is on this machine; one that hangs is ended with what it has started.
const LIMIT: Duration = Duration::from_secs(60);
/// Files that may lie on a disk that does not answer.
const FILES_LIMIT: Duration = Duration::from_secs(20);

dogwatch_model::text_enum! {
    /// A product that is looked for.
    pub(super) enum Found {
        /// ZFS snapshots.
        Zfs = "zfs",
        /// btrfs snapshots, snapper's among them.
        Btrfs = "btrfs",
        /// rsnapshot.
        Rsnapshot = "rsnapshot",
        /// pgBackRest.
        PgBackRest = "pgbackrest",
        /// Veeam Agent for Linux.
        Veeam = "veeam",
        /// Veeam Agent for Windows.
        VeeamWindows = "veeam-windows",
        /// Windows Server Backup.
        WindowsServerBackup = "wsb",
        /// Time Machine.
        TimeMachine = "time-machine",
    }
}

/// The system that this agent was built for.
const HERE: System = if cfg!(windows) {
    System::Windows
} else if cfg!(target_os = "macos") {
    System::Macos
} else {
    System::Linux
};

/// A system, as far as it has products of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    Macos,
    Windows,
}

impl Found {
    /// What may be on a machine of this system.
    const fn of(system: System) -> &'static [Self] {
        match system {
            System::Linux => &[Self::Zfs, Self::Btrfs, Self::Rsnapshot, Self::PgBackRest, Self::Veeam],
            System::Macos => &[Self::Zfs, Self::Rsnapshot, Self::PgBackRest, Self::TimeMachine],
            System::Windows => &[Self::VeeamWindows, Self::WindowsServerBackup],
        }
    }

    /// The fixed question to its tool; `None` for what is read from files or asked for each mount.
    const fn command(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Zfs => Some(("zfs", filesystem::ZFS)),
            Self::PgBackRest => Some(("pgbackrest", pgbackrest::ARGUMENTS)),
            Self::Veeam => Some(("veeamconfig", veeam::ARGUMENTS)),
            Self::VeeamWindows => Some(("wevtutil", veeam_events::ARGUMENTS)),
            Self::WindowsServerBackup => Some(("wbadmin", windows_server_backup::ARGUMENTS)),
            Self::TimeMachine => Some(("tmutil", time_machine::ARGUMENTS)),
            Self::Btrfs | Self::Rsnapshot => None,
        }
    }

    /// Those that are on this machine. Looks at a few local paths.
    pub(super) fn here(root: &Path) -> impl Iterator<Item = Self> {
        Self::of(HERE).iter().copied().filter(|found| found.is_there(root))
    }

    fn is_there(self, root: &Path) -> bool {
        let file = |path: &str| root.join(path).exists();
        let tool = |name: &str| Path::new(&process::installed(name)).is_absolute();
        match self {
            Self::Zfs => file("dev/zfs") && tool("zfs"),
            Self::Btrfs => file("sys/fs/btrfs/features") && tool("btrfs"),
            Self::Rsnapshot => file(rsnapshot::FILE),
            Self::PgBackRest => {
                tool("pgbackrest") && (file("etc/pgbackrest.conf") || file("etc/pgbackrest/pgbackrest.conf"))
            }
            Self::Veeam => tool("veeamconfig"),
            Self::VeeamWindows => Path::new(veeam_events::LOG).exists(),
            Self::WindowsServerBackup => Path::new(r"C:\Windows\System32\wbadmin.exe").exists(),
            Self::TimeMachine => tool("tmutil"),
        }
    }

    /// Whether a look costs no more than reading a few files.
    pub(super) fn is_cheap(self) -> bool {
        self == Self::Rsnapshot
    }

    /// Looks, and tells what there is.
    pub(super) async fn look(self, root: PathBuf) -> Result<Vec<Sighting>, String> {
        let name = self.as_str();
        match self {
            Self::Btrfs => btrfs(&root, name).await,
            Self::Rsnapshot => {
                let look = spawn_blocking(move || rsnapshot::look(&root, &TimeZone::system(), name));
                let seen = timeout(FILES_LIMIT, look).await;
                let seen = seen.map_err(|_| "its files do not answer".to_owned())?;
                seen.map_err(|error| error.to_string())?.map(|seen| seen.into_iter().collect())
            }
            _ => self.understand(self.asked().await?),
        }
    }

    /// What the answer of its tool says. An agent has the parsers of its own system only: `HERE` is known when it is
    /// built.
    fn understand(self, output: Output) -> Result<Vec<Sighting>, String> {
        let (name, zone) = (self.as_str(), TimeZone::system);
        match self {
            Self::Zfs => Ok(filesystem::parse_zfs(&good(output)?.stdout, name)),
            Self::PgBackRest => pgbackrest::parse(&good(output)?.stdout, name)
                .map_err(|error| format!("what pgbackrest said is not understood: {error}")),
            Self::Veeam if HERE == System::Linux => Ok(veeam::parse(&good(output)?.stdout, &zone(), name)),
            Self::VeeamWindows if HERE == System::Windows => {
                Ok(veeam_events::parse(&good(output)?.stdout, name))
            }
            // It ends with an error when there is no backup.
            Self::WindowsServerBackup if HERE == System::Windows => {
                Ok(windows_server_backup::parse(&output.stdout, name).into_iter().collect())
            }
            Self::TimeMachine if HERE == System::Macos => {
                let seen = time_machine::parse(&output.stdout, &output.stderr, &zone(), name);
                Ok(seen.into_iter().collect())
            }
            _ => Err(format!("{name} is no product of this system")),
        }
    }

    /// What its tool says to the fixed question.
    async fn asked(self) -> Result<Output, String> {
        match self.command() {
            Some((tool, arguments)) => ask(tool, arguments).await,
            None => Err(format!("{} has no one question", self.as_str())),
        }
    }
}

async fn btrfs(root: &Path, found_by: &str) -> Result<Vec<Sighting>, String> {
    let mounts = fs::read_to_string(root.join("proc/self/mounts")).unwrap_or_default();
    let mut seen = Vec::new();
    for mount in filesystem::btrfs_mounts(&mounts) {
        let output = good(ask("btrfs", &["subvolume", "list", "-s", &mount]).await?)?;
        seen.extend(filesystem::parse_btrfs(&output.stdout, &mount, found_by));
    }
    Ok(seen)
}

async fn ask(program: &str, arguments: &[&str]) -> Result<Output, String> {
    // btrfs tells local time without saying so.
    let environment = [("TZ".to_owned(), "UTC".into())];
    let environment = if program == "btrfs" { &environment[..] } else { &[] };
    process::run_with(&process::installed(program), arguments, environment, LIMIT)
        .await
        .map_err(|error| error.to_string())
}

fn good(output: Output) -> Result<Output, String> {
    if output.success {
        return Ok(output);
    }
    let said =
        output.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed without a word");
    Err(said.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an administrator may expect to find in the list of processes, whole: nothing is ever added to it.
    #[test]
    fn each_system_asks_its_own_products_by_fixed_questions() {
        let asked = |system: System| -> Vec<String> {
            let questions = Found::of(system).iter().filter_map(|found| found.command());
            questions.map(|(tool, arguments)| format!("{tool} {}", arguments.join(" "))).collect()
        };
        let veeam =
            "wevtutil qe Veeam Agent /q:*[System[(EventID=190)]] /c:100 /f:RenderedXml /rd:true /uni:true";
        assert_eq!(asked(System::Windows), [veeam, "wbadmin get versions"]);
        let zfs = "zfs list -H -p -t snapshot -o name,creation,used,referenced";
        let pgbackrest = "pgbackrest info --output=json --log-level-file=off";
        assert_eq!(asked(System::Macos), [zfs, pgbackrest, "tmutil listbackups"]);
        assert_eq!(asked(System::Linux), [zfs, pgbackrest, "veeamconfig session list"]);
    }

    #[test]
    fn every_product_is_looked_for_on_some_system() {
        let systems = [System::Linux, System::Macos, System::Windows];
        for found in Found::ALL {
            assert!(systems.iter().any(|system| Found::of(*system).contains(found)), "{}", found.as_str());
        }
    }

    /// A tool that is not there is what a look says it is, whatever the system: the question does reach the tool.
    #[tokio::test]
    async fn a_product_whose_tool_is_missing_is_a_failed_look_and_names_the_tool() {
        for (found, tool) in [(Found::WindowsServerBackup, "wbadmin"), (Found::TimeMachine, "tmutil")] {
            if !Found::of(HERE).contains(&found) {
                let said = found.look("/".into()).await.unwrap_err();
                assert!(said.starts_with(&format!("cannot run {tool}:")), "{said}");
            }
        }
    }
}
