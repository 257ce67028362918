//! Places by the names that people type: an org or a site that they do not see, or that is not there, is one answer, with the
//! one that they may have meant.

use dogwatch_model::OrgId;
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

/// Refuses a list of what is of an org that is not there, or of which who asks sees nothing: an empty one would look as if
/// there were nothing of it.
pub(super) fn known_org(api: &Shared, caller: &Caller, org: Option<&OrgId>) -> Result<(), Problem> {
    let policy = api.core.policy();
    match org {
        Some(org) if !(policy.orgs.contains_key(org) && caller.sees(org)) => Err(no_org(api, caller, org)),
        _ => Ok(()),
    }
}

/// No such org in sight; those that are, are named, or the one that may have been meant.
pub(super) fn no_org(api: &Shared, caller: &Caller, org: &OrgId) -> Problem {
    let policy = api.core.policy();
    let seen: Vec<&str> = policy.orgs.keys().filter(|org| caller.sees(org)).map(|org| org.as_str()).collect();
    let mend = match nearest(org.as_str(), seen.iter().copied().filter(|seen| *seen != org.as_str())) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if seen.is_empty() => String::new(),
        None => format!("; there are: {}", seen.join(", ")),
    };
    Problem::not_found(format!("there is no org `{org}` that you may see{mend}"))
}
