//! What other tools tell, in one commit a delivery: the items, and whether all of it was taken.

use std::collections::BTreeSet;

use dogwatch_model::{EndpointId, OrgId, RuleId, SiteId, ToolId};
use dogwatch_triage::{
    alert::AlertNumber,
    finding::{Category, Evidence, Finding, Severity},
    intake::Says,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Batch, Core};
use crate::{
    access::{Principal, Verb},
    policy::Policy,
    queue::{self, Became, Sender},
    refusal::Refusal,
    state::State,
};

/// Where items stand that name neither an endpoint nor a site: who sees only one site does not see them.
pub const UNPLACED: &str = "unplaced";

/// The tool that alerts concern when nothing says which: that of the shipped rules about availability.
pub const DEFAULT_TOOL: &str = "monitoring";

/// One alert of another tool, with everything that is not the core's to find out.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// What its sender says of it.
    pub says: Says,
    /// What it says; the subject begins with the sender's name.
    pub finding: Finding,
    /// How bad it is was said, and not guessed.
    pub severity_is_said: bool,
    /// The endpoint that it is about, if one is known.
    pub endpoint: Option<EndpointId>,
    /// The site, where there is no endpoint.
    pub site: SiteId,
    /// How often the sender tells of it again.
    pub told_every: Option<SignedDuration>,
}

/// What one message of another tool brings.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Whose it is.
    pub org: OrgId,
    /// Where its sender belongs: a site, or [`UNPLACED`].
    pub home: SiteId,
    /// Its alerts.
    pub arrivals: Vec<Arrival>,
    /// What may be wrong with the sender or this group of its alerts.
    pub troubles: Vec<Trouble>,
}

/// One thing that can be wrong with a sender, and whether it is.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What tells it from others of the same sender.
    pub subject: String,
    /// What is wrong, for people; nothing when it is not any more.
    pub what: Option<String>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Taken {
    /// Items that were opened, or came back.
    pub opened: u64,
    /// Alerts that were known.
    pub repeated: u64,
    /// Items of which it says that they are over, or seen.
    pub noted: u64,
    /// Words about alerts that are not open here.
    pub unknown: u64,
    /// Alerts that were not taken.
    pub left_off: u64,
}

impl Taken {
    /// Counts one; gives the item that it is about, if there is one.
    const fn count(&mut self, became: Became) -> Option<AlertNumber> {
        let (count, number) = match became {
            Became::Opened(number) => (&mut self.opened, Some(number)),
            Became::Repeated(number) => (&mut self.repeated, Some(number)),
            Became::Noted(number) => (&mut self.noted, Some(number)),
            Became::Unknown => (&mut self.unknown, None),
            Became::TooMany => (&mut self.left_off, None),
        };
        *count += 1;
        number
    }

    /// The counts, as meters call them.
    const fn named(&self) -> [(&'static str, u64); 5] {
        [
            ("opened", self.opened),
            ("repeated", self.repeated),
            ("noted", self.noted),
            ("unknown", self.unknown),
            ("left_off", self.left_off),
        ]
    }

    /// Whether its sender has too many alerts open.
    fn flood(&self, sender: &Sender) -> Trouble {
        let name = &sender.name;
        let what = format!("`{name}` has too many alerts open: new ones are not taken until some are over");
        Trouble { subject: format!("{name}/flood"), what: (self.left_off > 0).then_some(what) }
    }
}

impl core::ops::AddAssign for Taken {
    fn add_assign(&mut self, other: Self) {
        self.opened += other.opened;
        self.repeated += other.repeated;
        self.noted += other.noted;
        self.unknown += other.unknown;
        self.left_off += other.left_off;
    }
}

impl Delivery {
    /// Every place that it is about.
    fn places(&self) -> BTreeSet<Option<&SiteId>> {
        let named = self.arrivals.iter().map(|arrival| &arrival.site).chain([&self.home]);
        named.map(|site| Some(site).filter(|site| site.as_str() != UNPLACED)).collect()
    }

    /// What it brings to the disk, about.
    pub(super) fn bytes(&self) -> usize {
        let of = |finding: &Finding| {
            let lines = finding.evidence.iter().map(|line| line.name.len() + line.value.len());
            finding.title.len() + lines.sum::<usize>()
        };
        self.arrivals.iter().map(|arrival| of(&arrival.finding)).sum()
    }
}

impl Core {
    /// Takes in a delivery.
    pub(super) fn take_in(
        &mut self,
        state: &mut State,
        policy: &Policy,
        delivery: &Delivery,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Taken, Refusal> {
        may_feed(state, delivery, by, now)?;
        let (mut taken, actor) = (Taken::default(), by.actor());
        let sender = Sender::of(&state.access, by, now);
        for arrival in &delivery.arrivals {
            let became = queue::arrive(state, policy, (&delivery.org, &actor, &sender), arrival, now, batch);
            if let Some(number) = taken.count(became) {
                self.look_after(state, policy, number, now, batch);
            }
        }
        let flood = taken.flood(&sender);
        let is_news = taken.left_off + taken.opened > 0;
        let home = (delivery.org.clone(), delivery.home.clone());
        for trouble in delivery.troubles.iter().chain(is_news.then_some(&flood)) {
            self.note_trouble(state, policy, (&home, &sender), trouble, now, batch);
        }
        taken.named().into_iter().for_each(|(what, count)| self.meters.fed(what, count));
        Ok(taken)
    }

    fn note_trouble(
        &mut self,
        state: &mut State,
        policy: &Policy,
        (at, sender): (&(OrgId, SiteId), &Sender),
        trouble: &Trouble,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let number = match &trouble.what {
            Some(what) => {
                tracing::warn!(sender = %sender.name, org = %at.0, what, "another tool's alerts are not all taken");
                finding(sender, trouble, what, now)
                    .and_then(|finding| queue::in_trouble(state, policy, at, &finding, now, batch))
            }
            None => {
                let former = sender.former(&trouble.subject);
                let former =
                    former.and_then(|subject| queue::out_of_trouble(state, at, &subject, now, batch));
                queue::out_of_trouble(state, at, &trouble.subject, now, batch).or(former)
            }
        };
        if let Some(number) = number {
            self.look_after(state, policy, number, now, batch);
        }
    }
}

/// Whether somebody may feed every place that a delivery is about.
fn may_feed(state: &State, delivery: &Delivery, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
    for place in delivery.places() {
        if !state.access.reach(by, now).may(Verb::Intake, &delivery.org, place) {
            return Err(state.access.missing(by, Verb::Intake, (&delivery.org, place), now));
        }
        state.uses(by, Verb::Intake, (&delivery.org, place), now);
    }
    Ok(())
}

fn finding(sender: &Sender, trouble: &Trouble, what: &str, now: Timestamp) -> Option<Finding> {
    Some(Finding {
        rule: RuleId::new(queue::TROUBLE).ok()?,
        subject: trouble.subject.clone(),
        category: Category::Agent,
        tool: ToolId::new(DEFAULT_TOOL).ok()?,
        severity: Severity::Warning,
        title: what.to_owned(),
        evidence: vec![Evidence { name: "sender".to_owned(), value: sender.name.clone() }],
        since: now,
    })
}
