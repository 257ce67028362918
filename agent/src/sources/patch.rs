//! Patch status: which updates are missing, since when, and whether a reboot is waiting.
//!
//! A machine may have several sources (apt and snap, dnf and flatpak); each is a room of its own below this one, and
//! what they say is merged into one status in which each has its own entry. Looked at by interval, when a package
//! database or an index changes, and when asked. No index is ever refreshed here: how old it is is reported, and
//! whether that is too old is for the rules.

pub mod apk;
pub mod apt;
mod board;
pub mod brew;
pub mod dnf;
pub mod doctor;
mod fingerprint;
mod first_seen;
pub mod flatpak;
mod ground;
mod package_manager;
pub mod pacman;
mod reboot;
pub mod rpm;
mod scan;
mod scanner;
pub mod snap;
#[cfg_attr(all(target_os = "linux", not(test)), expect(dead_code, reason = "Linux only tests it"))]
pub mod softwareupdate;
#[cfg(test)]
mod tests;
#[cfg_attr(all(target_os = "linux", not(test)), expect(dead_code, reason = "Linux only tests it"))]
pub mod winget;
#[cfg_attr(not(windows), expect(dead_code, reason = "other systems only test it"))]
mod wua;
pub mod xml;
pub mod zypper;

use std::{path::Path, sync::Arc, time::Duration};

use dogwatch_model::{PatchStatus, ScanResult};
use dogwatch_proto::{conversions::limits, v1};
use package_manager::Manager;
use prost::Message as _;
pub(super) use reboot::libraries::survives as libraries_survive;
pub use scanner::Scanner;
use tokio::{
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};

use super::{Desk, Look, file_watch::FileWatch, order};
use crate::report::Observation;

/// An installation writes many times: looked at when nothing has happened for this long.
const QUIET: Duration = Duration::from_secs(5);
/// But no later than this after the first write.
const UNREST: Duration = Duration::from_secs(60);
/// Room in a message for everything but the updates.
const FRAME: usize = 16 * 1024;

/// Looks by interval, on change and when asked.
pub async fn run(mut desk: Desk, mut scanner: Scanner, changed: Arc<Notify>) {
    let mut looked = Instant::now();
    scanner.start(Look::Due);
    loop {
        tokio::select! {
            look = desk.next_look_or(looked, |policy| policy.patch_scan, &changed) => {
                match look {
                    Look::Never => return,
                    Look::Changed => settled(&changed).await,
                    Look::Due | Look::Asked => {}
                }
                looked = Instant::now();
                scanner.start(look);
            }
            () = scanner.news() => tell(&desk, scanner.status().await).await,
        }
    }
}

async fn tell(desk: &Desk, status: PatchStatus) {
    for source in &status.sources {
        let name = format!("patch.{}", source.source);
        desk.tell_standing(&name, source.result, source.error.clone()).await;
    }
    desk.tell(Observation::Patch(status)).await;
}

/// Waits until it has been quiet for a while.
async fn settled(changed: &Notify) {
    let latest = Instant::now() + UNREST;
    let quiet = async { while timeout(QUIET, changed.notified()).await.is_ok() {} };
    // Still restless: looked at all the same, and again after the next write.
    let _ = timeout_at(latest, quiet).await;
}

/// Watches what changes when packages are installed or an index is refreshed.
pub fn watch(file_watch: &mut FileWatch, root: &Path, changed: &Arc<Notify>) {
    for manager in Manager::ALL.into_iter().filter(|manager| manager.is_here(root)) {
        for (folder, about) in manager.watched() {
            let folder = root.join(folder);
            if folder.is_dir() {
                file_watch.watch(&folder, *about, changed.clone());
            }
        }
    }
}

/// Keeps the list to what one message can hold: what mends security faults stays, the rest is counted.
fn bounded(mut status: PatchStatus) -> PatchStatus {
    let Some(updates) = &mut status.updates else { return status };
    order::by(updates, |a, b| (a.class, &a.id).cmp(&(b.class, &b.id)));
    let all = updates.len();
    let mut bytes = 0;
    let fits = updates.iter().take(limits::UPDATES).take_while(|update| {
        bytes += v1::Update::from(*update).encoded_len() + 4;
        bytes <= limits::MESSAGE_BYTES - FRAME
    });
    let kept = fits.count();
    if kept < all {
        updates.truncate(kept);
        status.result = ScanResult::Partial;
        let unlisted = format!("{} of {all} updates are not listed: a report holds no more", all - kept);
        status.error = Some(match &status.error {
            Some(error) => ground::clip(&format!("{unlisted}; {error}")),
            None => unlisted,
        });
    }
    status
}
