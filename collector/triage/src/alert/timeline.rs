//! An alert's timeline: append-only, one entry per thing that happened.
//!
//! Entries are never changed and never removed; measures (response time, gaps, drift) are computed from them.

use dogwatch_model::{ChannelId, PersonId, RotaId, Side, SiteId, TeamId, text_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Hider, Link, Owner, Packet, Priority, WaitOn};
use crate::finding::Severity;

text_enum! {
    /// A clock of an item.
    pub enum Clock {
        /// From the routing to the first claim.
        Response = "response",
        /// From the routing to the end.
        Resolve = "resolve",
        /// From the call of the vendor to its answer.
        Vendor = "vendor",
        /// From the offer of a hand-off to its answer: between the sides.
        Accept = "accept",
    }
}

text_enum! {
    /// What went wrong at the boundary between the sides.
    pub enum Measure {
        /// The first-responder window ended and nobody had claimed it, or the catch-all took it.
        Gap = "gap",
        /// Both sides worked on it at once, without a hand-off.
        Collision = "collision",
        /// It returned to a side that had it before.
        Bounce = "bounce",
        /// Two open items about the same thing.
        DoubleTicket = "double_ticket",
        /// It was first handed, or handed on, to whom it never belonged.
        Misroute = "misroute",
    }
}

/// How telling somebody ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Told {
    /// The channel took it.
    Delivered {
        /// How many tries it took.
        tries: u32,
    },
    /// It was given up.
    Failed {
        /// How many tries there were.
        tries: u32,
        /// What the last one said.
        error: String,
    },
}

/// One entry of an alert's append-only timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// It came into the queue.
    Created {
        /// Its title then.
        title: String,
        /// How bad it was.
        severity: Severity,
    },
    /// It was routed to a team.
    Routed {
        /// To whom and why.
        owner: Owner,
    },
    /// Its endpoint moved to another site of the org.
    Moved {
        /// From which.
        from: SiteId,
        /// To which.
        to: SiteId,
    },
    /// Its severity changed while firing.
    SeverityChanged {
        /// Before.
        from: Severity,
        /// After.
        to: Severity,
    },
    /// The condition cleared.
    Cleared,
    /// The condition returned while somebody still had it.
    Returned,
    /// It had ended and came again inside the reopen window.
    Reopened,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody did what needs a reason.
    Override {
        /// Which act, by its [`name`](super::Act::name).
        act: String,
        /// Why.
        reason: String,
    },
    /// Somebody took it.
    Claimed,
    /// Somebody gave it back.
    Released,
    /// Somebody said something.
    Comment {
        /// What.
        text: String,
    },
    /// It ended.
    Closed {
        /// How.
        resolution: String,
    },
    /// Somebody opened it by hand.
    OpenedByHand {
        /// What they wrote.
        text: String,
    },
    /// Somebody opened it again.
    ReopenedByHand {
        /// Why.
        reason: String,
    },
    /// It was given to a person; its team stays.
    Assigned {
        /// To whom.
        to: PersonId,
    },
    /// Its priority was set by hand.
    Prioritised {
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
        /// Why.
        reason: String,
    },
    /// A hand-off was offered.
    Offered {
        /// To which team.
        to: TeamId,
        /// What goes with it.
        packet: Packet,
        /// Because it never belonged here.
        #[serde(default)]
        not_ours: bool,
    },
    /// The offer was taken back by who made it.
    OfferWithdrawn,
    /// The offer was not answered in time.
    OfferExpired,
    /// The hand-off was accepted.
    Accepted,
    /// The hand-off was declined; it is back with who offered it.
    Declined {
        /// Why.
        reason: String,
        /// Because it never belonged there.
        #[serde(default)]
        not_ours: bool,
    },
    /// The first-responder window ended unclaimed: it went over to the backup by itself.
    HandedOver {
        /// To whom and why.
        owner: Owner,
    },
    /// A step of the escalation chain was taken.
    Escalated {
        /// Which, from 1; absent for the last resort.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u8>,
        /// Who was called, in words: `rota noc-nights (mira)`.
        to: String,
        /// The person among them; absent when a whole team or a vendor is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// The rota that should have had somebody and has not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        empty: Option<RotaId>,
        /// Why this one.
        why: String,
    },
    /// Its holder was reminded that nothing has happened for a while.
    Reminded,
    /// Its holder did nothing for so long that it is free again.
    Lapsed,
    /// A side that had something of it has left the org: what its people had is free again.
    SideLeft {
        /// Which.
        side: Side,
    },
    /// It waits.
    Waits {
        /// For whom or what.
        on: WaitOn,
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// It waits no more.
    WaitEnded,
    /// It was put to sleep.
    Snoozed {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// It woke: by itself, by hand, or because it got worse.
    Woke,
    /// Something hides it.
    Hidden {
        /// What.
        hider: Hider,
    },
    /// What hid it has ended.
    Unhidden {
        /// What.
        hider: Hider,
    },
    /// It comes and goes.
    FlappingBegan {
        /// How often it came in the time that counts.
        returns: u32,
    },
    /// It has been calm for a while.
    FlappingEnded,
    /// A clock has used up a share of its time.
    SlaWarned {
        /// Which.
        clock: Clock,
        /// The share, in percent.
        percent: u8,
        /// When it ends, as things stand.
        deadline: Timestamp,
    },
    /// A clock has run out.
    SlaBreached {
        /// Which.
        clock: Clock,
        /// When it ended.
        deadline: Timestamp,
    },
    /// Somebody was told.
    Notified {
        /// The team or person.
        who: String,
        /// Through which channel.
        channel: ChannelId,
        /// The key under which it was sent, the same on every try.
        key: String,
        /// How it went.
        #[serde(flatten)]
        told: Told,
    },
    /// Somebody should have been told and was not.
    NotNotified {
        /// The team or person.
        who: String,
        /// Why not.
        why: String,
    },
    /// It was tied to another item.
    Linked {
        /// How, and to which.
        link: Link,
    },
    /// Something went wrong at the boundary.
    Measured {
        /// What.
        measure: Measure,
        /// How, in a sentence.
        how: String,
    },
    /// Somebody said whether it was worth their time.
    Feedback {
        /// It was noise.
        noise: bool,
        /// What else they said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
}

impl TimelineEvent {
    /// Something Dogwatch did.
    pub const fn by_dogwatch(at: Timestamp, kind: EventKind) -> Self {
        Self { at, by: Actor::DOGWATCH, kind }
    }
}
