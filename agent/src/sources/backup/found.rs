//! What backs a machine up and can be found without being told: each is asked by its own tool or files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::tz::TimeZone;
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    filesystem, pgbackrest, rsnapshot, sighting::Sighting, time_machine, veeam, windows_server_backup,
};
use crate::sources::process::{self, Output};

/// A tool that lists what is on this machine.
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
        /// Windows Server Backup.
        WindowsServerBackup = "wsb",
        /// Time Machine.
        TimeMachine = "time-machine",
    }
}

impl Found {
    /// Whether it is on this machine. Looks at a few local paths.
    pub(super) fn is_here(self, root: &Path) -> bool {
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
            Self::WindowsServerBackup => Path::new(r"C:\Windows\System32\wbadmin.exe").exists(),
            Self::TimeMachine => cfg!(target_os = "macos") && tool("tmutil"),
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
            Self::Zfs => {
                let output = ask("zfs", filesystem::ZFS).await?;
                Ok(filesystem::parse_zfs(&good(output)?.stdout, name))
            }
            Self::Btrfs => btrfs(&root, name).await,
            Self::Rsnapshot => {
                let look = spawn_blocking(move || rsnapshot::look(&root, &TimeZone::system(), name));
                let seen = timeout(FILES_LIMIT, look).await;
                let seen = seen.map_err(|_| "its files do not answer".to_owned())?;
                seen.map_err(|error| error.to_string())?.map(|seen| seen.into_iter().collect())
            }
            Self::PgBackRest => {
                let output = good(ask("pgbackrest", pgbackrest::ARGUMENTS).await?)?;
                pgbackrest::parse(&output.stdout, name)
                    .map_err(|error| format!("what pgbackrest said is not understood: {error}"))
            }
            Self::Veeam => {
                let output = good(ask("veeamconfig", veeam::ARGUMENTS).await?)?;
                Ok(veeam::parse(&output.stdout, &TimeZone::system(), name))
            }
            Self::WindowsServerBackup => {
                // It ends with an error when there is no backup.
                let output = ask("wbadmin", windows_server_backup::ARGUMENTS).await?;
                Ok(windows_server_backup::parse(&output.stdout, name).into_iter().collect())
            }
            Self::TimeMachine => {
                let Output { stdout, stderr, .. } = ask("tmutil", time_machine::ARGUMENTS).await?;
                Ok(time_machine::parse(&stdout, &stderr, &TimeZone::system(), name).into_iter().collect())
            }
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
