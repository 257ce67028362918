//! Maintenance windows: what people planned, where, and in whose time.
//!
//! A window begins at a local time of its zone on each date that its [`Recurrence`] names and lasts a stretch of real
//! time: two hours of work are two hours, also in the night in which the clocks change. A start in the hour that the
//! clocks jump over happens at the jump; one in the hour that comes twice happens the first time.
//!
//! No window hides for longer than [`MAX_LENGTH`] at a stretch: one whose times touch each other is refused.

use core::fmt;

use dogwatch_model::{Endpoint, OrgId, SiteId, ToolId, WindowId};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

mod stretch;

use super::recurrence::Recurrence;
use crate::{
    alert::Actor,
    filter::{self, Filter, Verdict, Vocabulary},
    finding::Category,
};

/// The longest window: three days. What is hidden for longer is a decision, not maintenance.
pub const MAX_LENGTH: SignedDuration = SignedDuration::from_hours(72);

/// The longest reason, in bytes: a sentence or two.
pub const MAX_REASON_BYTES: usize = 1024;

/// A window as it is asked for and as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWindow {
    /// The org; a window is never for several.
    pub org: OrgId,
    /// One site of it; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Which endpoints, as a CEL expression; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only items of these categories; of all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// Only items of these tools; of all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolId>,
    /// When it begins first, in local time: `2026-12-05T22:00`.
    pub starts: DateTime,
    /// The IANA zone of that time.
    pub zone: String,
    /// How long it lasts, at most [`MAX_LENGTH`].
    pub lasts: SignedDuration,
    /// When it comes again.
    #[serde(default = "once")]
    pub every: Recurrence,
    /// The last date on which it begins; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
    /// Why, in a sentence.
    pub reason: String,
}

const fn once() -> Recurrence {
    Recurrence::Once
}

/// A window that stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Window {
    /// Its id.
    pub id: WindowId,
    /// What was asked for.
    #[serde(flatten)]
    pub plan: NewWindow,
    /// Who made it.
    pub by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When somebody ended it for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    zone: TimeZone,
    #[serde(skip)]
    filter: Option<Filter>,
}

/// Why a window was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// No such zone.
    #[error("there is no time zone `{0}`; use an IANA name such as America/Toronto")]
    Zone(String),
    /// Too long, or without length.
    #[error("a window lasts from 1 minute to 72 hours, and this one {0:#}")]
    Length(SignedDuration),
    /// No reason.
    #[error("say why, in a sentence of at most {MAX_REASON_BYTES} bytes: the other side reads it")]
    Reason,
    /// The filter does not compile.
    #[error("the endpoint filter does not compile: {0}")]
    Filter(String),
    /// Its year was mistyped.
    #[error("it would begin at {0}, more than five years ahead; write a nearer date")]
    Far(DateTime),
    /// It comes again before it has ended: nothing would be seen for longer than [`MAX_LENGTH`].
    #[error(
        "it would hide without a break: `{every}` begins again at {next:.0} when the one before, of {lasts:#}, is not over; \
         make it shorter, or let it come again less often"
    )]
    JoinsUp {
        /// How long each lasts.
        lasts: SignedDuration,
        /// When it comes again.
        every: Recurrence,
        /// The first begin that is too early.
        next: Timestamp,
    },
    /// It ends before it begins.
    #[error("it would never begin: {0}")]
    Never(String),
}

/// The row in storage: without what is made of it.
#[derive(Deserialize)]
struct Kept {
    id: WindowId,
    org: OrgId,
    site: Option<SiteId>,
    filter: Option<String>,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    tools: Vec<ToolId>,
    starts: DateTime,
    zone: String,
    lasts: SignedDuration,
    every: Recurrence,
    last_day: Option<Date>,
    reason: String,
    by: Actor,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let plan = NewWindow {
            org: kept.org,
            site: kept.site,
            filter: kept.filter,
            categories: kept.categories,
            tools: kept.tools,
            starts: kept.starts,
            zone: kept.zone,
            lasts: kept.lasts,
            every: kept.every,
            last_day: kept.last_day,
            reason: kept.reason,
        };
        let window = Self::kept(kept.id, plan, kept.by, kept.created_at).map_err(serde::de::Error::custom)?;
        Ok(Self { ended_at: kept.ended_at, ..window })
    }
}

