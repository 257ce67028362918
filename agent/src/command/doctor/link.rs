//! The way to the collector, step by step: name, proxy, TCP, TLS. The first step that fails ends it.

use std::time::Duration;

use tokio::{io::AsyncReadExt as _, net::lookup_host, time::timeout};

use crate::{
    config::{Config, Environment, Route},
    dial::{self, Failure, Outlet, split_address},
    finding::Finding,
    identity::Identity,
};

/// A resolver tries its servers one after the other.
const RESOLVE: Duration = Duration::from_secs(10);
/// With TLS 1.3 a server refuses a client's certificate after the handshake; its first bytes come either way.
const FIRST_WORD: Duration = Duration::from_secs(3);

/// From the name to the TLS handshake. No word of the agent's is said within TLS.
pub(super) async fn examine(config: &Config, identity: &Identity) -> Vec<Finding> {
    let address = &identity.record().uplink;
    let outlet = Outlet { proxy: config.proxy.clone(), ..Outlet::default() };
    let mut findings = Vec::new();
    let next = match outlet.proxy.route(address, &Environment::read()) {
        Err(error) => {
            let mend = "mend [proxy] in agent.toml, or https_proxy in the environment";
            return vec![Finding::fail("proxy", error.to_string(), mend)];
        }
        Ok(Route::Direct) => {
            findings.push(Finding::ok("proxy", "none"));
            address.clone()
        }
        Ok(Route::Through { proxy, .. }) => {
            findings.push(Finding::ok("proxy", format!("{proxy}, which resolves and connects on its own")));
            proxy
        }
    };
    let resolved = resolve(&next).await;
    let goes_on = resolved.mend.is_none();
    findings.push(resolved);
    if !goes_on {
        return findings;
    }
    match dial::reach(address, &outlet).await {
        Ok(_) => findings.push(Finding::ok("connection", format!("{address} answers"))),
        Err(failure) => {
            findings.push(refused("connection", &failure));
            return findings;
        }
    }
    findings.push(shake_hands(address, identity, &outlet).await);
    findings
}

async fn resolve(address: &str) -> Finding {
    let Some((host, port)) = split_address(address) else {
        return Finding::fail("name", format!("`{address}` is not of the form host:port"), "enrol anew");
    };
    let mend = "mend this machine's resolver (/etc/resolv.conf, /etc/hosts), or the name";
    match timeout(RESOLVE, lookup_host((host, port))).await {
        Ok(Ok(mut found)) => match found.next() {
            Some(first) => Finding::ok("name", format!("{host} is {}", first.ip())),
            None => Finding::fail("name", format!("{host} has no address"), mend),
        },
        Ok(Err(error)) => Finding::fail("name", format!("{host} cannot be resolved: {error}"), mend),
        Err(_) => Finding::fail("name", format!("{host} is not resolved within {RESOLVE:?}"), mend),
    }
}

async fn shake_hands(address: &str, identity: &Identity, outlet: &Outlet) -> Finding {
    let tls = match identity.tls() {
        Ok(tls) => tls,
        Err(error) => return Finding::fail("tls", error.to_string(), "enrol anew"),
    };
    let mut stream = match dial::dial(address, tls, outlet).await {
        Ok(stream) => stream,
        Err(failure) => return refused("tls", &failure),
    };
    match timeout(FIRST_WORD, stream.read_u8()).await {
        Ok(Err(error)) => refused("tls", &Failure::from_io(address, &error)),
        // Bytes, or a server that waits for ours: both have taken our certificate.
        Ok(Ok(_)) | Err(_) => {
            Finding::ok("tls", format!("{address} shows the pinned root and takes our certificate"))
        }
    }
}

fn refused(subject: &str, failure: &Failure) -> Finding {
    let mend = match failure {
        Failure::Refused { .. } => "start the collector, or mend the port in its address",
        Failure::TimedOut { .. } | Failure::Unreachable { .. } => {
            "a firewall may be in between: the agent needs TCP to that port, outgoing"
        }
        Failure::Proxy { .. } | Failure::Route { .. } => {
            "mend [proxy] in agent.toml, or ask who runs the proxy"
        }
        Failure::Untrusted { .. } | Failure::WrongRoot { .. } => {
            "somebody in between ends TLS (an inspecting proxy?), or the collector was set up anew: then enrol anew"
        }
        Failure::Revoked | Failure::UnknownAuthority | Failure::Expired => {
            "remove endpoint.json from the state folder and enrol with a new token"
        }
        _ => "look at the collector's log for this machine's address",
    };
    Finding::fail(subject, failure.to_string(), mend)
}
