//! Linux: the thin part that reads. The kernel's log without waiting; where it may not be read, counters that
//! everybody may read; mounts that were writable before; login records and kept logs at the start.

mod kept_panics;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use dogwatch_model::{Incident, IncidentKind};
use jiff::{SignedDuration, Timestamp};

use super::{
    super::health::{
        self,
        kept_file::{Buffer, KeptFile},
        mounts,
    },
    Panic, kernel_log, login_records,
};
use crate::clock::Now;

/// The longest record that the kernel hands out.
const RECORD_BYTES: usize = 8 * 1024;
/// Records of one look; the rest waits for the next one.
const RECORDS: usize = 4096;
/// The last boots are at the end of the file: about 170 records.
const LOGIN_RECORD_BYTES: u64 = 64 * 1024;

pub(super) struct Evidence {
    root: PathBuf,
    log: Result<KernelLog, String>,
    counters: Counters,
    mountinfo: KeptFile,
    buffer: Buffer,
    /// The text that `writable` was read from, and which device was writable at which mount.
    read: String,
    writable: BTreeMap<String, String>,
}

impl Evidence {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            log: KernelLog::open(root),
            counters: Counters::new(root),
            mountinfo: KeptFile::new(root.join("proc/self/mountinfo")),
            buffer: Buffer::default(),
            read: String::new(),
            writable: BTreeMap::new(),
        }
    }

    pub(super) fn boot(&self) -> Option<String> {
        let id = fs::read_to_string(self.root.join("proc/sys/kernel/random/boot_id")).ok()?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    pub(super) fn boot_at(&self) -> Option<Timestamp> {
        health::boot_at(&self.root)
    }

    pub(super) fn ended_orderly(&self) -> Option<bool> {
        let mut file = File::open(self.root.join("var/log/wtmp")).ok()?;
        let size = file.metadata().ok()?.len();
        // Whole records from the end.
        let start = size.saturating_sub(LOGIN_RECORD_BYTES).next_multiple_of(login_records::RECORD as u64);
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut records = Vec::new();
        file.take(LOGIN_RECORD_BYTES).read_to_end(&mut records).ok()?;
        login_records::ended_orderly(&records, self.boot_at()?)
    }

    pub(super) fn panic(&self, after: Option<Timestamp>) -> Option<Panic> {
        kept_panics::newest(&self.root, after)
    }

    pub(super) fn since_last_look(&mut self, after: Option<u64>, now: Now) -> Vec<Incident> {
        let mut seen = match &mut self.log {
            Ok(log) => log.news(after, now),
            Err(_) => self.counters.news(now),
        };
        seen.extend(self.remounts(now));
        seen
    }

    pub(super) fn log_sequence(&self) -> Option<u64> {
        self.log.as_ref().ok().and_then(|log| log.sequence)
    }

    pub(super) fn ails(&self) -> Option<String> {
        self.log.as_ref().err().cloned()
    }

    /// Volumes that were writable at the last look and are not now. A person may have done it; the rules cannot know,
    /// and neither can this.
    fn remounts(&mut self, now: Now) -> Vec<Incident> {
        let Some(text) = self.mountinfo.read(&mut self.buffer) else { return Vec::new() };
        if text == self.read {
            return Vec::new();
        }
        let volumes = mounts::volumes(&text, &[]);
        self.read = text.into_owned();
        let turned = volumes.iter().filter(|volume| {
            volume.read_only
                && self.writable.get(&volume.mount).is_some_and(|device| *device == volume.device)
        });
        let incidents = turned
            .map(|volume| Incident {
                at: now.wall,
                kind: IncidentKind::ReadOnlyRemount,
                subject: Some(volume.mount.clone()),
                detail: format!("{} ({}) turned read-only at {}", volume.device, volume.fs, volume.mount),
            })
            .collect();
        let writable = volumes.into_iter().filter(|volume| !volume.read_only);
        self.writable.clear();
        self.writable.extend(writable.map(|volume| (volume.mount, volume.device)));
        incidents
    }
}

