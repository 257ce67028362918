//! The sums of a report while it is being counted.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, RowId, Side};

use super::{
    Asked, BoundaryReport, DRIFT_ABOVE, DRIFT_ITEMS, Drift, Group, Kept, Numbers, SideTimes, Spread,
    burden::Pages, item::Read, share,
};
use crate::{
    alert::{Alert, Clock, Measure, TimelineEvent},
    finding::Category,
    sla,
};

/// What a report is made of, item by item.
#[derive(Default)]
pub(super) struct Counted {
    groups: BTreeMap<(OrgId, Category, String), (Numbers, Vec<i64>)>,
    sides: BTreeMap<(OrgId, Side), (Vec<i64>, Vec<i64>)>,
    kept: BTreeMap<(OrgId, Clock), [u64; 3]>,
    drift: BTreeMap<(OrgId, Option<RowId>), Drift>,
    pub(super) pages: Pages,
}

impl Counted {
    pub(super) fn group(&mut self, alert: &Alert, read: &Read) {
        let month = alert.first_seen.strftime("%Y-%m").to_string();
        let group = self.groups.entry((alert.org.clone(), alert.category, month)).or_default();
        let (numbers, handoffs) = group;
        numbers.items += 1;
        numbers.incidents += u64::from(!read.measures.is_empty());
        for measure in &read.measures {
            numbers.count(*measure);
        }
        numbers.open_seconds += read.open_seconds;
        handoffs.extend(&read.handoffs);
    }

    pub(super) fn sides(&mut self, alert: &Alert, read: &Read) {
        for (side, seconds) in &read.acknowledged {
            self.sides.entry((alert.org.clone(), *side)).or_default().0.push(*seconds);
        }
        for (side, seconds) in &read.resolved {
            self.sides.entry((alert.org.clone(), *side)).or_default().1.push(*seconds);
        }
    }

    pub(super) fn drift(&mut self, alert: &Alert, read: &Read) {
        for (row, work) in &read.work {
            let drift = self.drift.entry((alert.org.clone(), row.clone())).or_insert_with(|| Drift {
                org: alert.org.clone(),
                row: row.clone(),
                responsible: work.responsible,
                items: 0,
                work: 0,
                by_other: 0,
                share: None,
                flagged: false,
            });
            drift.responsible = work.responsible;
            drift.items += 1;
            drift.work += work.all;
            drift.by_other += work.by_other;
        }
    }

    pub(super) fn kept(&mut self, alert: &Alert, timeline: &[TimelineEvent], asked: &Asked<'_>) {
        let Some(matrix) = asked.matrices.get(&alert.org) else { return };
        let clocks = sla::clocks(alert, timeline, matrix, asked.as_of);
        let all = [
            (Clock::Response, Some(clocks.response)),
            (Clock::Resolve, Some(clocks.resolve)),
            (Clock::Vendor, clocks.vendor),
            (Clock::Accept, clocks.accept),
        ];
        for (clock, state) in all.into_iter().filter_map(|(clock, state)| Some((clock, state?))) {
            let place = match (state.breached_at, state.stopped_at) {
                (Some(_), _) => 1,
                (None, Some(_)) => 0,
                (None, None) => 2,
            };
            self.kept.entry((alert.org.clone(), clock)).or_default()[place] += 1;
        }
    }

    pub(super) fn finish(self, asked: &Asked<'_>) -> BoundaryReport {
        let groups = self.groups.into_iter().map(|((org, category, month), (numbers, handoffs))| {
            let handoff = Spread::of(handoffs);
            let numbers = Numbers {
                incident_rate: share(numbers.incidents, numbers.items),
                transit_share: share(handoff.sum_seconds, numbers.open_seconds),
                handoff,
                ..numbers
            };
            Group { org, category, month, numbers }
        });
        let sides = self.sides.into_iter().map(|((org, side), (acknowledge, resolve))| SideTimes {
            org,
            side,
            acknowledge: Spread::of(acknowledge),
            resolve: Spread::of(resolve),
        });
        let kept = self.kept.into_iter().map(|((org, clock), [met, missed, running])| Kept {
            org,
            clock,
            met,
            missed,
            running,
            met_share: share(met, met + missed),
        });
        let drift = self.drift.into_values().map(|drift| {
            let share = share(drift.by_other, drift.work);
            let flagged = drift.items >= DRIFT_ITEMS && share.is_some_and(|share| share > DRIFT_ABOVE);
            Drift { share, flagged, ..drift }
        });
        BoundaryReport {
            from: asked.from,
            until: asked.until,
            as_of: asked.as_of,
            drift_since: asked.since(),
            groups: groups.collect(),
            sides: sides.collect(),
            sla: kept.collect(),
            drift: drift.collect(),
            burden: self.pages.finish(asked),
        }
    }
}

impl Numbers {
    fn count(&mut self, measure: Measure) {
        match measure {
            Measure::Gap => self.gaps += 1,
            Measure::Collision => self.collisions += 1,
            Measure::Bounce => self.bounces += 1,
            Measure::DoubleTicket => self.double_tickets += 1,
            Measure::Misroute => self.misroutes += 1,
        }
    }
}
