//! Opening: journal first, then a view that can be believed, or a new one from a snapshot.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use dogwatch_journal::{self as journal, Disk, Journal, Opened, RealDisk};

use super::{
    Embedded, EmbeddedOptions,
    lock::Lock,
    mark::Mark,
    position,
    view::{OpenError, SledView, View},
    worker::Worker,
};
use crate::storage::{Position, Row, StorageError, snapshot};

pub(super) fn open(dir: &Path, options: EmbeddedOptions) -> Result<Embedded, StorageError> {
    let snapshots = dir.join("snapshots");
    for dir in [dir, &snapshots] {
        RealDisk.create_dir(dir).map_err(failed("create", dir))?;
    }
    let lock = Lock::take(dir)?;
    let newest = snapshot::list(&snapshots)?.first().copied().unwrap_or_default();
    let (journal, opened) = Journal::open(
        options.journal_disk,
        &dir.join("journal"),
        journal::Options {
            segment_bytes: options.segment_bytes,
            reserve_bytes: options.reserve_bytes,
            begin_at: journal::Position::new(newest.0 + 1).unwrap_or(journal::Position::FIRST),
            ..journal::Options::default()
        },
    )?;
    let mut opening = Opening {
        dir,
        snapshots,
        mark: Mark::of(dir, options.boot_id),
        cache_bytes: options.cache_bytes,
        first: journal.first_position(),
        reach: Position(journal.first_position().get() - 1)..=position(&journal),
        notes: notes_on(&opened),
    };
    let Found { view, rows, at: settled } = match opening.usable_view()? {
        Some(found) => found,
        None => opening.rebuild()?,
    };
    let Opening { mark, notes, .. } = opening;
    let worker = Worker::start(view.clone(), settled).map_err(failed("start the thread of", dir))?;
    Ok(Embedded {
        worker,
        view,
        journal,
        mark,
        dir: dir.to_owned(),
        settled,
        found: Some(rows),
        unsettled: BTreeMap::new(),
        outcome: None,
        view_failed: None,
        notes,
        _lock: lock,
    })
}

fn notes_on(opened: &Opened) -> Vec<String> {
    let cut = opened.torn_tail.iter().map(ToString::to_string);
    let damaged = opened.damaged.iter().map(ToString::to_string);
    cut.chain(damaged).chain(opened.reserve_missing.iter().map(with_sources)).collect()
}

/// A note stands alone: what caused an error is said with it.
fn with_sources<E: std::error::Error>(error: &E) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> StorageError + 'a {
    move |source| StorageError::Io { doing, path: path.to_owned(), source }
}

/// A view to begin with, what it holds, and up to where.
struct Found {
    view: View,
    rows: Vec<Row>,
    at: Position,
}

struct Opening<'a> {
    dir: &'a Path,
    snapshots: PathBuf,
    mark: Mark,
    cache_bytes: u64,
    first: journal::Position,
    /// The positions from which the journal can take over.
    reach: RangeInclusive<Position>,
    notes: Vec<String>,
}

