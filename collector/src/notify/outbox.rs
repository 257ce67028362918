//! What waits to be told, in memory: the same as its rows on disk.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{ChannelId, OrgId};
use dogwatch_triage::{
    alert::AlertNumber,
    notice::{
        Notice, Via,
        group::{Oldest, Timing},
        incident::Ledger,
        limit::{self, Admit},
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

use super::{Message, Order, channels::Kind};

/// Messages of one way that are under way at once. While a target is down, what comes gathers in its group and becomes
/// one later message, instead of a queue of them.
pub(super) const MOST_UNDER_WAY: usize = 4;

/// What one org says through one way.
pub(crate) type GroupKey = (OrgId, Via);

/// What the core knows of the channels: all but how to reach them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The channels.
    pub(crate) channels: BTreeMap<ChannelId, (Kind, Option<OrgId>)>,
    /// Whether there is a mail server.
    pub(crate) mail: bool,
    /// How groups wait.
    pub(crate) timing: Timing,
}

impl Facts {
    /// Whether a notice goes through its way: `false` when it would be of no use there.
    ///
    /// # Errors
    /// Why it cannot, and what would mend it.
    pub(super) fn may_carry(&self, notice: &Notice) -> Result<bool, String> {
        let Via::Channel(id) = &notice.via else {
            return match self.mail {
                true => Ok(!notice.follow_up),
                false => Err(format!(
                    "no mail can be sent to {}: notify.toml has no [smtp]",
                    notice.via.to_string().trim_start_matches("mail:")
                )),
            };
        };
        let for_it = |only: &Option<OrgId>| only.as_ref().is_none_or(|only| *only == notice.org);
        match self.channels.get(id).filter(|(_, only)| for_it(only)) {
            // The same words for one that is another org's alone: a timeline tells nobody what others have.
            None => Err(format!("channel `{id}` is not defined in notify.toml for {}", notice.org)),
            Some((kind, _)) => Ok(!notice.follow_up || kind.keeps_a_state()),
        }
    }

    /// What kind of way it is.
    pub(super) fn kind(&self, via: &Via) -> Kind {
        match via {
            Via::Channel(id) => self.channels.get(id).map_or(Kind::Email, |(kind, _)| *kind),
            Via::Mail(_) => Kind::Email,
        }
    }
}

/// Which of the two bounds a message counts under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// It can be held back.
    Ordinary,
    /// Something in it cannot wait.
    Urgent,
}

impl Haste {
    const fn most(self) -> usize {
        match self {
            Self::Ordinary => limit::MOST,
            Self::Urgent => limit::MOST_URGENT,
        }
    }
}

/// What a group remembers between its messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// When its latest messages went out, oldest first: as many as the limit looks at. One that stood for several
    /// groups counts in one of them.
    #[serde(default)]
    pub(super) sent: Vec<Timestamp>,
    /// The same of messages that could not wait: they are counted by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) urgent: Vec<Timestamp>,
    /// When it was last told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Timestamp>,
    /// What it was told of and not told to be over.
    #[serde(default)]
    pub(super) ledger: Ledger,
}

impl Memory {
    /// One more message that counts.
    pub(super) fn note(&mut self, haste: Haste, at: Timestamp) {
        let sent = match haste {
            Haste::Ordinary => &mut self.sent,
            Haste::Urgent => &mut self.urgent,
        };
        sent.push(at);
        let superfluous = sent.len().saturating_sub(haste.most());
        sent.drain(..superfluous);
    }
}

/// A group: what has gathered, and what was before.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) pending: BTreeMap<String, Notice>,
    pub(super) oldest: Oldest,
    /// Of what cannot wait alone.
    pub(super) urgent: Oldest,
    pub(super) memory: Memory,
}

/// What one way bears.
#[derive(Debug, Default)]
struct Load {
    /// When its latest messages went out, of whatever org.
    sent: Vec<Timestamp>,
    /// The same of what could not wait.
    urgent: Vec<Timestamp>,
    /// How many are under way.
    under_way: usize,
}

/// Everything that waits to be told.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(super) groups: BTreeMap<GroupKey, Group>,
    /// Groups in which something has gathered.
    pub(super) waiting: BTreeSet<GroupKey>,
    /// On their way, by id.
    messages: BTreeMap<String, Message>,
    /// What each way bears, over all orgs.
    ways: BTreeMap<Via, Load>,
    pub(crate) facts: Facts,
    pub(super) worker: Option<UnboundedSender<Order>>,
    /// Items that the batch in the making has changed, with the first new place of their timelines.
    changed: BTreeMap<AlertNumber, usize>,
}

impl Outbox {
    /// The channels that an org's people can be told through.
    pub(crate) fn channels_of(&self, org: &OrgId) -> BTreeSet<ChannelId> {
        let for_it = |only: &Option<OrgId>| only.as_ref().is_none_or(|only| only == org);
        let channels = self.facts.channels.iter().filter(|(_, (_, only))| for_it(only));
        channels.map(|(id, _)| id.clone()).collect()
    }

