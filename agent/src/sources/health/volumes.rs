//! How full is a volume? A `statvfs` each.
//!
//! A local file system answers from memory, so it is asked in place: handing it to a thread costs more than the answer.
//! What may hang (a share, a program's file system, a pool, and what is mounted below one) is asked in a thread of the
//! runtime's pool and with a time limit. A volume whose last call has not come back is left alone, so it costs one
//! thread and no more, and never the others' news.
//!
//! No folder is kept open between samples: that would make `umount` fail with "target is busy".

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::{Disk, health::share_percent};
use dogwatch_proto::conversions::limits;
use rustix::fs::{StatVfs, statvfs};
use tokio::{task::JoinHandle, time::timeout};

use super::{
    kept_file::{Buffer, KeptFile},
    mounts::{self, Mount},
};

/// A healthy volume answers within microseconds, a spun-down disk within seconds: it is asked again next time.
const ANSWER: Duration = Duration::from_millis(500);

type Stat = fn(&Path) -> Option<StatVfs>;

/// Asks volumes.
pub(super) struct Volumes {
    root: PathBuf,
    named: Vec<String>,
    mountinfo: KeptFile,
    /// The text that `mounts` was read from: it seldom changes.
    read: String,
    mounts: Vec<Mount>,
    hanging: BTreeMap<PathBuf, JoinHandle<Option<StatVfs>>>,
    stat: Stat,
}

impl Volumes {
    /// Those of the machine below `root`, with the network mounts among `named`.
    pub(super) fn new(root: &Path, named: Vec<String>) -> Self {
        Self {
            root: root.to_owned(),
            named,
            mountinfo: KeptFile::new(root.join("proc/self/mountinfo")),
            read: String::new(),
            mounts: Vec::new(),
            hanging: BTreeMap::new(),
            stat: |path| statvfs(path).ok(),
        }
    }

    /// Others are named now.
    pub(super) fn name(&mut self, named: &[String]) {
        if self.named != named {
            self.named = named.to_vec();
            // Judged anew, though the mounts are the same.
            self.read.clear();
        }
    }

    /// The volumes as they are, sorted by mount, without those that do not answer.
    pub(super) async fn look(&mut self, buffer: &mut Buffer) -> Vec<Disk> {
        if let Some(text) = self.mountinfo.read(buffer)
            && text != self.read
        {
            self.mounts = mounts::volumes(&text, &self.named);
            self.mounts.truncate(limits::DISKS);
            self.read = text.into_owned();
        }
        let mut disks = Vec::with_capacity(self.mounts.len());
        for at in 0..self.mounts.len() {
            let path = self.root.join(self.mounts[at].mount.trim_start_matches('/'));
            let answer = if self.mounts[at].may_hang { self.ask(path).await } else { (self.stat)(&path) };
            disks.extend(answer.and_then(|stat| disk(&self.mounts[at], &stat)));
        }
        disks
    }

    /// Those whose last call has not come back.
    pub(super) fn hanging(&self) -> impl Iterator<Item = &Path> {
        self.hanging.keys().map(PathBuf::as_path)
    }

    async fn ask(&mut self, path: PathBuf) -> Option<StatVfs> {
        if self.hanging.get(&path).is_some_and(|call| !call.is_finished()) {
            return None;
        }
        self.hanging.remove(&path);
        let (asked, stat) = (path.clone(), self.stat);
        let mut call = tokio::task::spawn_blocking(move || stat(&asked));
        match timeout(ANSWER, &mut call).await {
            Ok(answer) => answer.ok()?,
            Err(_) => {
                tracing::warn!(volume = %path.display(), "volume does not answer");
                self.hanging.insert(path, call);
                None
            }
        }
    }
}

fn disk(mount: &Mount, stat: &StatVfs) -> Option<Disk> {
    let total_bytes = stat.f_blocks.saturating_mul(stat.f_frsize);
    (total_bytes > 0).then(|| Disk {
        mount: limits::clip(&mount.mount, limits::TEXT_BYTES),
        device: limits::clip(&mount.device, limits::TEXT_BYTES),
        fs: mount.fs.clone(),
        total_bytes,
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize).min(total_bytes),
        inodes_free_percent: share_percent(stat.f_ffree.min(stat.f_files), stat.f_files),
        read_only: mount.read_only,
        full_in_seconds: None,
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{Condvar, Mutex},
    };

    use super::*;

    /// Whether the server of the mount that hangs is dead, and the word to those who wait for it.
    static DEAD_SERVER: (Mutex<bool>, Condvar) = (Mutex::new(true), Condvar::new());

    fn waiting_for_the_dead(path: &Path) -> Option<StatVfs> {
        let (dead, revived) = &DEAD_SERVER;
        if path.ends_with("dead") {
            drop(revived.wait_while(dead.lock().unwrap(), |dead| *dead));
        }
        statvfs("/").ok()
    }

    #[tokio::test]
    async fn a_mount_that_hangs_holds_up_no_other_and_costs_one_call() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let mountinfo = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /dead rw - fuse.dead dead rw\n";
        fs::write(root.path().join("proc/self/mountinfo"), mountinfo).unwrap();
        let mut volumes = Volumes::new(root.path(), vec!["/dead".into()]);
        volumes.stat = waiting_for_the_dead;
        let mut buffer = Buffer::default();
        for _ in 0..3 {
            let mounts: Vec<String> =
                volumes.look(&mut buffer).await.into_iter().map(|disk| disk.mount).collect();
            assert_eq!(mounts, ["/"]);
            assert_eq!(volumes.hanging().count(), 1);
        }
        *DEAD_SERVER.0.lock().unwrap() = false;
        DEAD_SERVER.1.notify_all();
        while volumes.hanging.values().any(|call| !call.is_finished()) {
            tokio::task::yield_now().await;
        }
        assert_eq!(volumes.look(&mut buffer).await.len(), 2, "it answers again");
        assert_eq!(volumes.hanging().count(), 0);
    }

    #[tokio::test]
    async fn a_share_that_is_named_while_the_agent_runs_is_a_volume_at_the_next_look() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let mountinfo = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /mnt/x rw - nfs4 nas:/x rw\n";
        fs::write(root.path().join("proc/self/mountinfo"), mountinfo).unwrap();
        let mut volumes = Volumes::new(root.path(), Vec::new());
        volumes.stat = |_| statvfs("/").ok();
        let mut buffer = Buffer::default();
        for (named, expected) in [(vec![], vec!["/"]), (vec!["/mnt/x".to_owned()], vec!["/", "/mnt/x"])] {
            volumes.name(&named);
            let disks = volumes.look(&mut buffer).await;
            assert_eq!(disks.iter().map(|disk| disk.mount.as_str()).collect::<Vec<_>>(), expected);
        }
    }
}
