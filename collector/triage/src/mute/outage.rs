//! Many endpoints that fall silent at once are one event: a site that is unreachable, or the collector's own network.
//!
//! A site is unreachable when its gateway is away (an endpoint with the tag `gateway`), or when at least
//! [`Limits::site_endpoints`] and half of those that are to be expected fell silent within [`Limits::within`] of each
//! other. The collector suspects itself when the same holds for its whole fleet on more than one site. Desk machines
//! come and go as people do and count for neither.

use dogwatch_model::{Class, Endpoint, EndpointId};
use jiff::{SignedDuration, Timestamp};

/// The tag of an endpoint through which its site is reached.
pub const GATEWAY_TAG: &str = "gateway";

/// What makes an outage of many silences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many endpoints of a site, at least: two servers in one rack are still two alerts.
    pub site_endpoints: usize,
    /// So many endpoints of the fleet, at least, before the collector suspects itself.
    pub fleet_endpoints: usize,
    /// They fell silent within this of each other.
    pub within: SignedDuration,
    /// For how long the collector waits for them to come back before it believes that they are away.
    pub patience: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            site_endpoints: 3,
            fleet_endpoints: 10,
            within: SignedDuration::from_mins(2),
            patience: SignedDuration::from_mins(10),
        }
    }
}

/// Since when one endpoint has been silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Which.
    pub endpoint: EndpointId,
    /// Its stream ended then without a goodbye; absent while it stands or when it said that it would go.
    pub since: Option<Timestamp>,
    /// Its site is reached through it.
    pub gateway: bool,
}

impl Silence {
    /// That of an endpoint, or `None` for one that comes and goes as people do.
    pub fn of(endpoint: &Endpoint, since: Option<Timestamp>) -> Option<Self> {
        // What nobody has told the kind of is taken for what is meant to stay.
        let steady = !matches!(endpoint.class, Some(Class::Workstation | Class::Laptop));
        let gateway = endpoint.tags.iter().any(|tag| tag == GATEWAY_TAG);
        (steady || gateway).then_some(Self { endpoint: endpoint.id, since, gateway })
    }
}

/// Many endpoints are away at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The first of them fell silent then.
    pub since: Timestamp,
    /// How many are away.
    pub silent: usize,
    /// Of how many.
    pub of: usize,
    /// The gateway is among them.
    pub gateway: bool,
    /// Until when a collector that suspects itself holds its tongue.
    pub until: Timestamp,
}

/// Whether the endpoints of one site are away together.
pub fn of_site(site: &[Silence], limits: &Limits) -> Option<Outage> {
    let outage = together(site, limits)?;
    let enough = outage.silent >= limits.site_endpoints && outage.silent * 2 >= outage.of;
    // A gateway with nothing behind it is an endpoint like others.
    (enough || (outage.gateway && outage.silent > 1)).then_some(outage)
}

/// Whether the fleet is away together: its sites' silences, one list a site.
pub fn of_fleet(sites: &[Vec<Silence>], limits: &Limits) -> Option<Outage> {
    let all: Vec<Silence> = sites.iter().flatten().copied().collect();
    let outage = together(&all, limits)?;
    let struck = sites.iter().filter(|site| site.iter().any(|one| one.since.is_some())).count();
    (struck > 1 && outage.silent >= limits.fleet_endpoints && outage.silent * 2 >= outage.of)
        .then_some(outage)
}

/// The largest group that fell silent within the limit of each other.
fn together(endpoints: &[Silence], limits: &Limits) -> Option<Outage> {
    let mut since: Vec<(Timestamp, bool)> =
        endpoints.iter().filter_map(|one| one.since.map(|since| (since, one.gateway))).collect();
    since.sort_unstable();
    let (start, end) = largest_within(&since, limits.within)?;
    let group = &since[start..end];
    let first = group[0].0;
    Some(Outage {
        since: first,
        silent: group.len(),
        of: endpoints.len(),
        gateway: group.iter().any(|(_, gateway)| *gateway),
        until: first.checked_add(limits.patience).unwrap_or(Timestamp::MAX),
    })
}

/// The longest stretch, the first of equals, whose last lies within a time of its first.
fn largest_within(since: &[(Timestamp, bool)], within: SignedDuration) -> Option<(usize, usize)> {
    let mut best = None;
    let mut start = 0;
    for end in 1..=since.len() {
        while since[end - 1].0.duration_since(since[start].0) > within {
            start += 1;
        }
        if best.is_none_or(|(from, to)| end - start > to - from) {
            best = Some((start, end));
        }
    }
    best
}
