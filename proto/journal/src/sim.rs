//! A disk in memory that loses what real disks lose. For tests, here and in the crates that use a journal.
//!
//! The model, stricter than most disks: a file's bytes are durable only after `sync_data`, its name only after
//! `sync_dir`, and the two have nothing to do with each other. Between syncs every 512-byte sector of a file
//! may, at a power cut, hold what it held at the last sync or what any write since has made of it, the length
//! may be anything between the old one and the new one, and each change of a directory has happened or has
//! not, each independently. A sector is never half written. [`PowerCut::Clean`] loses all that was not synced.
//!
//! Faults: the power fails at the n-th operation ([`SimDisk::cut_power_after`]), syncs fail
//! ([`SimDisk::fail_syncs`]), space runs out ([`SimDisk::set_capacity`]), bits flip ([`SimDisk::flip_bit`]).
//! Everything is a function of the seeds; there is no clock and no thread.

mod chance;
mod contents;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::{chance::Chance, contents::Contents};
use crate::{Disk, DiskFile};

/// How the power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerCut {
    /// Exactly what was synced survives.
    Clean,
    /// What was synced survives, and an arbitrary part of the rest, chosen by this seed.
    Torn(u64),
}

/// The disk. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    files: BTreeMap<u64, Contents>,
    next_file: u64,
    /// Names as programs see them.
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    pending_names: Vec<NameChange>,
    dirs: BTreeSet<PathBuf>,
    operations: u64,
    power_off_at: Option<u64>,
    syncs_fail: bool,
    capacity: Option<u64>,
    /// Counts power cycles: handles of an earlier one are dead.
    cycle: u64,
}

#[derive(Debug, Clone)]
enum NameChange {
    Link(PathBuf, u64),
    Move(PathBuf, PathBuf, u64),
    Unlink(PathBuf),
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many operations programs have asked for.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Lets `count` more operations happen; then the power is off and every operation fails.
    pub fn cut_power_after(&self, count: u64) {
        let mut state = self.lock();
        state.power_off_at = Some(state.operations + count);
    }

    /// Cuts the power now, decides what survives, and switches on again without faults.
    pub fn power_cycle(&self, cut: PowerCut) {
        let mut state = self.lock();
        let mut chance = match cut {
            PowerCut::Clean => None,
            PowerCut::Torn(seed) => Some(Chance(seed)),
        };
        for contents in state.files.values_mut() {
            contents.lose(chance.as_mut());
        }
        let changes = std::mem::take(&mut state.pending_names);
        for change in changes {
            if chance.as_mut().is_some_and(Chance::coin) {
                change.apply(&mut state.durable_names);
            }
        }
        state.names = state.durable_names.clone();
        state.power_off_at = None;
        state.syncs_fail = false;
        state.cycle += 1;
    }

    /// Makes every sync fail with an I/O error, or succeed again.
    pub fn fail_syncs(&self, fail: bool) {
        self.lock().syncs_fail = fail;
    }

    /// Limits the bytes of all files together; `None` for no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// How many bytes all files hold together.
    pub fn used(&self) -> u64 {
        self.lock().used()
    }

    /// The files of a directory, in order.
    pub fn files(&self, dir: &Path) -> Vec<PathBuf> {
        self.lock().names.keys().filter(|path| path.parent() == Some(dir)).cloned().collect()
    }

    /// The length of a file, 0 when there is none.
    pub fn length(&self, path: &Path) -> u64 {
        let state = self.lock();
        state.names.get(path).and_then(|id| state.files.get(id)).map_or(0, |file| file.cached.len() as u64)
    }

