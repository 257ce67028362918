//! The values that a program computes: small, copied, borrowed from the row.

use dogwatch_model::{
    AgentEvent, BackupJob, Check, Disk, Drive, Incident, Interface, PatchSource, Process, Service,
    SourceStatus, Temperature, Update,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::queued::Queued;

/// One value. The static type is known to the lowering; what is left to find out at run time is whether the fact
/// is there at all. Whole numbers, sizes, shares and durations (in seconds) are all [`Value::Num`]: 53 bits are
/// enough for any of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// The fact is not known.
    Missing,
    Bool(bool),
    Num(f64),
    Text(&'a str),
    Instant(Timestamp),
    Id(Uuid),
}

impl Value<'_> {
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Missing, Into::into)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        // A share of nothing or a broken sensor is not a fact.
        if value.is_finite() { Value::Num(value) } else { Value::Missing }
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Value::Num(f64::from(value))
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Value::Num(f64::from(value))
    }
}

impl From<u64> for Value<'_> {
    #[expect(clippy::cast_precision_loss, reason = "sizes and seconds stay far below 2^53")]
    fn from(value: u64) -> Self {
        Value::Num(value as f64)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Value::Instant(value)
    }
}

/// Seconds from `earlier` to `later`; negative when they are the other way round.
pub(crate) fn seconds_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64()
}

/// One element of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<'a> {
    /// No element: the endpoint itself.
    None,
    Text(&'a str),
    Disk(&'a Disk),
    Temperature(&'a Temperature),
    Interface(&'a Interface),
    Process(&'a Process),
    Drive(&'a Drive),
    Incident(&'a Incident),
    Service(&'a Service),
    Check(&'a Check),
    Update(&'a Update),
    PatchSource(&'a PatchSource),
    Job(&'a BackupJob),
    Event(&'a AgentEvent),
    Source(&'a SourceStatus),
    Queued(Queued<'a>),
}

/// A list of facts, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum List<'a> {
    Texts(&'a [String]),
    Disks(&'a [Disk]),
    Temperatures(&'a [Temperature]),
    Interfaces(&'a [Interface]),
    Processes(&'a [Process]),
    Drives(&'a [Drive]),
    Incidents(&'a [Incident]),
    Services(&'a [Service]),
    Checks(&'a [Check]),
    Updates(&'a [Update]),
    PatchSources(&'a [PatchSource]),
    Jobs(&'a [BackupJob]),
    Events(&'a [AgentEvent]),
    Sources(&'a [SourceStatus]),
}

impl<'a> List<'a> {
    pub(crate) const fn len(self) -> usize {
        match self {
            List::Texts(list) => list.len(),
            List::Disks(list) => list.len(),
            List::Temperatures(list) => list.len(),
            List::Interfaces(list) => list.len(),
            List::Processes(list) => list.len(),
            List::Drives(list) => list.len(),
            List::Incidents(list) => list.len(),
            List::Services(list) => list.len(),
            List::Checks(list) => list.len(),
            List::Updates(list) => list.len(),
            List::PatchSources(list) => list.len(),
            List::Jobs(list) => list.len(),
            List::Events(list) => list.len(),
            List::Sources(list) => list.len(),
        }
    }

    /// The element at `index`, which must be below [`List::len`].
    pub(crate) fn at(self, index: usize) -> Item<'a> {
        match self {
            List::Texts(list) => Item::Text(&list[index]),
            List::Disks(list) => Item::Disk(&list[index]),
            List::Temperatures(list) => Item::Temperature(&list[index]),
            List::Interfaces(list) => Item::Interface(&list[index]),
            List::Processes(list) => Item::Process(&list[index]),
            List::Drives(list) => Item::Drive(&list[index]),
            List::Incidents(list) => Item::Incident(&list[index]),
            List::Services(list) => Item::Service(&list[index]),
            List::Checks(list) => Item::Check(&list[index]),
            List::Updates(list) => Item::Update(&list[index]),
            List::PatchSources(list) => Item::PatchSource(&list[index]),
            List::Jobs(list) => Item::Job(&list[index]),
            List::Events(list) => Item::Event(&list[index]),
            List::Sources(list) => Item::Source(&list[index]),
        }
    }
}
