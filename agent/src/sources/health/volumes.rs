//! How full is a volume? A `statvfs` each, away from the runtime's thread and with a time limit: a dead disk can hold
//! one for ever. A volume whose last call has not come back is left alone, so it costs one thread and no more.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::{Disk, health::share_percent};
use dogwatch_proto::conversions::limits;
use rustix::fs::{StatVfs, statvfs};
use tokio::{task::JoinHandle, time::timeout};

use super::mounts::Mount;

/// A healthy volume answers within microseconds, a spun-down disk within seconds: it is asked again next time.
const ANSWER: Duration = Duration::from_secs(2);

/// Asks volumes.
#[derive(Default)]
pub(super) struct Volumes {
    hanging: BTreeMap<PathBuf, JoinHandle<Option<StatVfs>>>,
}

impl Volumes {
    /// The volume as it is; `None` when it does not answer.
    pub(super) async fn ask(&mut self, root: &Path, mount: Mount) -> Option<Disk> {
        let path = root.join(mount.mount.trim_start_matches('/'));
        if self.hanging.get(&path).is_some_and(|call| !call.is_finished()) {
            return None;
        }
        self.hanging.remove(&path);
        let asked = path.clone();
        let mut call = tokio::task::spawn_blocking(move || statvfs(&asked).ok());
        match timeout(ANSWER, &mut call).await {
            Ok(answer) => disk(mount, &answer.ok()??),
            Err(_) => {
                tracing::warn!(volume = mount.mount, "volume does not answer");
                self.hanging.insert(path, call);
                None
            }
        }
    }
}

fn disk(mount: Mount, stat: &StatVfs) -> Option<Disk> {
    let total_bytes = stat.f_blocks.saturating_mul(stat.f_frsize);
    (total_bytes > 0).then(|| Disk {
        mount: limits::clip(&mount.mount, limits::TEXT_BYTES),
        device: limits::clip(&mount.device, limits::TEXT_BYTES),
        fs: mount.fs,
        total_bytes,
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize).min(total_bytes),
        inodes_free_percent: share_percent(stat.f_ffree.min(stat.f_files), stat.f_files),
        read_only: mount.read_only,
        full_in_seconds: None,
    })
}
