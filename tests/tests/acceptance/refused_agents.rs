//! What the agents' listener refuses, and how the other side learns why; a live agent beside it notices nothing.

use std::sync::Arc;

use anyhow::Result;
use dogwatch_proto::v1::{
    AgentEvent, Lane, LaneMarks, PackedHealth, Report, collector_message::Message as Inbound,
};
use dogwatch_tests::{
    harness::{
        Lab, PATIENCE,
        agent::LabAgent,
        peer::{Peer, identities, knock},
        wait,
    },
    load::{
        enrol,
        trust::{Place, fetch_root, provider},
    },
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

const FIRST: LaneMarks = LaneMarks { kept: 1, latest: 1, samples: 1 };

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

#[test]
fn a_caller_without_a_certificate_is_refused_at_the_handshake() -> Result<()> {
    refused_at_the_handshake(
        &rustls::version::TLS13,
        None,
        "CertificateRequired",
        "showed no client certificate",
    )
}

#[test]
fn a_certificate_of_another_ca_is_refused_at_the_handshake() -> Result<()> {
    let stranger = strangers_identity()?;
    refused_at_the_handshake(&rustls::version::TLS13, Some(stranger), "UnknownCA", "certificate")
}

#[test]
fn tls_1_2_is_refused_at_the_handshake() -> Result<()> {
    let stranger = strangers_identity()?;
    refused_at_the_handshake(&rustls::version::TLS12, Some(stranger), "ProtocolVersion", "TLS 1.3")
}

/// The caller hears an alert, the log has a line, and a live agent notices nothing.
fn refused_at_the_handshake(
    version: &'static SupportedProtocolVersion,
    identity: Option<Identity>,
    alert: &str,
    line: &str,
) -> Result<()> {
    let lab = Lab::start();
    let neighbour = lab.online("srv-neighbour");
    let said = Runtime::new()?.block_on(async {
        let people = Place::find(&lab.collector().people_address()).await?;
        let mut roots = RootCertStore::empty();
        roots.add(fetch_root(&people, lab.collector().root_sha256()).await?)?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])?
            .with_root_certificates(roots);
        let tls = match identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        knock(&lab, Arc::new(tls)).await
    })?;
    assert!(said.contains(alert), "{said}");
    let told = |log: &String| {
        log.lines()
            .any(|l| l.contains("turned a caller away") && l.contains("door=\"agents\"") && l.contains(line))
    };
    wait::wait_for("the collector's word on it", PATIENCE, || lab.collector().log_text(), told);
    undisturbed(&lab, &neighbour);
    Ok(())
}

#[test]
fn an_oversize_message_ends_its_own_stream_and_no_other() -> Result<()> {
    let lab = Lab::start();
    let neighbour = lab.online("srv-neighbour");
    let runtime = Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let event = AgentEvent { at_us: 0, kind: "chatter".to_owned(), detail: "x".repeat(300 * 1024) };
    let end = runtime.block_on(end_after(&identity, Report { events: vec![event], ..Report::default() }))?;
    assert!(end.contains("262144"), "the limit is named: {end}");
    // The same identity is as welcome as before.
    runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;
    undisturbed(&lab, &neighbour);
    Ok(())
}

#[test]
fn packed_health_without_a_base_ends_its_own_stream_and_no_other() -> Result<()> {
    let lab = Lab::start();
    let neighbour = lab.online("srv-neighbour");
    let runtime = Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let packed = PackedHealth { changed: vec![1].into(), deltas: vec![1], ..PackedHealth::default() };
    let report = Report { packed_health: Some(packed), ..Report::default() };
    let end = runtime.block_on(end_after(&identity, report))?;
    assert!(end.contains("column 0, which was not declared"), "{end}");
    runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;
    undisturbed(&lab, &neighbour);
    Ok(())
}

/// How a stream ends whose first report is this one.
async fn end_after(identity: &enrol::Identity, mut report: Report) -> Result<String> {
    let mut peer = Peer::attach(identity, Uuid::new_v4(), FIRST).await?;
    report.sequence = 1;
    report.set_lane(Lane::Kept);
    peer.report(report).await?;
    loop {
        match peer.next().await {
            Ok(Some(Inbound::Ack(ack))) => return Ok(format!("acknowledged: {ack:?}")),
            Ok(Some(_)) => {}
            Ok(None) => return Ok("ended without a word".to_owned()),
            Err(error) => return Ok(format!("{error:#}")),
        }
    }
}

/// A certificate of somebody else's CA, with every right that an agent's has.
fn strangers_identity() -> Result<Identity> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(Vec::new())?;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = leaf.signed_by(&key, &ca)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    Ok((vec![leaf.der().clone()], key))
}

/// The live agent beside it: online, and never had to reconnect.
#[track_caller]
fn undisturbed(lab: &Lab, neighbour: &LabAgent) {
    lab.wait_for_endpoint(neighbour.name(), |endpoint| endpoint["online"] == json!(true));
    assert!(lab.alerts("silent").is_empty());
}
