//! What is in a collector's journal, read by nobody's code but the journal's own and the table in its documentation.
//!
//! The independent half of the promise "acknowledge only what is on disk": the agents' ledgers say what was
//! acknowledged, this says what is there.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use dogwatch_journal::{Journal, Options, Position, RealDisk};
use dogwatch_proto::v1::{Lane, Report};
use prost::Message as _;
use uuid::Uuid;

/// One lane of one life of an endpoint's outbox.
pub type Stream = (Uuid, Uuid, Lane);

const VERSION: u8 = 1;
const PUT: u8 = 1;
const DELETE: u8 = 2;
const REPORT: u8 = 3;

/// The sequences of every stream in a collector's journal, in the order in which they stand there.
///
/// The collector must not be running. Segments that a snapshot has made superfluous are gone: this is for a journal
/// that has had none.
pub fn sequences(data_dir: &Path) -> Result<BTreeMap<Stream, Vec<u64>>> {
    let disk = Arc::new(RealDisk);
    let (journal, opened) = Journal::open(disk, &data_dir.join("store/journal"), Options::default())?;
    if !opened.damaged.is_empty() {
        bail!("the journal is damaged: {:?}", opened.damaged);
    }
    let first = journal.first_position();
    if first != Position::FIRST {
        bail!("the journal begins at {first} only");
    }
    let mut found: BTreeMap<Stream, Vec<u64>> = BTreeMap::new();
    for record in journal.read_from(first)? {
        let (position, record) = record.map_err(|damage| anyhow::anyhow!("{damage:?}"))?;
        each_report(&record, |endpoint, epoch, report| {
            found.entry((endpoint, epoch, report.lane())).or_default().push(report.sequence);
        })
        .with_context(|| format!("record {position}"))?;
    }
    Ok(found)
}

/// Walks the entries of a record; the layout stands at the top of the collector's `storage/encoding.rs`.
fn each_report(record: &[u8], mut each: impl FnMut(Uuid, Uuid, Report)) -> Result<()> {
    let mut rest = record;
    let [version] = take::<1>(&mut rest)?;
    if version != VERSION {
        bail!("version {version}");
    }
    while !rest.is_empty() {
        match take::<1>(&mut rest)? {
            [PUT] => (0..3).try_for_each(|_| bytes(&mut rest).map(drop))?,
            [DELETE] => (0..2).try_for_each(|_| bytes(&mut rest).map(drop))?,
            [REPORT] => {
                let (endpoint, epoch) = (take::<16>(&mut rest)?, take::<16>(&mut rest)?);
                take::<12>(&mut rest)?;
                let report = Report::decode(bytes(&mut rest)?)?;
                each(Uuid::from_bytes(endpoint), Uuid::from_bytes(epoch), report);
            }
            [tag] => bail!("an entry of kind {tag}"),
        }
    }
    Ok(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().context("an entry ends in the middle")?;
    *rest = tail;
    Ok(*head)
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = u32::from_le_bytes(take(rest)?);
    let (head, tail) = rest.split_at_checked(usize::try_from(length)?).context("bytes end in the middle")?;
    *rest = tail;
    Ok(head)
}
