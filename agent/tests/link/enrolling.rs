//! First contact, and everything that may go wrong with it.

use std::sync::atomic::Ordering;

use dogwatch_agent::{config::Config, enroll::EnrollError, identity::Identity};
use tokio::net::TcpListener;

use crate::{
    authority::Authority,
    fake_collector::{FakeCollector, SECRET},
};

struct Scene {
    collector: FakeCollector,
    config: Config,
    _folder: tempfile::TempDir,
}

async fn scene() -> Scene {
    scene_with(FakeCollector::start().await)
}

fn scene_with(collector: FakeCollector) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::with_state_dir(folder.path().join("state"));
    Scene { collector, config, _folder: folder }
}

#[tokio::test]
async fn a_good_token_makes_an_identity_that_can_be_loaded_again() {
    let Scene { collector, config, _folder } = scene().await;
    let enrolled = collector.enroll(&config).await.unwrap();
    let loaded = Identity::load(&config.state).unwrap();
    assert_eq!(loaded.record(), enrolled.identity.record());
    assert_eq!(loaded.record().name, "db1");
    assert_eq!(loaded.record().uplink, collector.agents);
    let key = config.state.read("key.pem").unwrap().unwrap();
    assert!(key.contains("PRIVATE KEY"));
    let everything_else: String = ["chain.pem", "root.pem", "endpoint.json"]
        .map(|file| config.state.read(file).unwrap().unwrap())
        .concat();
    assert!(!everything_else.contains("PRIVATE") && !everything_else.contains(SECRET));
}

#[tokio::test]
async fn a_token_for_another_root_is_noticed_before_the_secret_is_sent() {
    let Scene { collector, config, _folder } = scene().await;
    let mut token = collector.token();
    token.root_sha256 = Authority::new().root_sha256();
    let error = collector.enroll_with(&config, token).await.unwrap_err().to_string();
    let expected = format!(
        "the collector at {} is not the one this token is for: \
         none of the 2 certificates it shows has the root hash in the token",
        collector.people
    );
    assert_eq!(error, expected);
    assert_eq!(collector.enrolments.load(Ordering::SeqCst), 0, "the secret was sent");
    assert!(!Identity::exists(&config.state).unwrap());
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_trusted() {
    let Scene { collector, config, _folder } =
        scene_with(FakeCollector::with_server_name("elsewhere.example").await);
    let error = collector.enroll(&config).await.unwrap_err().to_string();
    assert!(error.ends_with("is not trusted: it is for another host name"), "{error}");
    assert_eq!(collector.enrolments.load(Ordering::SeqCst), 0, "the secret was sent");
}

#[tokio::test]
async fn the_collectors_own_words_reach_the_user() {
    let Scene { collector, config, _folder } = scene().await;
    let mut token = collector.token();
    token.secret = "x".repeat(43);
    let error = collector.enroll_with(&config, token).await.unwrap_err().to_string();
    let expected = format!(
        "the collector at {} refused: this join token has expired; ask for a new one",
        collector.people
    );
    assert_eq!(error, expected);
}

#[tokio::test]
async fn an_endpoint_is_enrolled_once() {
    let Scene { collector, config, _folder } = scene().await;
    collector.enroll(&config).await.unwrap();
    let error = collector.enroll(&config).await.unwrap_err();
    assert!(matches!(&error, EnrollError::AlreadyEnrolled { name, .. } if name == "db1"), "{error}");
    assert_eq!(collector.enrolments.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_listening_is_said_so() {
    let Scene { collector, config, _folder } = scene().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut token = collector.token();
    token.address = free.local_addr().unwrap().to_string();
    drop(free);
    let error = collector.enroll_with(&config, token).await.unwrap_err().to_string();
    assert!(error.starts_with("nothing listens at 127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn the_agents_port_is_not_the_place_to_enrol() {
    let Scene { collector, config, _folder } = scene().await;
    let mut token = collector.token();
    token.address = collector.agents.clone();
    let error = collector.enroll_with(&config, token).await.unwrap_err().to_string();
    assert!(error.contains("ended the TLS connection: CertificateRequired"), "{error}");
}
