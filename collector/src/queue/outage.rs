//! A site that is unreachable becomes one item of the queue, and a collector without network none at all.
//!
//! Asked once a batch for each site where an endpoint fell silent or came back, however many did.

use std::collections::BTreeMap;

use dogwatch_model::{EndpointId, EndpointState, OrgId, RuleId, SiteId, ToolId};
use dogwatch_triage::{
    alert::AlertNumber,
    finding::{Category, Evidence, Finding, Severity},
    mute::{
        Outage, Silence,
        outage::{Limits, of_fleet, of_site},
    },
};
use jiff::Timestamp;

use super::place;
use crate::{
    core::Batch,
    policy::Policy,
    state::{Member, State},
};

/// The rule of the item that stands for a whole site; no rule file may have one of that name.
pub(super) const SITE_UNREACHABLE: &str = "site-unreachable";

/// The tool whose owner it concerns: that of the shipped rules about availability.
const TOOL: &str = "monitoring";

/// Judges the sites of which there is news. Gives what is to be looked after at once: the items of the sites, and the
/// endpoints with items that they may hide.
pub(crate) fn judge_sites(
    state: &mut State,
    policy: &Policy,
    now: Timestamp,
    batch: &mut Batch,
) -> (Vec<AlertNumber>, Vec<EndpointId>) {
    let mut unrest = std::mem::take(&mut state.unrest);
    let believed = state.storm.as_ref().is_some_and(|storm| storm.until <= now);
    if unrest.is_empty() && !believed {
        return (Vec::new(), Vec::new());
    }
    let sites = silences(state);
    if believed {
        // What was put down to the collector's own network is looked at again, site by site.
        let silent = sites.iter().filter(|(_, site)| site.iter().any(|one| one.since.is_some()));
        unrest.extend(silent.map(|(place, _)| place.clone()));
    }
    let limits = Limits::default();
    let fleet: Vec<Vec<Silence>> = sites.values().cloned().collect();
    let storm = of_fleet(&fleet, &limits).filter(|storm| now < storm.until);
    if storm.is_some() != state.storm.is_some() {
        match &storm {
            Some(storm) => tracing::warn!(
                silent = storm.silent, of = storm.of, until = %storm.until,
                "many sites fell silent at once: the collector's own network is suspected, nobody is called yet"
            ),
            None => tracing::info!("the storm is over"),
        }
    }
    state.storm = storm;
    let (mut items, mut endpoints) = (Vec::new(), Vec::new());
    for place in unrest {
        let outage = sites.get(&place).and_then(|site| of_site(site, &limits));
        // While the collector suspects itself, no site is blamed.
        let outage = outage.filter(|_| state.storm.is_none());
        items.extend(settle(state, policy, &place, outage.as_ref(), now, batch));
        let here = |member: &&Member| member.endpoint.org == place.0 && member.endpoint.site == place.1;
        let open = state.members.values().filter(here).filter(|member| member.counts.open > 0);
        endpoints.extend(open.map(|member| member.endpoint.id));
    }
    (items, endpoints)
}

/// Since when the endpoints of each site have been silent.
fn silences(state: &State) -> BTreeMap<(OrgId, SiteId), Vec<Silence>> {
    let mut sites: BTreeMap<(OrgId, SiteId), Vec<Silence>> = BTreeMap::new();
    for member in state.members.values().filter(|member| member.endpoint.state == EndpointState::Active) {
        let (endpoint, presence) = (&member.endpoint, &member.endpoint.presence);
        let since = (!presence.online && presence.goodbye.is_none()).then_some(presence.since);
        if let Some(silence) = Silence::of(endpoint, since) {
            sites.entry((endpoint.org.clone(), endpoint.site.clone())).or_default().push(silence);
        }
    }
    sites
}

/// Opens or ends the item of a site.
fn settle(
    state: &mut State,
    policy: &Policy,
    at: &(OrgId, SiteId),
    outage: Option<&Outage>,
    now: Timestamp,
    batch: &mut Batch,
) -> Option<AlertNumber> {
    match outage {
        Some(outage) => place::raise(state, policy, at, &finding(at, outage)?, now, batch),
        None => place::lower(state, at, (SITE_UNREACHABLE, ""), now, batch),
    }
}

fn finding((_, site): &(OrgId, SiteId), outage: &Outage) -> Option<Finding> {
    let mut evidence = vec![
        Evidence {
            name: "silent".to_owned(),
            value: format!("{} of {} endpoints", outage.silent, outage.of),
        },
        Evidence { name: "since".to_owned(), value: format!("{:.0}", outage.since) },
    ];
    if outage.gateway {
        evidence.push(Evidence { name: "gateway".to_owned(), value: "is silent too".to_owned() });
    }
    Some(Finding {
        rule: RuleId::new(SITE_UNREACHABLE).ok()?,
        subject: String::new(),
        category: Category::Availability,
        tool: ToolId::new(TOOL).ok()?,
        severity: Severity::Critical,
        title: format!(
            "Site {site} is unreachable: {} of {} endpoints fell silent at once",
            outage.silent, outage.of
        ),
        evidence,
        since: outage.since,
    })
}
