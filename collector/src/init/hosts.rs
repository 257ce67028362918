//! The names of a collector: what it is called by, and what its trust domain is called.

use std::net::IpAddr;

/// What a server certificate names besides what was asked for.
const ALWAYS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The hosts asked for, then this machine's own names; each once.
pub(super) fn all_names(asked: &[String]) -> Vec<String> {
    let own = rustix::system::uname();
    // A host name that cannot stand in a certificate (`my_laptop`) is nobody's mistake here; it is left out.
    let own = own.nodename().to_str().ok().filter(|name| rustls_pki_types::DnsName::try_from(*name).is_ok());
    let mut names: Vec<String> = Vec::new();
    for name in asked.iter().map(String::as_str).chain(ALWAYS).chain(own) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether nobody but this machine itself can call a host.
pub(super) fn is_this_machine_alone(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `host:port`, with the brackets that an IPv6 address needs.
pub(super) fn with_port(host: &str, port: u16) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

/// "Acme MSP (Toronto)" is `acme-msp-toronto`.
pub(super) fn trust_domain_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let cut: String = joined.chars().take(63).collect();
    if cut.is_empty() { "dogwatch".to_owned() } else { cut }
}