    /// Turns one bit of a file, as a failing medium does. Past the end nothing happens.
    pub fn flip_bit(&self, path: &Path, bit: u64) {
        let mut state = self.lock();
        let Some(id) = state.names.get(path).copied() else { return };
        let Some(file) = state.files.get_mut(&id) else { return };
        let (byte, mask) = ((bit / 8) as usize, 1 << (bit % 8));
        for bytes in [&mut file.cached, &mut file.durable] {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= mask;
            }
        }
    }

    /// A disk of its own that holds the same.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { state: Arc::new(Mutex::new(self.lock().clone())) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one operation.
    fn operate(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        if state.power_off_at.is_some_and(|at| state.operations >= at) {
            return Err(io::Error::other("the power is off"));
        }
        state.operations += 1;
        Ok(state)
    }

    fn handle(&self, state: &State, id: u64) -> Box<dyn DiskFile> {
        Box::new(SimFile { disk: self.clone(), id, cycle: state.cycle })
    }
}

impl State {
    fn used(&self) -> u64 {
        self.names.values().filter_map(|id| self.files.get(id)).map(|file| file.cached.len() as u64).sum()
    }

    fn room(&self) -> u64 {
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(self.used()))
    }

    fn find(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.pending_names.push(change);
    }

    fn check_sync(&self) -> io::Result<()> {
        if self.syncs_fail { Err(io::Error::other("input/output error")) } else { Ok(()) }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Link(path, id) => {
                names.insert(path.clone(), *id);
            }
            Self::Move(from, to, id) => {
                if names.get(from) == Some(id) {
                    names.remove(from);
                }
                names.insert(to.clone(), *id);
            }
            Self::Unlink(path) => {
                names.remove(path);
            }
        }
    }

    fn dir(&self) -> Option<&Path> {
        match self {
            Self::Link(path, _) | Self::Move(_, path, _) | Self::Unlink(path) => path.parent(),
        }
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.operate()?.dirs.insert(dir.to_owned());
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.operate()?;
        if !state.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.operate()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let id = state.next_file;
        state.next_file += 1;
        state.files.insert(id, Contents::default());
        state.change(NameChange::Link(path.to_owned(), id));
        Ok(self.handle(&state, id))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let state = self.operate()?;
        let id = state.find(path)?;
        Ok(self.handle(&state, id))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        let id = state.find(from)?;
        state.change(NameChange::Move(from.to_owned(), to.to_owned(), id));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        state.find(path)?;
        state.change(NameChange::Unlink(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        state.check_sync()?;
        let changes = std::mem::take(&mut state.pending_names);
        let (done, kept): (Vec<_>, Vec<_>) = changes.into_iter().partition(|c| c.dir() == Some(dir));
        for change in done {
            change.apply(&mut state.durable_names);
        }
        state.pending_names = kept;
        Ok(())
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    id: u64,
    cycle: u64,
}

impl SimFile {
    fn with<T>(&self, act: impl FnOnce(&mut State, u64) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.operate()?;
        if state.cycle != self.cycle {
            return Err(io::Error::other("opened before the power was cut"));
        }
        act(&mut state, self.id)
    }

    fn contents<T>(&self, act: impl FnOnce(&mut Contents) -> T) -> io::Result<T> {
        self.with(|state, id| state.files.get_mut(&id).map(act).ok_or_else(|| io::ErrorKind::NotFound.into()))
    }
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        self.contents(|file| file.cached.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.contents(|file| {
            let start = (offset as usize).min(file.cached.len());
            let count = buffer.len().min(file.cached.len() - start);
            buffer[..count].copy_from_slice(&file.cached[start..start + count]);
            count
        })
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.with(|state, id| {
            let room = state.room();
            let file = state.files.get_mut(&id).ok_or(io::ErrorKind::NotFound)?;
            let offset = offset as usize;
            let growth = (offset + bytes.len()).saturating_sub(file.cached.len()) as u64;
            if growth <= room {
                file.write(bytes, offset);
                return Ok(());
            }
            // A full disk takes what fits.
            let fits = bytes.len() - (growth - room) as usize;
            file.write(&bytes[..fits], offset);
            Err(io::ErrorKind::StorageFull.into())
        })
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.contents(|file| file.set_len(bytes as usize))
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.with(|state, id| {
            state.check_sync()?;
            state.files.get_mut(&id).map(Contents::sync).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }
}
