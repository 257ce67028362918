//! What the address says of every message of a sender: the tool and the site where the message says none.
//!
//! One that nobody knows was mistyped, and all that comes from there would stand in the wrong place, owned by the catch-all, with
//! nobody told; so it is refused. What a message says by itself is taken as it is: it comes from many hands.

use dogwatch_model::{SiteId, ToolId};
use dogwatch_triage::filter::nearest;

use super::Incoming;
use crate::api::problem::Problem;

/// Refuses a tool or site that the org does not have. Told is only a name that is near, for who feeds need not see the others.
pub(super) fn check(incoming: &Incoming<'_>) -> Result<(), Problem> {
    if let Some(tool) = &incoming.query.tool {
        known_tool(incoming, tool)?;
    }
    incoming.query.site.as_ref().map_or(Ok(()), |site| known_site(incoming, site))
}

fn known_tool(incoming: &Incoming<'_>, tool: &ToolId) -> Result<(), Problem> {
    let policy = incoming.api.core.policy();
    let known = policy.tools(&incoming.org);
    if known.contains(tool.as_str()) {
        return Ok(());
    }
    let mend = match nearest(tool.as_str(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "mend `tool=` in the address, or add the tool to the matrix".to_owned(),
    };
    Err(Problem::invalid(format!("there is no tool `{tool}` in the matrix of {}; {mend}", incoming.org)))
}

fn known_site(incoming: &Incoming<'_>, site: &SiteId) -> Result<(), Problem> {
    let org = &incoming.org;
    // What a token is limited to was looked at when it was made.
    if incoming.caller.principal().site.as_ref() == Some(site) {
        return Ok(());
    }
    incoming.caller.see(incoming.api, |sight| {
        if sight.feeds(org, site) {
            return Ok(());
        }
        let known = sight.fed_sites(org);
        let mend = match nearest(site.as_str(), known.iter().map(|site| site.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "a site is known once it has a join token: `dogwatch join-token create --org {org} --site {site}`"
            ),
        };
        Err(Problem::invalid(format!("there is no site `{site}` of {org} that this token may feed; {mend}")))
    })
}
