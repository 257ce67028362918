//! Windows: crash evidence in the System log, from `wevtutil qe System /f:xml`. Pure.
//!
//! Events are told by provider and number; their messages are translated and not read.

use crate::sources::windows_event::{self, Event};
use dogwatch_model::{Incident, IncidentKind};
use dogwatch_proto::conversions::limits;

/// The query: what [`kind`] knows, of the last `seconds`.
pub(super) fn query(seconds: u64) -> String {
    let milliseconds = seconds.saturating_mul(1000);
    format!(
        "*[System[(EventID=41 or EventID=1001 or EventID=7 or EventID=51 or EventID=153 or EventID=55) \
         and TimeCreated[timediff(@SystemTime) <= {milliseconds}]]]"
    )
}

fn kind(event: &Event) -> Option<IncidentKind> {
    match (event.provider.as_str(), event.id) {
        ("Microsoft-Windows-WER-SystemErrorReporting" | "BugCheck", 1001) => Some(IncidentKind::KernelPanic),
        ("Microsoft-Windows-Kernel-Power", 41) => Some(IncidentKind::UnexpectedShutdown),
        ("disk" | "Disk", 7 | 51 | 153) | ("Ntfs" | "Microsoft-Windows-Ntfs", 55) => {
            Some(IncidentKind::DiskError)
        }
        _ => None,
    }
}

/// What an event means; nothing for one that only has the number of another.
pub(super) fn incident(event: &Event) -> Option<Incident> {
    let kind = kind(event)?;
    let first = event.data.first().filter(|first| !first.is_empty());
    let clip = |text: &str| limits::clip(text, limits::TEXT_BYTES);
    let detail = match kind {
        // The first value is the stop code with its parameters.
        IncidentKind::KernelPanic => {
            format!("the system stopped: {}", first.map_or("no stop code", String::as_str))
        }
        // The first value is the stop code in decimal, 0 when the power went.
        IncidentKind::UnexpectedShutdown => match first.and_then(|code| code.parse::<u32>().ok()) {
            Some(code) if code != 0 => format!("went down without a shutdown, stop code 0x{code:08X}"),
            _ => "went down without a shutdown".to_owned(),
        },
        _ => format!("{} event {}: {}", event.provider, event.id, event.data.join(" ")),
    };
    let subject = (kind == IncidentKind::DiskError).then(|| first.map(|first| clip(first))).flatten();
    Some(Incident { at: event.at?, kind, subject, detail: clip(&detail) })
}

pub(super) fn survives(text: &str) {
    windows_event::parse(text).iter().for_each(|event| {
        incident(event);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that wevtutil of Windows 10 prints, shortened; after Microsoft's pages on these events.
    const LOG: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Kernel-Power' Guid='{331c3b3a-2005-44c2-ac5e-77220c37d6b4}'/>\
        <EventID>41</EventID><TimeCreated SystemTime='2026-06-10T08:00:00.1234567Z'/><EventRecordID>900</EventRecordID>\
        </System><EventData><Data Name='BugcheckCode'>209</Data><Data Name='BugcheckParameter1'>0x1</Data></EventData></Event>\
        <Event><System><Provider Name='disk'/><EventID Qualifiers='49156'>7</EventID>\
        <TimeCreated SystemTime='2026-06-10T09:00:00.0000000Z'/><EventRecordID>901</EventRecordID></System>\
        <EventData><Data>\\Device\\Harddisk0\\DR0</Data><Binary>03</Binary></EventData></Event>\
        <Event><System><Provider Name='Microsoft-Windows-WER-SystemErrorReporting'/><EventID>1001</EventID>\
        <TimeCreated SystemTime='2026-06-10T08:00:05.0000000Z'/><EventRecordID>902</EventRecordID></System>\
        <EventData><Data Name='param1'>0x000000d1 (0x1, 0x2, 0x0, 0x3)</Data></EventData></Event>\
        <Event><System><Provider Name='Windows Error Reporting'/><EventID>1001</EventID>\
        <TimeCreated SystemTime='2026-06-10T08:00:06Z'/><EventRecordID>903</EventRecordID></System></Event>";

    #[test]
    fn events_are_told_by_provider_and_number() {
        let events = windows_event::parse(LOG);
        assert_eq!(events.iter().map(|event| event.record).collect::<Vec<_>>(), [900, 901, 902, 903]);
        let told: Vec<Incident> = events.iter().filter_map(incident).collect();
        let kinds: Vec<IncidentKind> = told.iter().map(|incident| incident.kind).collect();
        let expected = [IncidentKind::UnexpectedShutdown, IncidentKind::DiskError, IncidentKind::KernelPanic];
        assert_eq!(kinds, expected, "the report on a program has the number of a stop");
        assert_eq!(told[0].detail, "went down without a shutdown, stop code 0x000000D1");
        assert_eq!(told[1].subject.as_deref(), Some(r"\Device\Harddisk0\DR0"));
        assert_eq!(told[2].detail, "the system stopped: 0x000000d1 (0x1, 0x2, 0x0, 0x3)");
    }

    #[test]
    fn the_query_asks_for_so_long() {
        assert!(query(60).ends_with("<= 60000]]]"));
    }
}
