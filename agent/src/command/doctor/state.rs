//! The state folder, the identity's files, and what the machine gives them to work with.

use std::{fs, path::Path, sync::Arc};

use dogwatch_model::counted;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{
    config::Config,
    finding::Finding,
    identity::{Identity, lifetime::Validity},
    link_status::{self, LinkState},
    sources::file_watch::FileWatch,
    trust,
};

/// Below this the agent cannot be sure to write what it has to.
const LEAST_FREE: u64 = 16 << 20;
/// Below this a longer outage of the collector will hurt.
const SCARCE: u64 = 256 << 20;
const DAY: i64 = 86_400;

/// Everything here, top down.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let folder = config.state.path();
    let mut findings = vec![folder_itself(folder)];
    findings.extend(
        ["key.pem", "chain.pem", "root.pem", "endpoint.json"]
            .iter()
            .filter_map(|file| private(&folder.join(file))),
    );
    findings.push(machine_id(&config.root));
    findings.push(running(config));
    findings.extend(spool(&folder.join("spool")));
    findings.extend(free_space(config));
    findings.push(watches(folder));
    findings
}

fn folder_itself(folder: &Path) -> Finding {
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            Finding::fail("state folder", format!("{shown} is not a folder"), "name another with --state-dir")
        }
        Ok(found) => match trust::writable_by_others(&found) {
            Some(what) => {
                Finding::fail("state folder", format!("{shown} {what}"), format!("chmod 700 {shown}"))
            }
            None => Finding::ok("state folder", shown.to_string()),
        },
        Err(error) => {
            let mend = "enrol first, run this as the agent's user, or name the folder with --state-dir";
            Finding::fail("state folder", format!("{shown}: {error}"), mend)
        }
    }
}

/// A fault of one file; one that is missing is told with the identity.
fn private(path: &Path) -> Option<Finding> {
    let found = fs::metadata(path).ok()?;
    let shown = path.display();
    if let Some(what) = trust::foreign_owner(&found) {
        return Some(Finding::fail(
            "identity",
            format!("{shown} {what}"),
            format!("chown it to the agent's user: {shown}"),
        ));
    }
    trust::is_open(&found).then(|| {
        let mend = format!("chmod 600 {shown}; if others were on this machine, enrol it anew");
        Finding::fail("identity", format!("{shown} is open to others than the agent's user"), mend)
    })
}

/// How long the certificate is good, and whether it should have been renewed.
pub(super) fn certificate(identity: &Identity, now: Timestamp) -> Finding {
    let Validity { not_before, not_after } = match identity.validity() {
        Ok(validity) => validity,
        Err(error) => return Finding::fail("certificate", error.to_string(), "enrol anew"),
    };
    let days = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs() / DAY;
    let life = not_after.duration_since(not_before);
    if now >= not_after {
        let mend =
            "mend this machine's clock if it is wrong; else remove endpoint.json and enrol with a new token";
        return Finding::fail(
            "certificate",
            format!("has expired {} ago", in_days(days(not_after, now))),
            mend,
        );
    }
    if now < not_before {
        let mend = "mend this machine's clock";
        return Finding::fail("certificate", format!("is not good before {not_before}"), mend);
    }
    let left = days(now, not_after);
    // Renewed around half of its life by an agent that is connected.
    if now.duration_since(not_before) > life * 3 / 4 {
        let mend = "the agent renews it as soon as it is connected; see below what keeps it";
        return Finding::warn("certificate", format!("{} left, and renewal is overdue", in_days(left)), mend);
    }
    Finding::ok("certificate", format!("good until {not_after}, {} left", in_days(left)))
}

fn in_days(days: i64) -> String {
    counted(days, "day", "days")
}

fn machine_id(root: &Path) -> Finding {
    if !cfg!(target_os = "linux") {
        return Finding::ok("machine id", "not used on this system");
    }
    let text = fs::read_to_string(root.join("etc/machine-id")).unwrap_or_default();
    match text.trim() {
        "" | "uninitialized" => {
            let mend = "systemd-machine-id-setup";
            Finding::warn(
                "machine id",
                "there is none: a copy of this machine could not be told from it",
                mend,
            )
        }
        _ => Finding::ok("machine id", "present"),
    }
}

fn running(config: &Config) -> Finding {
    let mend = "start it: systemctl start dogwatch-agent, or dogwatch-agent run";
    match link_status::read(&config.state) {
        Ok(Some(agent))
            if agent.link != LinkState::Stopped && crate::command::status::is_agent(agent.pid) =>
        {
            let reason = agent.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let text = format!("running (process {}), {}{reason}", agent.pid, agent.link);
            match agent.link {
                LinkState::Streaming => Finding::ok("agent", text),
                _ if reason.is_empty() => Finding::warn("agent", text, "see below what is in its way"),
                _ => Finding::fail("agent", text, "what it says last is what is in its way; see also below"),
            }
        }
        Ok(_) => Finding::warn("agent", "is not running", mend),
        Err(error) => Finding::fail("agent", error.to_string(), "run this as the agent's user"),
    }
}

fn spool(folder: &Path) -> Option<Finding> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let unreadable = entries.flatten().find(|entry| fs::File::open(entry.path()).is_err());
            Some(match unreadable {
                Some(entry) => Finding::fail(
                    "spool",
                    format!("{} cannot be read", entry.path().display()),
                    "run this as the agent's user; if it is, restore the file or remove it",
                ),
                None if holds_damage(folder) => Finding::warn(
                    "spool",
                    "a damaged file was set aside (*.damaged)",
                    "look at the disk's health; the collector has the event, and the file may be removed",
                ),
                None => Finding::ok("spool", "can be read"),
            })
        }
        // It is made when it is needed first.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Finding::fail(
            "spool",
            format!("{}: {error}", folder.display()),
            "run this as the agent's user",
        )),
    }
}

/// Whether a lane has set a damaged file aside.
fn holds_damage(folder: &Path) -> bool {
    let lanes = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = lanes.flat_map(|lane| fs::read_dir(lane.path()).into_iter().flatten().flatten());
    files.into_iter().any(|file| file.path().extension().is_some_and(|end| end == "damaged"))
}

fn free_space(config: &Config) -> Option<Finding> {
    let free = config.state.free_bytes()?;
    let text = format!("{} MiB free for the state folder", free >> 20);
    let mend = "make room on that volume; until then reports may be lost while the collector is away";
    Some(match free {
        0..LEAST_FREE => Finding::fail("disk", text, mend),
        LEAST_FREE..SCARCE => Finding::warn("disk", text, mend),
        _ => Finding::ok("disk", text),
    })
}

/// Really tries one: the limits are per user, and others may have used them up.
fn watches(folder: &Path) -> Finding {
    if !folder.exists() || FileWatch::start().watch(folder, |_| true, Arc::new(Notify::new())) {
        return Finding::ok("file watch", "folders can be watched");
    }
    let mend = "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches with sysctl";
    Finding::warn("file watch", "folders cannot be watched, only polled: changes are seen later", mend)
}
