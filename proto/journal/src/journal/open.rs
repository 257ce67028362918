//! Opening: which segments are there, what the last one holds, and what must be mended first.
//!
//! Everything found is synced again before it is relied upon: after a kill, the page cache may show bytes and
//! names that no sync ever covered.

use std::{
    collections::{BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
};

use super::{Active, Journal, Opened, Options, Sealed};
use crate::{
    Cut, Damage, Disk, DiskFile, Error, Position,
    recover::{self, Gap, Survey},
    reserve,
    segment::{self, Identity},
};

pub(super) fn open(disk: Arc<dyn Disk>, dir: &Path, options: Options) -> Result<(Journal, Opened), Error> {
    disk.create_dir(dir).map_err(|e| Error::io("create", dir, e))?;
    let mut opened = Opened::default();
    let mut firsts = list(&*disk, dir)?;
    let last = firsts.pop();
    let sealed = firsts
        .into_iter()
        .map(|first| inspect_sealed(&*disk, dir, first, &mut opened.damaged))
        .collect::<Result<VecDeque<_>, _>>()?;
    let (active, next, sealed) = match last {
        None => {
            let file = segment::create(&*disk, dir, options.begin_at)?;
            (Active::new(options.begin_at, file, segment::HEADER_BYTES), options.begin_at, sealed)
        }
        Some(first) => resume(&*disk, dir, first, sealed, &mut opened)?,
    };
    disk.sync_dir(dir).map_err(|e| Error::io("sync", dir, e))?;
    let mut journal = Journal {
        disk,
        dir: dir.to_owned(),
        options,
        sealed,
        condemned: BTreeSet::new(),
        active,
        next,
        committed: next,
        poisoned: false,
    };
    opened.reserve_missing = take_reserve(&mut journal).err();
    Ok((journal, opened))
}

/// The first positions of the segments, in order; removes what an interrupted creation left.
fn list(disk: &dyn Disk, dir: &Path) -> Result<Vec<Position>, Error> {
    let names = disk.list(dir).map_err(|e| Error::io("list", dir, e))?;
    for name in names.iter().filter(|name| segment::is_unborn(name)) {
        let path = dir.join(name);
        disk.remove(&path).map_err(|e| Error::io("remove", path, e))?;
    }
    let mut firsts: Vec<Position> = names.iter().filter_map(|name| segment::parse_name(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

fn open_segment(
    disk: &dyn Disk,
    dir: &Path,
    first: Position,
    damaged: &mut Vec<Damage>,
) -> Result<(Box<dyn DiskFile>, u64), Error> {
    let path = segment::path(dir, first);
    let file = disk.open(&path).map_err(|e| Error::io("open", &path, e))?;
    let bytes = file.len().map_err(|e| Error::io("measure", &path, e))?;
    match segment::identify(&*file, first).map_err(|e| Error::io("read", &path, e))? {
        Identity::Good => {}
        Identity::Newer(version) => return Err(Error::Newer { path, version }),
        Identity::Bad => damaged.push(Damage {
            segment: path,
            offset: 0,
            bytes: segment::HEADER_BYTES.min(bytes),
            positions: first..first,
        }),
    }
    Ok((file, bytes))
}

fn inspect_sealed(
    disk: &dyn Disk,
    dir: &Path,
    first: Position,
    damaged: &mut Vec<Damage>,
) -> Result<Sealed, Error> {
    open_segment(disk, dir, first, damaged).map(|(_, bytes)| Sealed { first, bytes })
}

/// Takes up the last segment where it ended, or behind it when it is damaged.
fn resume(
    disk: &dyn Disk,
    dir: &Path,
    first: Position,
    mut sealed: VecDeque<Sealed>,
    opened: &mut Opened,
) -> Result<(Active, Position, VecDeque<Sealed>), Error> {
    let path = segment::path(dir, first);
    let before = opened.damaged.len();
    let (mut file, bytes) = open_segment(disk, dir, first, &mut opened.damaged)?;
    let reader = disk.open(&path).map_err(|e| Error::io("open", &path, e))?;
    let Survey { end, next, damage } =
        recover::survey(reader, first, bytes).map_err(|e| Error::io("read", &path, e))?;
    opened.damaged.extend(damage.into_iter().map(|gap| report(dir, first, gap)));
    if end < bytes {
        file.set_len(end).map_err(|e| Error::io("cut", &path, e))?;
        opened.torn_tail = Some(Cut { segment: path.clone(), offset: end, bytes: bytes - end });
    }
    file.sync_data().map_err(|e| Error::io("sync", &path, e))?;
    if opened.damaged.len() == before {
        return Ok((Active::new(first, file, end), next, sealed));
    }
    drop(file);
    if next == first {
        // Nothing in it can be read, and the new segment needs its name.
        let aside = segment::aside(dir, first);
        disk.rename(&path, &aside).map_err(|e| Error::io("set aside", &path, e))?;
    } else {
        sealed.push_back(Sealed { first, bytes: end.min(bytes) });
    }
    let file = segment::create(disk, dir, next)?;
    Ok((Active::new(next, file, segment::HEADER_BYTES), next, sealed))
}

/// Gives a gap in a segment the name of its file.
pub(crate) fn report(dir: &Path, first: Position, gap: Gap) -> Damage {
    Damage {
        segment: segment::path(dir, first),
        offset: gap.bytes.start,
        bytes: gap.bytes.end - gap.bytes.start,
        positions: gap.positions,
    }
}

/// A full disk must not keep a journal from opening, so a reserve that cannot be had is only reported.
fn take_reserve(journal: &mut Journal) -> Result<(), Error> {
    if journal.options.reserve_bytes == 0 {
        return reserve::release(&*journal.disk, &journal.dir);
    }
    journal.restore_reserve()
}
