//! A broken seal is an item of the org at once, a critical one: both sides are to know who came in that way, and why.

use dogwatch_model::{OrgId, RuleId, SiteId, ToolId};
use dogwatch_triage::finding::{Category, Evidence, Finding, Severity};
use jiff::Timestamp;

use super::place;
use crate::{access::Seal, core::Batch, policy::Policy, state::State};

/// The rule of such items; no rule file may have one of that name.
const BROKEN: &str = "break-glass";

/// The tool whose owner it concerns: Dogwatch itself.
const TOOL: &str = "rmm";

/// The site of an org without endpoints, as the starter matrix calls it.
const NO_SITE: &str = "main";

/// Opens the item. It stays until somebody closes it.
pub(crate) fn glass_broken(
    state: &mut State,
    policy: &Policy,
    org: &OrgId,
    seal: &Seal,
    now: Timestamp,
    batch: &mut Batch,
) {
    let first = state.members.values().find(|member| member.endpoint.org == *org);
    let site = first.map(|member| member.endpoint.site.clone()).or_else(|| SiteId::new(NO_SITE).ok());
    let (Some(site), Some(finding)) = (site, finding(seal, now)) else { return };
    if let Some(number) = place::raise(state, policy, &(org.clone(), site), &finding, now, batch) {
        state.raised.push(number);
    }
}

fn finding(seal: &Seal, now: Timestamp) -> Option<Finding> {
    let evidence = |name: &str, value: String| Evidence { name: name.to_owned(), value };
    Some(Finding {
        rule: RuleId::new(BROKEN).ok()?,
        subject: seal.id.clone(),
        category: Category::Security,
        tool: ToolId::new(TOOL).ok()?,
        severity: Severity::Critical,
        title: format!("A sealed break-glass code of the {} side was used", seal.side),
        evidence: vec![
            evidence("opens", format!("administer on {} for an hour", seal.scope)),
            evidence(
                "lets in",
                "people and rights for a week, unless an administrator of that side confirms them".into(),
            ),
            evidence(
                "lets in again",
                "who is known; for three days, who administers there confirms them (`dogwatch access approve GRANT`) or \
                 objects (`access refuse GRANT`)"
                    .into(),
            ),
            evidence("sealed by", format!("{} at {:.0}", seal.made_by, seal.made_at)),
        ],
        since: now,
    })
}
