//! Which endpoint a name means: by id, by name, by host name with or without its domain, by address.
//!
//! All names of a message are looked for in one walk over the endpoints, because a message may hold a thousand and a
//! fleet a hundred thousand. A name that fits several endpoints means none of them: a wrong endpoint is worse than none.

use std::collections::BTreeMap;

use dogwatch_model::{Endpoint, EndpointId, SiteId};

/// Names to be found.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    names: BTreeMap<String, Vec<Fits<'a>>>,
}

/// An endpoint that a name fits, and how well.
#[derive(Debug, Clone, Copy)]
struct Fits<'a> {
    endpoint: &'a Endpoint,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is its id or its name.
    Called,
    /// It is its host name or an address of it.
    Known,
    /// It is the beginning of its name, without the domain.
    Shortened,
}

impl<'a> Wanted<'a> {
    /// Takes up every name that may be asked for.
    pub fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self { names: names.flat_map(spellings).map(|(name, _)| (name, Vec::new())).collect() }
    }

    /// Looks whether an endpoint has one of the names.
    pub fn look_at(&mut self, endpoint: &'a Endpoint) {
        if self.names.is_empty() {
            return;
        }
        let name = endpoint.name.to_ascii_lowercase();
        self.note(&endpoint.id.to_string(), endpoint, How::Called);
        self.note(&name, endpoint, How::Called);
        let net = endpoint.facts.inventory.as_ref().map(|inventory| &inventory.net);
        let hostname = net.and_then(|net| net.hostname.as_deref()).map(str::to_ascii_lowercase);
        hostname.iter().for_each(|hostname| self.note(hostname, endpoint, How::Known));
        for address in net.iter().flat_map(|net| &net.addresses) {
            let address = address.split('/').next().unwrap_or_default();
            self.note(&address.to_ascii_lowercase(), endpoint, How::Known);
        }
        for long in hostname.iter().chain([&name]).filter(|name| short(name) != name.as_str()) {
            self.note(short(long), endpoint, How::Shortened);
        }
    }

    fn note(&mut self, name: &str, endpoint: &'a Endpoint, how: How) {
        if let Some(fits) = self.names.get_mut(name)
            && fits.last().is_none_or(|last| last.endpoint.id != endpoint.id)
        {
            fits.push(Fits { endpoint, how });
        }
    }

    /// The endpoint that the first fitting one of `names` means, at a site if one is said.
    pub fn find(&self, names: &[String], site: Option<&SiteId>) -> Option<EndpointId> {
        let spelled = names.iter().flat_map(|name| spellings(name));
        spelled.into_iter().find_map(|spelled| self.only(&spelled, site))
    }

    fn only(&self, (name, shortened): &(String, bool), site: Option<&SiteId>) -> Option<EndpointId> {
        // Two names that differ in their domains are two machines.
        let same_domain = |fits: &&Fits<'_>| !(*shortened && fits.how == How::Shortened);
        let here = |fits: &&Fits<'_>| site.is_none_or(|site| fits.endpoint.site == *site);
        let fits: Vec<_> = self.names.get(name)?.iter().filter(same_domain).filter(here).collect();
        let called: Vec<_> = fits.iter().filter(|fits| fits.how == How::Called).collect();
        match (&called[..], &fits[..]) {
            ([one], _) => Some(one.endpoint.id),
            ([], [one]) => Some(one.endpoint.id),
            _ => None,
        }
    }
}

/// How a name may be meant, the most exact first: as it is, without its port, without its domain. Says of each whether the
/// domain is gone.
fn spellings(name: &str) -> impl Iterator<Item = (String, bool)> + use<> {
    let whole = name.trim().to_ascii_lowercase();
    let host = without_port(&whole).to_owned();
    let first = short(&host).to_owned();
    let shortened = first != host;
    let mut all = vec![(whole, false)];
    for other in [(host, false), (first, shortened)] {
        if !all.iter().any(|(known, _)| *known == other.0) {
            all.push(other);
        }
    }
    all.into_iter().filter(|(name, _)| !name.is_empty())
}

/// `srv-01:9100` is `srv-01`, `[2001:db8::1]:9100` is `2001:db8::1`, and an address without a port stays.
fn without_port(name: &str) -> &str {
    if let Some((address, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => name,
    }
}

/// The part before the first dot; an address has no such part.
fn short(name: &str) -> &str {
    if name.parse::<core::net::IpAddr>().is_ok() {
        return name;
    }
    name.split('.').next().unwrap_or(name)
}