/// `/dev/kmsg`, read from the oldest record that the kernel still has.
struct KernelLog {
    file: File,
    buffer: Vec<u8>,
    sequence: Option<u64>,
}

impl KernelLog {
    fn open(root: &Path) -> Result<Self, String> {
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(root.join("dev/kmsg"));
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => {
                "permission: the kernel's log (/dev/kmsg) may not be read; memory and ext4 are watched by counters"
                    .to_owned()
            }
            _ => format!("the kernel's log (/dev/kmsg) cannot be read: {error}"),
        })?;
        Ok(Self { file, buffer: vec![0; RECORD_BYTES], sequence: None })
    }

    /// What was written since the last look, past the record `after`.
    fn news(&mut self, after: Option<u64>, now: Now) -> Vec<Incident> {
        let running = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let booted =
            now.wall.saturating_sub(SignedDuration::new(running.tv_sec, 0)).unwrap_or(Timestamp::MIN);
        let mut seen = Vec::new();
        for _ in 0..RECORDS {
            let read = match self.file.read(&mut self.buffer) {
                // An ordinary file, in tests, has an end.
                Ok(0) => break,
                Ok(read) => read,
                // Records were lost: the next read goes on with the oldest that is left.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => continue,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // There is nothing new.
                Err(_) => break,
            };
            let text = String::from_utf8_lossy(&self.buffer[..read]);
            let Some(record) = kernel_log::record(&text) else { continue };
            self.sequence = Some(record.sequence);
            if after.is_some_and(|after| record.sequence <= after) {
                continue;
            }
            if let Some(sign) = record.sign() {
                let at = booted.saturating_add(record.since_boot).unwrap_or(now.wall).min(now.wall);
                seen.push(Incident { at, kind: sign.kind, subject: sign.subject, detail: sign.detail });
            }
        }
        seen
    }
}

/// What can be seen without the kernel's log.
struct Counters {
    vmstat: KeptFile,
    buffer: Buffer,
    ext4: PathBuf,
    ended: Option<u64>,
    errors: BTreeMap<String, u64>,
}

impl Counters {
    fn new(root: &Path) -> Self {
        Self {
            vmstat: KeptFile::new(root.join("proc/vmstat")),
            buffer: Buffer::default(),
            ext4: root.join("sys/fs/ext4"),
            ended: None,
            errors: BTreeMap::new(),
        }
    }

    fn news(&mut self, now: Now) -> Vec<Incident> {
        let mut seen = Vec::new();
        let vmstat = self.vmstat.read(&mut self.buffer);
        let ended = vmstat.and_then(|text| {
            text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse::<u64>().ok()
        });
        if let (Some(before), Some(after)) = (self.ended, ended)
            && after > before
        {
            let detail = format!("the kernel ended {} for lack of memory", processes(after - before));
            seen.push(Incident { at: now.wall, kind: IncidentKind::OomKill, subject: None, detail });
        }
        self.ended = ended;
        let devices = fs::read_dir(&self.ext4).into_iter().flatten().flatten();
        for device in devices {
            let Ok(text) = fs::read_to_string(device.path().join("errors_count")) else { continue };
            let Ok(errors) = text.trim().parse::<u64>() else { continue };
            let name = device.file_name().to_string_lossy().into_owned();
            let before = self.errors.insert(name.clone(), errors);
            if let Some(more) = before.and_then(|before| errors.checked_sub(before)).filter(|more| *more > 0)
            {
                let detail = format!("ext4 found {more} errors on {name}");
                seen.push(Incident {
                    at: now.wall,
                    kind: IncidentKind::DiskError,
                    subject: Some(name),
                    detail,
                });
            }
        }
        seen
    }
}

fn processes(count: u64) -> String {
    if count == 1 { "a process".into() } else { format!("{count} processes") }
}
