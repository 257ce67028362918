//! Enrolment as an agent meets it, with a register of our own in the core's place.

use std::sync::Mutex;

use dogwatch_model::{EndpointId, OrgId, SiteId};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::access::Sha256;

/// Knows one secret, good once.
#[derive(Clone)]
struct OneUse(Arc<Mutex<Option<Sha256>>>);

impl Register for OneUse {
    async fn enrol(&self, enrol: Enrol) -> Result<Enrolled, Refusal> {
        if self.0.lock().unwrap().take_if(|secret| *secret == enrol.secret).is_none() {
            return Err(Refusal::new(Code::NotAllowed, "this join token is not known"));
        }
        Ok(Enrolled {
            id: EndpointId(Uuid::from_u128(9)),
            org: OrgId::new("acme").unwrap(),
            site: SiteId::new("toronto").unwrap(),
            name: enrol.name,
            state: EndpointState::Active,
        })
    }
}

fn service() -> (TempDir, EnrolmentService<OneUse>) {
    let folder = tempfile::tempdir().unwrap();
    let authority =
        Authority::create(&folder.path().join("ca"), "acme-msp", &["localhost".to_owned()], Timestamp::now());
    let secret = Sha256::of("s".repeat(43).as_bytes());
    let service = EnrolmentService {
        register: OneUse(Arc::new(Mutex::new(Some(secret)))),
        authority: Arc::new(authority.unwrap()),
        uplink_address: "localhost:7444".to_owned(),
        attempts: Attempts::default(),
    };
    (folder, service)
}

fn request(secret: &str) -> Request<EnrolRequest> {
    let key = KeyPair::generate().unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap();
    let mut request = Request::new(EnrolRequest {
        secret: secret.to_owned(),
        csr_der: csr.der().to_vec().into(),
        name: "srv-01".into(),
        ..EnrolRequest::default()
    });
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
    request
}

#[tokio::test]
async fn a_good_token_gets_an_identity_under_the_pinned_root_once() {
    let (_folder, service) = service();
    let answer = service.enrol(request(&"s".repeat(43))).await.unwrap().into_inner();
    assert_eq!(
        (answer.org.as_str(), answer.site.as_str(), answer.name.as_str()),
        ("acme", "toronto", "srv-01")
    );
    assert_eq!(answer.endpoint_id, Uuid::from_u128(9).as_bytes().as_slice());
    assert_eq!(answer.uplink_address, "localhost:7444");
    assert_eq!(Sha256::of(&answer.root_der), service.authority.root_sha256());
    assert_eq!(answer.chain_der.len(), 2);
    assert!(!answer.approval_pending);

    let again = service.enrol(request(&"s".repeat(43))).await.unwrap_err();
    assert_eq!(again.code(), tonic::Code::PermissionDenied);
}

#[tokio::test]
async fn who_keeps_trying_wrong_secrets_has_to_wait_even_with_the_right_one() {
    let (_folder, service) = service();
    for _ in 0..attempts::MAX_FAILED {
        let refused = service.enrol(request(&"x".repeat(43))).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    }
    let refused = service.enrol(request(&"s".repeat(43))).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    assert!(refused.message().contains("wait a minute"));
}

#[tokio::test]
async fn with_the_root_key_away_a_new_org_is_told_to_ask_the_administrator() {
    let (folder, service) = service();
    std::fs::remove_file(folder.path().join("ca/root.key")).unwrap();
    let refused = service.enrol(request(&"s".repeat(43))).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable);
    assert!(!refused.message().contains("root"), "nothing of the inside is told outside");
}
