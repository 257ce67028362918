//! The system's own folders and nothing of the user's; a tool that hangs is ended with what it has started.
//!
//! Windows has no locale by environment: what the tools print is in the language of the system, or asked for by flags.

use std::{env, ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

/// What the tools need to find themselves: without `SystemRoot` not even a socket opens.
const NEEDED: [&str; 9] = [
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "PUBLIC",
    "TEMP",
];
/// A service's console window would be on a desktop that nobody sees; at a prompt it would flash.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
const KILL: Duration = Duration::from_secs(10);

fn system_root() -> PathBuf {
    env::var_os("SystemRoot").map_or_else(|| PathBuf::from(r"C:\Windows"), PathBuf::from)
}

/// The system's folders: no tool is taken from where users may write.
fn path() -> OsString {
    let system = system_root().join("System32");
    let folders =
        [system.clone(), system_root(), system.join("Wbem"), system.join(r"WindowsPowerShell\v1.0")];
    env::join_paths(folders).unwrap_or_else(|_| system.into_os_string())
}

/// Output is what the parsers know, whatever whoever started the agent has set.
pub(super) fn plain(command: &mut Command) {
    let kept = NEEDED.iter().filter_map(|name| env::var_os(name).map(|value| (name, value)));
    let kept: Vec<(&&str, OsString)> = kept.collect();
    command.env_clear().env("PATH", path()).envs(kept).creation_flags(CREATE_NO_WINDOW);
}

/// Ends the tool and what it has started.
pub(super) async fn kill(leader: Option<u32>) {
    let Some(id) = leader else { return };
    let mut command = Command::new(system_root().join(r"System32\taskkill.exe"));
    command.args(["/T", "/F", "/PID", &id.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).creation_flags(CREATE_NO_WINDOW);
    // The tool itself is killed when its handle is dropped, whatever comes of this.
    let _ = timeout(KILL, command.status()).await;
}
