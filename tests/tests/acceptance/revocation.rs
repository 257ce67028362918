//! A revoked endpoint is out within a second, and stays out.

use std::time::{Duration, Instant};

use anyhow::Result;
use dogwatch_proto::v1::LaneMarks;
use dogwatch_tests::harness::{
    Lab, PATIENCE,
    peer::{Peer, identities, knock},
    wait,
};
use serde_json::json;
use uuid::Uuid;

const CUT_WITHIN: Duration = Duration::from_secs(1);
const FIRST: LaneMarks = LaneMarks { kept: 1, latest: 1, samples: 1 };

#[test]
fn revoking_cuts_the_live_stream_within_a_second_and_refuses_the_next_handshake() -> Result<()> {
    let lab = Lab::start();
    let _neighbour = lab.online("srv-neighbour");
    let runtime = tokio::runtime::Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let mut peer = runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;

    let asked = Instant::now();
    lab.collector().api().post(&format!("/api/v1/endpoints/{}/revoke", identity.name), &json!({}))?;
    let end = runtime.block_on(async {
        loop {
            match peer.next().await {
                Ok(Some(_)) => {}
                Ok(None) => break "ended without a word".to_owned(),
                Err(error) => break format!("{error:#}"),
            }
        }
    });
    assert!(asked.elapsed() < CUT_WITHIN, "it took {:?}", asked.elapsed());
    assert!(end.contains("revoked"), "{end}");

    let again = runtime.block_on(knock(&lab, identity.tls))?;
    assert!(again.contains("CertificateRevoked"), "{again}");
    lab.wait_for_endpoint("srv-neighbour", |endpoint| endpoint["online"] == json!(true));
    Ok(())
}

#[test]
fn a_revoked_agent_says_so_once_and_what_to_do() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    lab.admin().run(&["endpoint", "revoke", "srv-01"]).succeeds();
    let log = || std::fs::read_to_string(agent.log()).unwrap_or_default();
    let text = wait::wait_for("the agent's word on it", PATIENCE, log, |text| text.contains("enrol again"));
    assert!(text.contains("revoked"), "{text}");
    assert!(lab.alerts("silent").is_empty(), "a revoked endpoint is nobody's alarm");
}
