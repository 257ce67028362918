//! What a row says beyond its roles: tier, escalation chain, service levels, vendor.

use dogwatch_model::{CalendarId, RotaId, SlaId, VendorId, text_enum};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Party;
use crate::alert::Priority;

/// The most steps of one chain: what nobody has taken after ten calls needs people, not an eleventh.
pub const MAX_STEPS: usize = 10;

text_enum! {
    /// How far up the ladder a row's work stands.
    pub enum Tier {
        /// Done by machines and by people for themselves.
        L0 = "L0",
        /// Service desk.
        L1 = "L1",
        /// Administrators.
        L2 = "L2",
        /// Engineers.
        L3 = "L3",
        /// The vendor.
        L4 = "L4",
    }
}

text_enum! {
    /// What the work of a row does for the business: the 4R tag.
    pub enum Tag {
        /// Keeps it going.
        Run = "run",
        /// Puts it right.
        Respond = "respond",
        /// Makes it stronger.
        Reinforce = "reinforce",
        /// Makes it anew.
        Reinvent = "reinvent",
    }
}

/// Whom a step of a chain calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A team or a person.
    Party(Party),
    /// Whoever is on call.
    Rota(RotaId),
    /// The row's vendor or another: tier L4. Its clock is kept apart.
    Vendor(VendorId),
}

/// One step of an escalation chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How long after the alert was routed and still is unclaimed.
    pub after: SignedDuration,
    /// Whom it calls.
    pub to: Call,
    /// The line it stands on.
    pub line: usize,
}

/// A vendor with a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Vendor {
    /// Its id.
    pub id: VendorId,
    /// What people call it.
    pub name: String,
    /// How to reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The number that its desk asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// When its desk is open; always when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Within what it promises to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<SignedDuration>,
}

/// When a service-level clock runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// Around the clock.
    Always,
    /// While the calendar that the row goes by says that the row applies; around the clock for a row without one.
    WithRow,
    /// While this calendar is open.
    During(CalendarId),
}

/// What is promised for one priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Promise {
    /// From the routing to the first claim, in running time.
    pub response: SignedDuration,
    /// From the routing to the end, in running time.
    pub resolve: SignedDuration,
    /// When the clocks run.
    pub runs: Runs,
}

/// What of a working day counts: hours are counted while a row's calendar is open, and that is what a day of it has.
pub const BUSINESS_DAY: SignedDuration = SignedDuration::from_hours(8);

impl Promise {
    /// What is promised where nobody wrote anything else: P1 fifteen minutes and four hours around the clock; P2 one
    /// hour and eight, P3 four hours and three working days, P4 eight hours and ten working days, all of them while the
    /// row applies. A working day counts eight hours.
    pub fn shipped(priority: Priority) -> Self {
        let hours = SignedDuration::from_hours;
        let (response, resolve, runs) = match priority {
            Priority::P1 => (SignedDuration::from_mins(15), hours(4), Runs::Always),
            Priority::P2 => (hours(1), hours(8), Runs::WithRow),
            Priority::P3 => (hours(4), BUSINESS_DAY * 3, Runs::WithRow),
            Priority::P4 => (hours(8), BUSINESS_DAY * 10, Runs::WithRow),
        };
        Self { response, resolve, runs }
    }
}

/// A class of service levels: a promise for each priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlaClass {
    /// Its id.
    pub id: SlaId,
    /// P1 to P4, in that order.
    pub promises: [Promise; 4],
    /// From the hand-off's offer to its answer, in the other side's running time: the OLA between the sides.
    pub accept: SignedDuration,
}

impl SlaClass {
    /// From a hand-off's offer to its answer, when nobody wrote anything else.
    pub const ACCEPT: SignedDuration = SignedDuration::from_mins(30);

    /// What is promised for a priority.
    pub const fn promise(&self, priority: Priority) -> &Promise {
        match priority {
            Priority::P1 => &self.promises[0],
            Priority::P2 => &self.promises[1],
            Priority::P3 => &self.promises[2],
            Priority::P4 => &self.promises[3],
        }
    }
}
