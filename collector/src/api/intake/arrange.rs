//! From what a message says to what the core can take: the endpoint, the site, the tool.

use std::collections::BTreeSet;

use dogwatch_model::{EndpointId, EndpointState, RuleId, SiteId, ToolId};
use dogwatch_triage::{
    finding::{Category, Finding},
    intake::{Told, place::Wanted},
    matrix::Matrix,
};
use jiff::SignedDuration;

use super::Incoming;
use crate::{
    access::Verb,
    core::{Arrival, DEFAULT_TOOL, Sight},
};

/// Everything that is known of each alert, in the order of the message.
pub(super) fn arrange(
    incoming: &Incoming<'_>,
    told: Vec<Told>,
    told_every: Option<SignedDuration>,
) -> Vec<Arrival> {
    let policy = incoming.api.core.policy();
    let matrix = policy.matrix(&incoming.org);
    let places = incoming.caller.see(incoming.api, |sight| places(incoming, sight, &told));
    let arrivals = told.into_iter().zip(places).filter_map(|(told, (endpoint, site))| {
        let (says, severity_is_said) = (told.says, told.severity_is_said);
        let finding = finding(incoming, matrix, told)?;
        Some(Arrival { says, finding, severity_is_said, endpoint, site, told_every })
    });
    arrivals.collect()
}

type Place = (Option<EndpointId>, SiteId);

/// Where each stands. One walk over the org's endpoints, whatever the message holds.
fn places(incoming: &Incoming<'_>, sight: &Sight<'_>, told: &[Told]) -> Vec<Place> {
    let mut wanted = Wanted::new(told.iter().flat_map(|told| told.names.iter().map(String::as_str)));
    let mut sites = BTreeSet::new();
    let endpoints = sight.fed(&incoming.org).map(|member| &member.endpoint);
    for endpoint in endpoints.filter(|endpoint| endpoint.state == EndpointState::Active) {
        wanted.look_at(endpoint);
        sites.insert(&endpoint.site);
    }
    let only = (sites.len() == 1).then(|| sites.first().copied()).flatten();
    let place = |told: &Told| {
        let labelled = told.site.as_ref();
        let endpoint = wanted.find(&told.names, labelled);
        let may = |site: &&SiteId| incoming.caller.reach.may(Verb::Intake, &incoming.org, Some(site));
        let site = labelled.filter(may).or(only).unwrap_or(&incoming.home);
        (endpoint, site.clone())
    };
    told.iter().map(place).collect()
}

fn finding(incoming: &Incoming<'_>, matrix: &Matrix, told: Told) -> Option<Finding> {
    let tool = told.tool.or_else(|| ToolId::new(DEFAULT_TOOL).ok())?;
    let of_tool = matrix.tool(&tool).and_then(|tool| tool.category());
    Some(Finding {
        rule: RuleId::new(incoming.rule).ok()?,
        subject: format!("{}/{}", incoming.sender(), told.key),
        category: told.category.or(of_tool).unwrap_or(Category::Service),
        tool,
        severity: told.severity,
        title: told.title,
        evidence: told.evidence,
        since: told.since,
    })
}