impl Window {
    /// Makes a window of what was asked for.
    ///
    /// # Errors
    /// [`WindowError`] with what to mend.
    pub fn new(id: WindowId, mut plan: NewWindow, by: Actor, at: Timestamp) -> Result<Self, WindowError> {
        // Kept as an expression: the short form is a way to type, and may come to mean something else.
        let typed = plan.filter.as_deref().map(Filter::typed).transpose();
        let typed = typed.map_err(|error| WindowError::Filter(error.to_string()))?;
        plan.filter = typed.map(|filter| filter.source().to_owned());
        let window = Self::kept(id, plan, by, at)?;
        window.check_stretches(at)?;
        Ok(window)
    }

    /// Makes sure that its filter asks for owners whom the org's matrix can name.
    ///
    /// # Errors
    /// [`WindowError::Filter`] with the first tool or team that is not known.
    pub fn known_to<'m>(&self, vocabulary: impl FnOnce() -> Vocabulary<'m>) -> Result<(), WindowError> {
        let known = self.filter.as_ref().map_or(Ok(()), |filter| filter.known_to(vocabulary));
        known.map_err(|error| WindowError::Filter(error.to_string()))
    }

    /// One that was taken once: whether it ever begins is not asked again.
    fn kept(id: WindowId, plan: NewWindow, by: Actor, at: Timestamp) -> Result<Self, WindowError> {
        let zone = TimeZone::get(&plan.zone).map_err(|_| WindowError::Zone(plan.zone.clone()))?;
        if plan.lasts < SignedDuration::from_mins(1) || plan.lasts > MAX_LENGTH {
            return Err(WindowError::Length(plan.lasts));
        }
        if plan.reason.trim().is_empty() || plan.reason.len() > MAX_REASON_BYTES {
            return Err(WindowError::Reason);
        }
        let filter = plan.filter.as_deref().map(Filter::compile).transpose();
        let filter = filter.map_err(|error| WindowError::Filter(error.to_string()))?;
        Ok(Self { id, plan, by, created_at: at, ended_at: None, zone, filter })
    }

    /// Whether it is about a part of its org only: a site, some endpoints, categories or tools.
    pub const fn is_narrowed(&self) -> bool {
        let plan = &self.plan;
        plan.site.is_some() || plan.filter.is_some() || !plan.categories.is_empty() || !plan.tools.is_empty()
    }

    /// Whether it is about a site, whatever the item.
    pub fn is_about(&self, org: &OrgId, site: &SiteId) -> bool {
        self.plan.org == *org && self.plan.site.as_ref().is_none_or(|own| own == site)
    }

    /// Whether it is about items of a category and a tool on an endpoint; without an endpoint, about what concerns
    /// the site as a whole. A filter that cannot be judged does not match: what is not known is not hidden.
    pub fn covers(
        &self,
        (org, site): (&OrgId, &SiteId),
        (category, tool): (Category, &ToolId),
        endpoint: Option<&filter::Row<'_>>,
    ) -> bool {
        let plan = &self.plan;
        self.is_about(org, site)
            && (plan.categories.is_empty() || plan.categories.contains(&category))
            && (plan.tools.is_empty() || plan.tools.contains(tool))
            && match (&self.filter, endpoint) {
                (None, _) => true,
                (Some(filter), Some(row)) => filter.judge(row) == Verdict::Match,
                (Some(_), None) => false,
            }
    }

    /// Whether it says anything about an endpoint, whatever the item.
    pub fn concerns(&self, endpoint: &Endpoint) -> bool {
        self.is_about(&endpoint.org, &endpoint.site)
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        let key = |window: &Self| (window.id.clone(), window.created_at, window.ended_at);
        key(self) == key(other) && self.plan == other.plan && self.by == other.by
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "window {} ({})", self.id, self.plan.reason)
    }
}
