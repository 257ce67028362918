//! Who should hear what about an item, and through which way. Whether anybody did hear is another record, kept by
//! whoever sends.
//!
//! One entry of a timeline leads to a set of [`Notice`]s, each with a key made of nothing but what it is about: the
//! item, the entry, the way. Asking again gives the same keys, so nobody is told the same thing twice by a restart.
//! Who should hear and cannot be reached is said too: [`Missed`].
//!
//! | what happened | who hears |
//! |---|---|
//! | routed, reopened | the responsible team and its person on call; whoever is informed |
//! | handed over | the backup and its person on call, and the team that let the window pass |
//! | escalated | whom the step calls; for a vendor's step the owner, who has to call it |
//! | offered; accepted, declined, not answered | the team it is offered to; who offered it |
//! | assigned, reminded, clocks at 75 and 90 %, breach, worse, back | who holds it, else the owner's team; at a breach who is accountable, too |
//! | claimed, acknowledged | the ways that keep a state of their own ([`Notice::follow_up`]) |
//! | closed | whoever is informed, and those ways |
//!
//! What is hidden is not told, but for what people do to each other: offers, answers, assignments. When it is seen again
//! and still open, its owner hears of it then.
//!
//! Not here: waiting and gathering ([`group`]), how much one person can take ([`limit`]), words and wires.

use core::{fmt, str::FromStr};
use std::collections::BTreeSet;

use dogwatch_model::{ChannelId, OrgId, Side};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Alert, AlertNumber, TimelineEvent, Visibility},
    matrix::Matrix,
};

mod audience;
mod event;
pub mod group;
pub mod incident;
pub mod limit;
mod reason;
#[cfg(test)]
mod tests;

pub use reason::{Pace, Reason};

/// A way to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub enum Via {
    /// A channel that the collector's `notify.toml` defines.
    Channel(ChannelId),
    /// A mailbox of a team or a person.
    Mail(String),
}

/// What a mailbox begins with in text; a channel's id has no colon.
const MAIL: &str = "mail:";

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(id) => write!(f, "{id}"),
            Self::Mail(address) => write!(f, "{MAIL}{address}"),
        }
    }
}

impl FromStr for Via {
    type Err = dogwatch_model::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(MAIL) {
            Some(address) => Ok(Self::Mail(address.to_owned())),
            None => ChannelId::new(text).map(Self::Channel),
        }
    }
}

impl TryFrom<String> for Via {
    type Error = dogwatch_model::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Via> for String {
    fn from(via: Via) -> Self {
        via.to_string()
    }
}

/// Somebody should hear something, through one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// What it is about, as text: `ORG/NUMBER/PLACE/VIA`. The same event, told through the same way, is the same notice.
    pub key: String,
    /// The org.
    pub org: OrgId,
    /// The item.
    pub alert: AlertNumber,
    /// When it happened.
    pub at: Timestamp,
    /// Why they should hear.
    pub reason: Reason,
    /// How soon.
    pub pace: Pace,
    /// The team or person, in words.
    pub who: String,
    /// The way.
    pub via: Via,
    /// Only of use to ways that keep a state of their own, such as a pager's incidents.
    #[serde(default)]
    pub follow_up: bool,
}

impl Notice {
    /// Whether it is told however much was told before: a new P1, one that got worse, and what went wrong with one. Only of
    /// a P1 are these not calm.
    pub const fn is_urgent(&self) -> bool {
        match self.pace {
            Pace::Now => true,
            Pace::Soon => matches!(self.reason, Reason::Opened | Reason::Worse),
            Pace::Calm => false,
        }
    }
}

/// Somebody should hear something and there is no way to reach them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missed {
    /// The team or person, in words.
    pub who: String,
    /// Why not, and what would mend it.
    pub why: String,
}

/// What one change of an item leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// Who should hear; at most one notice a way.
    pub notices: Vec<Notice>,
    /// Who cannot.
    pub missed: Vec<Missed>,
}

/// The ways that a matrix names for teams and people of some sides.
pub fn ways_of(matrix: &Matrix, of: impl Fn(Side) -> bool) -> BTreeSet<Via> {
    let known = matrix.directory();
    let teams = known.teams().filter(|team| of(team.side)).map(|team| (&team.channels, &team.email));
    let people = known.people().filter(|one| of(one.side)).map(|one| (&one.channels, &one.email));
    let ways = teams.chain(people).flat_map(|(channels, email)| {
        channels.iter().cloned().map(Via::Channel).chain(email.iter().map(|to| Via::Mail(to.clone())))
    });
    ways.collect()
}

/// Who should hear of the entries of `timeline` from `first` on, which one change has made, with `alert` as it is after
/// it. Through each way one notice goes: that of the weightiest reason.
pub fn due(alert: &Alert, timeline: &[TimelineEvent], first: usize, matrix: &Matrix) -> Heard {
    let mut heard = Heard::default();
    for place in first..timeline.len() {
        let asked = event::Asked { alert, timeline, place, matrix };
        if alert.visibility != Visibility::Normal && !asked.is_between_people() {
            continue;
        }
        for (reason, follow_up, party) in asked.audience() {
            match party.reach(matrix, timeline[place].at) {
                Ok(ways) => ways.into_iter().for_each(|(who, via)| {
                    heard.add(notice(alert, &timeline[place], place, (reason, follow_up), (who, via)));
                }),
                Err(missed) if follow_up || heard.missed.contains(&missed) => {}
                Err(missed) => heard.missed.push(missed),
            }
        }
    }
    heard
}

impl Heard {
    /// The weightier of two reasons stays; a reason weighs more the earlier it is declared.
    fn add(&mut self, notice: Notice) {
        match self.notices.iter_mut().find(|known| known.via == notice.via) {
            Some(known) if (notice.follow_up, notice.reason) < (known.follow_up, known.reason) => {
                *known = notice;
            }
            Some(_) => {}
            None => self.notices.push(notice),
        }
    }
}

fn notice(
    alert: &Alert,
    event: &TimelineEvent,
    place: usize,
    (reason, follow_up): (Reason, bool),
    (who, via): (String, Via),
) -> Notice {
    Notice {
        key: format!("{}/{}/{place}/{via}", alert.org, alert.number.0),
        org: alert.org.clone(),
        alert: alert.number,
        at: event.at,
        reason,
        pace: reason.pace(alert.priority),
        who,
        via,
        follow_up,
    }
}
