//! Places by the names that people type: an org or a site that they do not see, or that is not there, is one answer, with the
//! one that they may have meant.

use dogwatch_triage::filter::nearest;

use super::{Shared, caller::Caller, problem::Problem};
use crate::access::Scope;

/// A place that somebody named: a right at one that nobody knows would open nothing, and nobody would notice.
pub(super) fn place(api: &Shared, caller: &Caller, scope: Scope) -> Result<Scope, Problem> {
    let Some(org) = scope.org() else { return Ok(scope) };
    let policy = api.core.policy();
    let mend = |near: Option<&str>| near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    if !(policy.orgs.contains_key(org) && caller.sees(org)) {
        let seen = policy.orgs.keys().filter(|org| caller.sees(org));
        let mend = mend(nearest(org.as_str(), seen.map(|org| org.as_str())));
        return Err(Problem::not_found(format!("there is no org `{org}` that you may see{mend}")));
    }
    let Some(site) = scope.site() else { return Ok(scope) };
    caller.see(api, |sight| {
        let known = sight.sites(org);
        if known.contains(site) {
            return Ok(());
        }
        let near = nearest(site.as_str(), known.iter().map(|site| site.as_str()));
        let mend = match near {
            None => format!(
                "; a site is known once it has a join token: `dogwatch join-token create --org {org} --site {site}`"
            ),
            near => mend(near),
        };
        Err(Problem::not_found(format!("there is no site `{site}` of {org} that you may see{mend}")))
    })?;
    Ok(scope)
}
