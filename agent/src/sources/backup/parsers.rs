//! The parsers of this room behind the common face of [`crate::sources::parsers`].

use jiff::{Timestamp, tz::TimeZone};

use super::{
    borg, drop_in, filesystem, forgetting::Forgetting, kopia, noticed::Noticed, pgbackrest, restic,
    rsnapshot, time_machine, veeam, veeam_events, windows_server_backup,
};
use crate::sources::parsers::Parser;

pub(in crate::sources) const BORG: Parser = |text| drop(borg::parse(text));
pub(in crate::sources) const BTRFS: Parser = |text| drop(filesystem::parse_btrfs(text, "/", "btrfs"));
pub(in crate::sources) const DROP_IN: Parser = |text| {
    let now = Timestamp::UNIX_EPOCH;
    drop(drop_in::parse(text, "x.json", now, now));
    if Forgetting::is_one(text) {
        drop(Forgetting::parse(text, now, now));
    }
};
pub(in crate::sources) const KOPIA: Parser = |text| drop(kopia::parse(text));
pub(in crate::sources) const NOTICED: Parser = |text| {
    let mut noticed = Noticed::default();
    noticed.note(text.as_bytes());
    if let Some(told) = noticed.finish() {
        told.lay_over(&mut drop_in::DropIn::default());
    }
};
pub(in crate::sources) const PGBACKREST: Parser = |text| drop(pgbackrest::parse(text, "pgbackrest"));
pub(in crate::sources) const RESTIC: Parser = |text| drop(restic::parse(text));
pub(in crate::sources) const RSNAPSHOT_CONFIG: Parser = |text| drop(rsnapshot::parse_config(text));
pub(in crate::sources) const RSNAPSHOT_LOG: Parser = |text| {
    drop(rsnapshot::parse_log(text, "hourly", &TimeZone::UTC));
};
pub(in crate::sources) const TIME_MACHINE: Parser = |text| {
    drop(time_machine::parse(text, text, &TimeZone::UTC, "time-machine"));
};
pub(in crate::sources) const VEEAM: Parser = |text| drop(veeam::parse(text, &TimeZone::UTC, "veeam"));
pub(in crate::sources) const VEEAM_EVENTS: Parser = |text| drop(veeam_events::parse(text, "veeam-windows"));
pub(in crate::sources) const WBADMIN: Parser = |text| drop(windows_server_backup::parse(text, "wsb"));
pub(in crate::sources) const ZFS: Parser = |text| drop(filesystem::parse_zfs(text, "zfs"));
pub(in crate::sources) const MOUNTS: Parser = |text| drop(filesystem::btrfs_mounts(text));
