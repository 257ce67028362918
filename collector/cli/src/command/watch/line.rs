//! An item of the queue as a line shows it, read from a list or from an event alike.

use dogwatch_model::Side;
use dogwatch_triage::alert::{Priority, Visibility, Work};
use jiff::Timestamp;
use serde_json::Value;

use crate::output::text_at;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) version: u64,
    pub(super) priority: Priority,
    pub(super) work: Work,
    pub(super) shown: bool,
    pub(super) side: Side,
    pub(super) team: String,
    pub(super) assignee: String,
    /// The team that it is offered to; empty when it is not.
    pub(super) offered_to: String,
    pub(super) org: String,
    pub(super) endpoint: String,
    pub(super) title: String,
    pub(super) cleared: bool,
    /// When its next clock runs out, or ran out.
    pub(super) breach_at: Option<Timestamp>,
}

impl Line {
    /// Reads one; nothing when it is not what an item looks like.
    pub(super) fn of(item: &Value) -> Option<Self> {
        let text = |path: &str| text_at(item, path);
        Some(Self {
            number: item["number"].as_u64()?,
            version: item["version"].as_u64()?,
            priority: text("priority").parse().ok()?,
            work: text("work").parse().ok()?,
            shown: text("visibility").parse::<Visibility>().is_ok_and(|shown| shown == Visibility::Normal),
            side: text("owner.side").parse().ok()?,
            team: text("owner.team"),
            assignee: text("assignee.person"),
            offered_to: text("offer.to"),
            org: text("org"),
            endpoint: text("endpoint_name"),
            title: text("title"),
            cleared: item["condition"] == "cleared",
            breach_at: text("next_breach.at").parse().ok(),
        })
    }

    /// Whether it stands in the queue.
    pub(super) fn is_open(&self) -> bool {
        self.shown && self.work != Work::Done
    }

    /// What runs out next, or ran out first, is on top; then by priority, then by age.
    pub(super) fn place(&self) -> (bool, Option<Timestamp>, Priority, u64) {
        (self.breach_at.is_none(), self.breach_at, self.priority, self.number)
    }

    /// Its number and what it is about: `#7 srv-07`, with its org where there are several; some are about no endpoint.
    pub(super) fn head(&self, several_orgs: bool) -> String {
        match (several_orgs, self.endpoint.is_empty()) {
            (false, true) => format!("#{}", self.number),
            (false, false) => format!("#{} {}", self.number, self.endpoint),
            (true, true) => format!("#{} {}", self.number, self.org),
            (true, false) => format!("#{} {}/{}", self.number, self.org, self.endpoint),
        }
    }

    /// Who has it, in a few words.
    pub(super) fn doing(&self) -> String {
        let words = match self.work {
            Work::Unclaimed => "unclaimed".to_owned(),
            Work::Claimed => self.assignee.clone(),
            Work::Offered => format!("{} → {}", self.assignee, self.offered_to),
            Work::Waiting => format!("{} waits", self.assignee),
            Work::Done => "done".to_owned(),
        };
        if self.cleared { words + ", cleared" } else { words }
    }

    /// Whether every word is found in it, in whatever case.
    pub(super) fn has(&self, words: &str) -> bool {
        let all = format!(
            "#{} {} {} {} {} {} {} {}",
            self.number,
            self.priority,
            self.org,
            self.endpoint,
            self.title,
            self.team,
            self.assignee,
            self.work
        );
        let all = all.to_lowercase();
        words.split_whitespace().all(|word| all.contains(&word.to_lowercase()))
    }
}
