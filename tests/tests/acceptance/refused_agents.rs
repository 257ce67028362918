//! What the agents' listener refuses, and how the other side learns why; a live agent beside it notices nothing.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use dogwatch_proto::v1::{AgentEvent, Lane, LaneMarks, Report};
use dogwatch_tests::{
    harness::{
        Lab, PATIENCE,
        peer::{Peer, identities},
        wait,
    },
    load::trust::{Place, fetch_root, provider},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use uuid::Uuid;

const FIRST: LaneMarks = LaneMarks { kept: 1, latest: 1, samples: 1 };

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

#[test]
fn no_certificate_a_strangers_certificate_and_old_tls_are_refused_at_the_handshake() -> Result<()> {
    let lab = Lab::start();
    let neighbour = lab.online("srv-neighbour");
    let runtime = tokio::runtime::Runtime::new()?;

    let without = runtime.block_on(knock(&lab, &rustls::version::TLS13, None))?;
    assert!(without.contains("CertificateRequired"), "{without}");
    let stranger = runtime.block_on(knock(&lab, &rustls::version::TLS13, Some(strangers_identity()?)))?;
    assert!(stranger.contains("UnknownCA"), "{stranger}");
    let old = runtime.block_on(knock(&lab, &rustls::version::TLS12, Some(strangers_identity()?)))?;
    assert!(old.contains("ProtocolVersion") || old.contains("HandshakeFailure"), "{old}");

    let log = wait::wait_for(
        "the collector's word on all three",
        PATIENCE,
        || lab.collector().log_text(),
        |log| log.matches("handshake").count() >= 3,
    );
    assert!(!log.contains("panicked"), "{log}");
    undisturbed(&lab, &neighbour);
    Ok(())
}

#[test]
fn an_oversize_message_ends_its_own_stream_and_no_other() -> Result<()> {
    let lab = Lab::start();
    let neighbour = lab.online("srv-neighbour");
    let runtime = tokio::runtime::Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let end = runtime.block_on(async {
        let mut peer = Peer::attach(&identity, Uuid::new_v4(), FIRST).await?;
        let event = AgentEvent { at_us: 0, kind: "chatter".to_owned(), detail: "x".repeat(300 * 1024) };
        let mut report = Report { sequence: 1, events: vec![event], ..Report::default() };
        report.set_lane(Lane::Kept);
        peer.report(report).await?;
        anyhow::Ok(loop {
            match peer.next().await {
                Ok(Some(dogwatch_proto::v1::collector_message::Message::Ack(ack))) => {
                    break format!("acknowledged: {ack:?}");
                }
                Ok(Some(_)) => {}
                Ok(None) => break "ended without a word".to_owned(),
                Err(error) => break format!("{error:#}"),
            }
        })
    })?;
    assert!(end.contains("262144"), "the limit is named: {end}");
    // The same identity is as welcome as before.
    runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;
    undisturbed(&lab, &neighbour);
    Ok(())
}

/// Knocks at the agents' listener, and returns what it said to that.
async fn knock(
    lab: &Lab,
    version: &'static SupportedProtocolVersion,
    identity: Option<Identity>,
) -> Result<String> {
    let people = Place::find(&lab.collector().people_address()).await?;
    let mut roots = RootCertStore::empty();
    roots.add(fetch_root(&people, lab.collector().root_sha256()).await?)?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])?
        .with_root_certificates(roots);
    let config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
        None => builder.with_no_client_auth(),
    };
    let tcp = TcpStream::connect(("127.0.0.1", lab.collector().agents_port())).await?;
    let name = ServerName::try_from("localhost")?;
    let mut tls = match TlsConnector::from(Arc::new(config)).connect(name, tcp).await {
        Ok(tls) => tls,
        Err(refused) => return Ok(format!("{refused:?}")),
    };
    // In TLS 1.3 the client is done before the server has looked at its certificate: the refusal comes with the
    // first read.
    let talk = async {
        tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        tls.read_u8().await
    };
    let said =
        tokio::time::timeout(PATIENCE, talk).await.context("the listener neither answers nor refuses")?;
    Ok(format!("{said:?}"))
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
fn undisturbed(lab: &Lab, neighbour: &dogwatch_tests::harness::agent::LabAgent) {
    lab.wait_for_endpoint(neighbour.name(), |endpoint| endpoint["online"] == json!(true));
    assert!(lab.alerts("silent").is_empty());
}
