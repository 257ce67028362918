//! The agents' listener answers the standard gRPC health question, to those whom it knows.

use anyhow::Result;
use dogwatch_tests::harness::{Lab, peer::identities};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[test]
fn the_standard_health_service_answers_over_mtls() -> Result<()> {
    let lab = Lab::start();
    let runtime = tokio::runtime::Runtime::new()?;
    let status = runtime.block_on(async {
        let identity = identities(&lab, "sim", 1).await?.remove(0);
        let channel = identity.uplink.connect(identity.tls.clone()).await?;
        let answer = HealthClient::new(channel).check(HealthCheckRequest { service: String::new() }).await?;
        anyhow::Ok(answer.into_inner().status())
    })?;
    assert_eq!(status, ServingStatus::Serving);
    Ok(())
}
