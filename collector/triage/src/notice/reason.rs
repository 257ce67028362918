//! Why somebody hears of an item, in the order of weight, and what follows from it.

use dogwatch_model::text_enum;

use crate::alert::{Alert, Priority, Visibility, Work};

text_enum! {
    /// Why somebody hears of an item. What is declared first weighs most.
    pub enum Reason {
        /// A clock has run out.
        Breached = "breached",
        /// A step of the escalation chain calls them.
        Escalated = "escalated",
        /// The first-responder window ended unclaimed, and it is theirs now.
        HandedOver = "handed_over",
        /// Their first-responder window ended unclaimed, and it is the other team's now.
        WindowPassed = "window_passed",
        /// It was offered to them.
        Offered = "offered",
        /// It was given to them.
        Assigned = "assigned",
        /// It is theirs: new, routed anew, or seen again.
        Opened = "opened",
        /// It got worse.
        Worse = "worse",
        /// What they offered was declined.
        Declined = "declined",
        /// What they offered was not answered.
        Unanswered = "unanswered",
        /// What they offered was accepted.
        Accepted = "accepted",
        /// A clock nears its end.
        Warned = "warned",
        /// They did nothing for so long that it is free again.
        Lapsed = "lapsed",
        /// They have done nothing with it for a while.
        Reminded = "reminded",
        /// It had cleared, and is back while they hold it.
        Returned = "returned",
        /// A vendor is to be called.
        CallVendor = "call_vendor",
        /// Nobody has taken it since they were told.
        StillOpen = "still_open",
        /// The matrix says that they are told.
        Informed = "informed",
        /// Somebody has it.
        Taken = "taken",
        /// It is over.
        Closed = "closed",
    }
}

text_enum! {
    /// How long somebody may wait to hear.
    pub enum Pace {
        /// Not at all.
        Now = "now",
        /// As long as it takes to see whether more of the kind comes.
        Soon = "soon",
        /// Until the next round.
        Calm = "calm",
    }
}

impl Reason {
    /// How soon it is to be told. What went wrong with a P1 cannot wait for company; an answer that somebody waits for,
    /// and every other word of a P1, waits for little of it.
    pub const fn pace(self, priority: Priority) -> Pace {
        match (self, priority) {
            (Self::Breached | Self::Escalated | Self::HandedOver | Self::WindowPassed, Priority::P1) => {
                Pace::Now
            }
            (Self::Informed, _) => Pace::Calm,
            (Self::Offered | Self::Assigned | Self::Declined | Self::Accepted | Self::Unanswered, _)
            | (Self::Taken | Self::Closed, _)
            | (_, Priority::P1) => Pace::Soon,
            _ => Pace::Calm,
        }
    }

    /// In a few words, after the item's title.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Breached => "a promised time has run out",
            Self::Escalated => "escalated to you",
            Self::HandedOver => "nobody took it in time: it is yours now",
            Self::WindowPassed => "nobody of you took it in time: it went to the backup",
            Self::Offered => "offered to you",
            Self::Assigned => "given to you",
            Self::Opened => "it is yours",
            Self::Worse => "it got worse",
            Self::Declined => "your hand-off was declined",
            Self::Unanswered => "your hand-off was not answered in time",
            Self::Accepted => "your hand-off was accepted",
            Self::Warned => "a promised time is running out",
            Self::Lapsed => "nothing happened for too long: it is free again",
            Self::Reminded => "nothing has happened for a while",
            Self::Returned => "it is back",
            Self::CallVendor => "the vendor is to be called",
            Self::StillOpen => "still nobody has taken it",
            Self::Informed => "for your information",
            Self::Taken => "somebody has taken it",
            Self::Closed => "it is over",
        }
    }

    /// Why it need not be told any more, given how the item is by now: it was decided some seconds or minutes ago.
    pub fn moot(self, alert: &Alert) -> Option<&'static str> {
        let calls_for_hands =
            matches!(self, Self::Opened | Self::Escalated | Self::StillOpen | Self::CallVendor);
        let is_history = matches!(
            self,
            Self::Closed
                | Self::Taken
                | Self::Accepted
                | Self::Declined
                | Self::WindowPassed
                | Self::HandedOver
                | Self::Breached
        );
        if alert.work == Work::Done && !is_history {
            return Some("it was over before the message went out");
        }
        if alert.work != Work::Unclaimed && calls_for_hands {
            return Some("somebody had taken it before the message went out");
        }
        let hidden = alert.visibility != Visibility::Normal;
        let of_the_machine = matches!(
            self,
            Self::Opened | Self::StillOpen | Self::Worse | Self::Returned | Self::Informed | Self::Reminded
        );
        (hidden && of_the_machine).then_some("it was hidden before the message went out")
    }
}