impl Opening<'_> {
    fn view_dir(&self) -> PathBuf {
        self.dir.join("view")
    }

    /// The view that is there, unless something speaks against it; then it is set aside.
    fn usable_view(&mut self) -> Result<Option<Found>, StorageError> {
        if !self.view_dir().exists() {
            return Ok(None);
        }
        if let Some(objection) = self.mark.objection() {
            return self.set_aside(objection).map(|()| None);
        }
        match self.mark.opening() {
            Err(full) if full.is_full() => return Ok(None),
            other => other?,
        }
        match self.open_view() {
            Ok(found) => {
                self.mark.open()?;
                Ok(Some(found))
            }
            Err(OpenError::Full) => self.mark.open().map(|()| None),
            Err(OpenError::Bad(why)) => self.set_aside(&why).map(|()| None),
        }
    }

    fn open_view(&self) -> Result<Found, OpenError> {
        let (view, tally) = SledView::open(&self.view_dir(), self.cache_bytes)?;
        let tally = tally.ok_or_else(|| OpenError::Bad("it was never finished".to_owned()))?;
        let (at, from, to) = (tally.position, self.reach.start(), self.reach.end());
        if !self.reach.contains(&at) {
            let why = format!("it ends at record {at}, the journal takes over from {from} to {to}");
            return Err(OpenError::Bad(why));
        }
        let rows = view.verified(tally).map_err(OpenError::Bad)?;
        Ok(Found { view: View::Sled(view), rows, at })
    }

    /// Gives the view another name, in place of the one that was set aside before.
    fn set_aside(&mut self, why: &str) -> Result<(), StorageError> {
        let mut number = 1;
        for entry in fs::read_dir(self.dir).map_err(failed("list", self.dir))? {
            let entry = entry.map_err(failed("list", self.dir))?;
            let name = entry.file_name();
            let Some(earlier) = name.to_str().and_then(|name| name.strip_prefix("view.aside-")) else {
                continue;
            };
            number = number.max(earlier.parse().unwrap_or(0) + 1);
            fs::remove_dir_all(entry.path()).map_err(failed("remove", &entry.path()))?;
        }
        let aside = self.dir.join(format!("view.aside-{number}"));
        fs::rename(self.view_dir(), &aside).map_err(failed("set aside", &self.view_dir()))?;
        RealDisk.sync_dir(self.dir).map_err(failed("sync", self.dir))?;
        self.notes.push(format!("the view was set aside as {}: {why}", aside.display()));
        self.mark.clear()
    }

    /// A new view, of the newest snapshot from which the journal can take over.
    fn rebuild(&mut self) -> Result<Found, StorageError> {
        let (rows, at) = self.starting_point()?;
        if at != Position(0) || *self.reach.end() != Position(0) {
            self.notes.push(format!("the view is rebuilt: {} rows as of record {at}", rows.len()));
        }
        match self.build(&rows, at) {
            Ok(view) => Ok(Found { view, rows, at }),
            Err(why) => {
                self.notes.push(format!("the view is kept in memory until the next start: {why}"));
                Ok(Found { view: View::map(&rows), rows, at })
            }
        }
    }

    fn starting_point(&mut self) -> Result<(Vec<Row>, Position), StorageError> {
        for at in snapshot::list(&self.snapshots)? {
            let path = snapshot::path(&self.snapshots, at);
            let mut rows = Vec::new();
            match snapshot::read(&path, |row| rows.push(row)) {
                Ok(header) if header.position == at && self.reach.contains(&at) => return Ok((rows, at)),
                Ok(_) => self.notes.push(format!("{} does not fit the journal", path.display())),
                Err(error) => self.notes.push(with_sources(&error)),
            }
        }
        if *self.reach.start() == Position(0) {
            return Ok((Vec::new(), Position(0)));
        }
        Err(StorageError::Unrecoverable { dir: self.dir.to_owned(), first: self.first })
    }

    /// Builds the view in sled. What is in the way (a view that there was no room to open) stays.
    fn build(&self, rows: &[Row], at: Position) -> Result<View, String> {
        let path = self.view_dir();
        if path.exists() {
            return Err("there is no room to open it".to_owned());
        }
        let build = || {
            self.mark.opening().map_err(|error| with_sources(&error))?;
            RealDisk.create_dir(&path).map_err(|error| error.to_string())?;
            let (view, _) = SledView::open(&path, self.cache_bytes).map_err(|error| match error {
                OpenError::Full => "the disk is full".to_owned(),
                OpenError::Bad(why) => why,
            })?;
            view.fill(rows, at)?;
            self.mark.open().map_err(|error| with_sources(&error))?;
            Ok(View::Sled(view))
        };
        build().inspect_err(|_: &String| {
            // Best effort: the next start would set it aside.
            let _ = fs::remove_dir_all(&path);
            let _ = self.mark.clear();
        })
    }
}
