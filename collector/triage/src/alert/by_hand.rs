//! Items that a person opens: the phone call becomes one item, not a second ticket beside the alert.
//!
//! It lives by the same rules as any other, except that no rule sees it: it holds until somebody says that it is over.
//! Each is one of its own, by its number; whether it is the same as another is for people to say, and
//! [`is_it_this_one`] asks them before it is opened.

use dogwatch_model::{Criticality, Endpoint, EndpointId, OrgId, RuleId, SiteId, ToolId};
use jiff::Timestamp;

use super::{
    Actor, Alert, AlertNumber, Change, Condition, EventKind, Owner, Priority, Progress, Refusal,
    TimelineEvent, Visibility, Work, act::written,
};
use crate::finding::{Category, Severity};

/// The rule of items that were opened by hand; no rule file may have one of that name.
pub const BY_HAND: &str = "by-hand";

/// The longest title, in characters: a line of the queue. The whole text stands in the timeline.
pub const MAX_TITLE_CHARS: usize = 120;

/// What a person opens.
#[derive(Debug, Clone)]
pub struct ByHand<'a> {
    /// The org.
    pub org: &'a OrgId,
    /// The site.
    pub site: &'a SiteId,
    /// The endpoint, if it is about one.
    pub endpoint: Option<&'a Endpoint>,
    /// The tool whose owner it concerns.
    pub tool: &'a ToolId,
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter. Its first line is the title.
    pub text: &'a str,
}

impl Alert {
    /// Opens an item by hand: unclaimed, owned by whom the matrix names.
    ///
    /// # Errors
    /// [`Refusal`] when the text is empty or too long, or when it is not a person who opens it.
    pub fn open_by_hand(
        number: AlertNumber,
        what: &ByHand<'_>,
        owner: Owner,
        by: &Actor,
        at: Timestamp,
    ) -> Result<Change, Refusal> {
        if by.person.is_none() || by.side.is_none() {
            return Err(Refusal::NotAPerson);
        }
        let text = written("text", what.text)?;
        let criticality = what.endpoint.map_or(Criticality::Normal, |endpoint| endpoint.criticality);
        let title = text.lines().next().unwrap_or_default().chars().take(MAX_TITLE_CHARS).collect();
        let alert = Self {
            number,
            version: 1,
            org: what.org.clone(),
            site: what.site.clone(),
            endpoint: what.endpoint.map(|endpoint| endpoint.id),
            endpoint_name: what.endpoint.map(|endpoint| endpoint.name.clone()).unwrap_or_default(),
            rule: rule(),
            subject: number.0.to_string(),
            category: what.category,
            tool: what.tool.clone(),
            severity: what.severity,
            priority: Priority::of(what.severity, criticality),
            title,
            evidence: Vec::new(),
            condition: Condition::Firing,
            work: Work::Unclaimed,
            visibility: Visibility::Normal,
            owner: owner.clone(),
            assignee: None,
            acknowledged_by: None,
            touched: true,
            since: at,
            first_seen: at,
            last_seen: at,
            count: 1,
            cleared_at: None,
            closed: None,
            offer: None,
            waiting: None,
            snooze: None,
            hidden_by: Vec::new(),
            links: Vec::new(),
            joint: None,
            told_every: None,
            opened_by: Some(by.clone()),
            returns: Vec::new(),
            flap: None,
            progress: Progress::begin(at),
        };
        let events = vec![
            TimelineEvent { at, by: by.clone(), kind: EventKind::OpenedByHand { text } },
            TimelineEvent::by_dogwatch(at, EventKind::Routed { owner }),
        ];
        Ok((alert, events))
    }
}

fn rule() -> RuleId {
    RuleId::new(BY_HAND).expect("a name of letters and a dash")
}

/// The items that somebody who is about to open one may mean: those that are not done, about the same endpoint and the
/// same tool, the latest seen first.
pub fn is_it_this_one<'a>(
    items: impl Iterator<Item = &'a Alert>,
    endpoint: Option<EndpointId>,
    tool: &ToolId,
) -> Vec<&'a Alert> {
    let same = |alert: &&Alert| alert.work != Work::Done && alert.endpoint == endpoint && alert.tool == *tool;
    let mut found: Vec<_> = items.filter(same).collect();
    found.sort_by_key(|alert| (core::cmp::Reverse(alert.last_seen), alert.number));
    found
}
