//! What one commit holds, and what is told once it is on disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    net::IpAddr,
};

use dogwatch_model::{EndpointId, Lane, OrgId};
use dogwatch_triage::audit::Deed;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    refusal::{Code, Refusal},
    storage::{ChangeSet, Entry, ReportEntry, Row, Table},
};

use super::command::Reply;

/// A commit in the making.
#[derive(Default)]
pub(crate) struct Batch {
    pub(super) changes: ChangeSet,
    /// The highest sequence to acknowledge, per endpoint and lane.
    pub(super) acks: BTreeMap<(EndpointId, Lane), u64>,
    /// What was done, for the audit: sealed into its chains as the batch goes to disk.
    pub(super) deeds: Vec<(Timestamp, Deed)>,
    /// From where the command came that is being done.
    pub(super) from: Option<IpAddr>,
    /// Endpoints of which a list may show something else now, beyond those whose rows were written.
    pub(super) seen: BTreeSet<EndpointId>,
    /// Orgs in which another policy is in force from here on.
    pub(super) ruled: BTreeSet<OrgId>,
    /// Told afterwards, in this order.
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Batch {
    /// Writes a row.
    pub(crate) fn put(&mut self, table: Table, key: impl Display, value: &impl Serialize) {
        // Rows are our own types with text keys: they always serialise.
        if let Ok(row) = Row::put(table, key.to_string(), value) {
            self.changes.row(row);
        }
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, table: Table, key: impl Display) {
        self.changes.row(Row::delete(table, key.to_string()));
    }

    /// Keeps a deed for the audit.
    pub(crate) fn record(&mut self, at: Timestamp, deed: Deed) {
        let from = deed.from.or(self.from);
        self.deeds.push((at, Deed { from, ..deed }));
    }

    /// What it takes on the disk so far, about.
    pub(super) fn bytes(&self) -> usize {
        let of = |entry: &Entry| match entry {
            Entry::Row(row) => row.key.len() + row.value.as_ref().map_or(0, Vec::len),
            Entry::Report(report) => report.wire.len(),
        };
        self.changes.entries.iter().map(of).sum()
    }

    /// Keeps a report.
    pub(crate) fn report(&mut self, report: ReportEntry) {
        self.changes.report(report);
    }

    /// Acknowledges everything of a lane up to a sequence, once the batch is on disk.
    pub(crate) fn ack(&mut self, endpoint: EndpointId, lane: Lane, up_to: u64) {
        let mark = self.acks.entry((endpoint, lane)).or_default();
        *mark = (*mark).max(up_to);
    }

    /// Does something once the batch is on disk.
    pub(crate) fn then(&mut self, tell: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(tell));
    }

    /// Answers once the batch is on disk.
    pub(crate) fn answer<T: Send + 'static>(&mut self, reply: Reply<T>, answer: Result<T, Refusal>) {
        // Who asked may have gone away; that changes nothing.
        self.then(move || drop(reply.send(answer)));
    }

    /// Does something, and answers with what came of it once the batch is on disk.
    pub(super) fn answer_with<T: Send + 'static>(
        &mut self,
        reply: Reply<T>,
        work: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) {
        let answer = work(self);
        self.answer(reply, answer);
    }

    /// Tells what was to be told.
    pub(super) fn tell(self) {
        self.after.into_iter().for_each(|tell| tell());
    }
}

/// The refusal for what is not there, or not this principal's to see: the same words for both.
pub(super) fn not_found(what: &str, key: impl Display) -> Refusal {
    Refusal::new(Code::NotFound, format!("there is no {what} `{key}`"))
}