    /// How much has gathered, and how many messages are on their way.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let gathered = self.waiting.iter().filter_map(|key| self.groups.get(key));
        (gathered.map(|group| group.pending.len()).sum(), self.messages.len())
    }

    /// An item's timeline has grown from `first` on.
    pub(crate) fn changed(&mut self, number: AlertNumber, first: usize) {
        self.changed.entry(number).or_insert(first);
    }

    pub(super) fn take_changed(&mut self) -> BTreeMap<AlertNumber, usize> {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn add(&mut self, notice: Notice) {
        let key = (notice.org.clone(), notice.via.clone());
        self.waiting.insert(key.clone());
        let group = self.groups.entry(key).or_default();
        group.oldest.add(notice.pace, notice.at);
        if notice.is_urgent() {
            group.urgent.add(notice.pace, notice.at);
        }
        group.pending.insert(notice.key.clone(), notice);
    }

    /// A notice, by its key, has been taken up by a message.
    pub(super) fn remove(&mut self, notice: &str) {
        let mut parts = notice.splitn(4, '/');
        let (org, via) = (parts.next().map(str::parse), parts.nth(2).map(str::parse));
        let (Some(Ok(org)), Some(Ok(via))) = (org, via) else { return };
        let key = (org, via);
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.pending.remove(notice);
        if group.pending.is_empty() {
            group.oldest = Oldest::default();
            group.urgent = Oldest::default();
            self.waiting.remove(&key);
        }
    }

    /// The ways that an org's people were told through, or are about to be.
    pub(super) fn ways_of(&self, org: &OrgId) -> BTreeSet<Via> {
        self.groups.keys().filter(|(of, _)| of == org).map(|(_, via)| via.clone()).collect()
    }

    /// Forgets a group: what has gathered in it, which is handed back, and what it was told.
    pub(super) fn forget(&mut self, key: &GroupKey) -> Option<BTreeMap<String, Notice>> {
        self.waiting.remove(key);
        self.groups.remove(key).map(|group| group.pending)
    }

    /// A message is on its way.
    pub(super) fn post(&mut self, message: Message) {
        self.ways.entry(message.via.clone()).or_default().under_way += 1;
        if let Some(twin) = self.messages.insert(message.id.clone(), message) {
            self.arrived(&twin.via);
        }
    }

    /// A message is not on its way any more.
    pub(super) fn take(&mut self, id: &str) -> Option<Message> {
        let message = self.messages.remove(id)?;
        self.arrived(&message.via);
        Some(message)
    }

    fn arrived(&mut self, via: &Via) {
        if let Some(load) = self.ways.get_mut(via) {
            load.under_way = load.under_way.saturating_sub(1);
        }
    }

    /// Every message on its way.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// A way was used at `at`.
    pub(super) fn used(&mut self, via: &Via, haste: Haste, at: Timestamp) {
        let load = self.ways.entry(via.clone()).or_default();
        let sent = match haste {
            Haste::Ordinary => &mut load.sent,
            Haste::Urgent => &mut load.urgent,
        };
        sent.push(at);
        sent.sort_unstable();
        let superfluous = sent.len().saturating_sub(haste.most());
        sent.drain(..superfluous);
    }

    /// What may go out through a way, over all orgs.
    fn admit(&self, via: &Via, haste: Haste, now: Timestamp) -> Admit {
        let sent = self.ways.get(via).map_or(&[][..], |load| match haste {
            Haste::Ordinary => &load.sent,
            Haste::Urgent => &load.urgent,
        });
        limit::admit(sent, haste.most(), now)
    }

    /// Under which bound a group that is due goes out now, and how.
    pub(super) fn admission(&self, key: &GroupKey, now: Timestamp) -> Option<(Haste, Admit)> {
        let group = self.groups.get(key)?;
        let admitted = |haste, oldest| {
            let due = self.facts.timing.due(oldest, group.memory.last).is_some_and(|due| due <= now);
            let admit = self.admit(&key.1, haste, now);
            (due && !matches!(admit, Admit::Not(_))).then_some((haste, admit))
        };
        admitted(Haste::Urgent, group.urgent).or_else(|| admitted(Haste::Ordinary, group.oldest))
    }

    /// When a group is to be told next; `None` while it has nothing, or its way is full.
    fn due_of(&self, key: &GroupKey, now: Timestamp) -> Option<Timestamp> {
        let group = self.groups.get(key)?;
        if self.ways.get(&key.1).is_some_and(|load| load.under_way >= MOST_UNDER_WAY) {
            return None;
        }
        let of = |haste, oldest| {
            let due = self.facts.timing.due(oldest, group.memory.last)?;
            Some(match self.admit(&key.1, haste, now.max(due)) {
                Admit::Not(until) => due.max(until),
                Admit::Message | Admit::Round => due,
            })
        };
        [of(Haste::Urgent, group.urgent), of(Haste::Ordinary, group.oldest)].into_iter().flatten().min()
    }

    /// Ways that keep a state and were told of an item that they think is open.
    pub(super) fn following(&self, org: &OrgId, number: AlertNumber) -> impl Iterator<Item = &Via> {
        let of_org = self
            .groups
            .iter()
            .filter(move |((of, via), _)| of == org && self.facts.kind(via).keeps_a_state());
        of_org.filter(move |(_, group)| group.memory.ledger.open.contains(&number)).map(|((_, via), _)| via)
    }

    /// Groups whose time has come.
    pub(super) fn due(&self, now: Timestamp) -> Vec<GroupKey> {
        let due = |key: &&GroupKey| self.due_of(key, now).is_some_and(|at| at <= now);
        self.waiting.iter().filter(due).cloned().collect()
    }

    /// When there is something to do next.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.waiting.iter().filter_map(|key| self.due_of(key, now)).min()
    }
}
