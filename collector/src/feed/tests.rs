//! Changes in, events out: made-up changes, listeners of every kind, and what each must and must not be told.

mod commits;
mod flow;
mod told;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::body::Bytes;
use dogwatch_model::{EndpointId, OrgId, SiteId};

use super::{
    Feed, Kind, Listener, Since,
    change::{Change, Group},
    listener::{Audience, Looked, Over},
    notice::News,
};

pub(super) fn group(org: &str, site: &str, kind: Kind) -> Arc<Group> {
    let group = Group {
        org: Some(OrgId::new(org).unwrap()),
        site: (!site.is_empty()).then(|| SiteId::new(site).unwrap()),
        kind,
    };
    Arc::new(group)
}

/// A change that is known again by its number.
pub(super) fn change(group: &Arc<Group>, number: usize) -> Change {
    Change::new(Arc::clone(group), serde_json::json!({ "number": number }))
}

pub(super) fn news(changes: Vec<Change>) -> News {
    News { changes, access: false }
}

/// What somebody may hear, for a test to change while they listen.
#[derive(Clone, Default)]
pub(super) struct Rights(Arc<Mutex<Option<BTreeSet<Group>>>>);

impl Rights {
    pub(super) fn to<'g>(groups: impl IntoIterator<Item = &'g Arc<Group>>) -> Self {
        let rights = Self::default();
        rights.set(Some(groups.into_iter().map(|group| Group::clone(group)).collect()));
        rights
    }

    pub(super) fn set(&self, groups: Option<BTreeSet<Group>>) {
        *self.0.lock().unwrap() = groups;
    }
}

/// Somebody with rights, as they were at the last look.
struct Somebody {
    rights: Rights,
    seen: BTreeSet<Group>,
}

impl Audience for Somebody {
    fn look(&mut self) -> Result<Looked, Over> {
        let seen = self.rights.0.lock().unwrap().clone().ok_or(Over::NotAllowed)?;
        let before = std::mem::replace(&mut self.seen, seen);
        Ok(if before.is_subset(&self.seen) { Looked::AsBefore } else { Looked::LessThanBefore })
    }

    fn hears(&self, group: &Group) -> bool {
        self.seen.contains(group)
    }
}

pub(super) fn listen(feed: &Feed, rights: &Rights, since: Since<'_>) -> Listener {
    let seen = rights.0.lock().unwrap().clone().unwrap_or_default();
    let somebody = Somebody { rights: rights.clone(), seen };
    let place = feed.place(format!("acme:p{}", uuid::Uuid::new_v4().simple()).parse().unwrap()).ok().unwrap();
    feed.listen(Box::new(somebody), since, place)
}

/// One event as a client reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) data: serde_json::Value,
}

impl Event {
    pub(super) fn number(&self) -> Option<usize> {
        self.data["number"].as_u64().and_then(|number| usize::try_from(number).ok())
    }
}

/// Reads what was handed out, as the standard says it is read.
pub(super) fn read(bytes: &[Bytes]) -> Vec<Event> {
    let text: String = bytes.iter().map(|bytes| std::str::from_utf8(bytes).unwrap()).collect();
    let mut events = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let (Some(id), Some(kind), Some(data)) = (field("id: "), field("event: "), field("data: ")) else {
            assert!(block.starts_with(": ") || block.starts_with("retry: "), "{block}");
            continue;
        };
        events.push(Event { id, kind, data: serde_json::from_str(&data).unwrap() });
    }
    events
}

/// All that is ready to be handed out now.
pub(super) async fn ready(listener: &mut Listener) -> Vec<Event> {
    let mut bytes = Vec::new();
    // What is ready comes without waiting; nobody waits here for what is not.
    while let Ok(Some(some)) = tokio::time::timeout(std::time::Duration::ZERO, listener.next()).await {
        bytes.push(some);
    }
    read(&bytes)
}

pub(super) fn numbers(events: &[Event]) -> Vec<usize> {
    events.iter().filter_map(Event::number).collect()
}

pub(super) fn endpoint(n: u128) -> EndpointId {
    EndpointId(uuid::Uuid::from_u128(n))
}
