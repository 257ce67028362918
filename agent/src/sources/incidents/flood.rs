//! A disk that dies writes the same line a thousand times a minute. What is like something told of late is counted, and
//! the count told with the next one.

use std::{collections::BTreeMap, time::Duration};

use dogwatch_model::{Incident, IncidentKind};
use dogwatch_proto::conversions::limits;

use crate::{clock::Moment, keeping::keep};

/// The same thing is told again after this.
const AGAIN: Duration = Duration::from_secs(600);
/// Incidents of one look. What is past them is counted with the last.
const AT_ONCE: usize = 16;
/// Things that are remembered as told.
const REMEMBERED: usize = 256;

/// What was told of late.
#[derive(Debug, Default)]
pub(super) struct Flood {
    told: BTreeMap<(IncidentKind, Option<String>), (Moment, u32)>,
}

impl Flood {
    /// Those of a look that are to be told: the first of each kind and subject, with how many were like it.
    pub(super) fn hold_back(&mut self, seen: Vec<Incident>, now: Moment) -> Vec<Incident> {
        let mut told: Vec<Incident> = Vec::new();
        let mut more: Vec<u32> = Vec::new();
        let mut left_out = 0_u32;
        for incident in seen {
            let like = |told: &Incident| told.kind == incident.kind && told.subject == incident.subject;
            if let Some(at) = told.iter().position(like) {
                more[at] = more[at].saturating_add(1);
                continue;
            }
            let key = (incident.kind, incident.subject.clone());
            if let Some((at, held)) = self.told.get_mut(&key)
                && now.since(*at) < AGAIN
            {
                *held = held.saturating_add(1);
                continue;
            }
            if told.len() == AT_ONCE {
                left_out = left_out.saturating_add(1);
                continue;
            }
            more.push(self.told.insert(key, (now, 0)).map_or(0, |(_, held)| held));
            told.push(incident);
        }
        if let Some(last) = more.last_mut() {
            *last = last.saturating_add(left_out);
        }
        for (incident, more) in told.iter_mut().zip(more) {
            let clipped = limits::clip(&incident.detail, DETAIL);
            incident.detail = if more > 0 { format!("{clipped} (and {more} more)") } else { clipped };
        }
        if self.told.len() > REMEMBERED {
            keep(&mut self.told, |_, (at, _)| now.since(*at) < AGAIN);
        }
        told
    }
}

/// A line of the kernel's log has at most a thousand bytes or so.
const DETAIL: usize = 1024;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn disk_error(device: &str) -> Incident {
        Incident {
            at: Timestamp::UNIX_EPOCH,
            kind: IncidentKind::DiskError,
            subject: Some(device.into()),
            detail: format!("I/O error, dev {device}"),
        }
    }

    fn details(told: &[Incident]) -> Vec<&str> {
        told.iter().map(|incident| incident.detail.as_str()).collect()
    }

    #[test]
    fn what_repeats_is_told_once_with_a_count() {
        let mut flood = Flood::default();
        let mut seen = vec![disk_error("sda"); 100];
        seen.push(disk_error("sdb"));
        let told = flood.hold_back(seen, at(0));
        assert_eq!(details(&told), ["I/O error, dev sda (and 99 more)", "I/O error, dev sdb"]);
        assert_eq!(flood.hold_back(vec![disk_error("sda"); 7], at(599)), []);
        let told = flood.hold_back(vec![disk_error("sda")], at(600));
        assert_eq!(details(&told), ["I/O error, dev sda (and 7 more)"]);
    }

    #[test]
    fn a_thousand_different_things_at_once_are_counted() {
        let mut flood = Flood::default();
        let seen = (0..1000).map(|n| disk_error(&format!("sd{n}"))).collect();
        let told = flood.hold_back(seen, at(0));
        assert_eq!(told.len(), AT_ONCE);
        assert!(told[AT_ONCE - 1].detail.ends_with("(and 984 more)"), "{}", told[AT_ONCE - 1].detail);
    }
}
