//! The authority as an operator and an endpoint meet it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

use dogwatch_model::EndpointId;
use rcgen::{CertificateParams, DnType, KeyPair};
use tempfile::TempDir;
use uuid::Uuid;
use webpki::EndEntityCert;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn hosts() -> Vec<String> {
    ["localhost", "127.0.0.1", "::1", "RMM.example.net"].map(String::from).into()
}

fn created() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::create(&folder.path().join("ca"), "acme-msp", &hosts(), now()).unwrap();
    (folder, authority)
}

fn acme() -> OrgId {
    OrgId::new("acme").unwrap()
}

/// A request that asks for much more than it may get.
fn greedy_request(key: &KeyPair) -> Vec<u8> {
    let mut parameters = CertificateParams::new(vec!["collector.example.net".to_owned()]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, "Dogwatch root");
    parameters.serialize_request(key).unwrap().der().to_vec()
}

fn key_in(certificate: &[u8]) -> Sha256 {
    let der = CertificateDer::from(certificate);
    Sha256::of(&EndEntityCert::try_from(&der).unwrap().subject_public_key_info())
}

#[test]
fn a_certificate_says_what_the_collector_knows_whatever_the_request_asked() {
    let (_folder, authority) = created();
    let key = KeyPair::generate().unwrap();
    let csr = greedy_request(&key);
    let endpoint = EndpointId(Uuid::from_u128(7));
    let issued = authority.issue(&csr, &acme(), endpoint, now()).unwrap();

    let (_, leaf) = X509Certificate::from_der(&issued.chain_der[0]).unwrap();
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    let names: Vec<String> = names.value.general_names.iter().map(ToString::to_string).collect();
    assert_eq!(names, [format!("URI(spiffe://acme-msp/org/acme/endpoint/{endpoint})")]);
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(!leaf.is_ca());
    assert_eq!(leaf.subject().to_string(), format!("CN=Dogwatch endpoint {endpoint}"));
    assert_eq!(issued.not_after, now() + 30 * DAY);
    assert_eq!(leaf.validity().not_after.timestamp(), issued.not_after.as_second());
}

#[test]
fn the_key_of_a_request_is_the_key_of_its_certificate() {
    let (_folder, authority) = created();
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let csr = greedy_request(&KeyPair::generate_for(algorithm).unwrap());
        let issued = authority.issue(&csr, &acme(), EndpointId(Uuid::nil()), now()).unwrap();
        assert_eq!(csr_key_sha256(&csr).unwrap(), key_in(&issued.chain_der[0]));
    }
}

#[test]
fn a_request_that_is_not_signed_by_its_key_gets_nothing() {
    let mut csr = greedy_request(&KeyPair::generate().unwrap());
    *csr.last_mut().unwrap() ^= 1;
    let error = csr_key_sha256(&csr).unwrap_err().to_string();
    assert_eq!(error, "the certificate request is not signed by its own key");
}

#[test]
fn a_renewed_certificate_has_the_same_key_and_another_serial_number() {
    let (_folder, authority) = created();
    let csr = greedy_request(&KeyPair::generate().unwrap());
    let [first, second] =
        [now(), now() + DAY].map(|at| authority.issue(&csr, &acme(), EndpointId(Uuid::nil()), at).unwrap());
    let serial = |der: &[u8]| X509Certificate::from_der(der).unwrap().1.raw_serial().to_vec();
    assert_eq!(key_in(&first.chain_der[0]), key_in(&second.chain_der[0]));
    assert_ne!(serial(&first.chain_der[0]), serial(&second.chain_der[0]));
    assert_eq!(first.chain_der[1], second.chain_der[1], "one CA per org");
}

#[test]
fn with_the_root_key_away_all_goes_on_but_new_orgs() {
    let (_folder, authority) = created();
    authority.ensure_org(&acme(), now()).unwrap();
    std::fs::remove_file(authority.folder.join("root.key")).unwrap();

    let reopened = Authority::open(&authority.folder, now() + 300 * DAY).unwrap();
    let csr = greedy_request(&KeyPair::generate().unwrap());
    assert!(reopened.issue(&csr, &acme(), EndpointId(Uuid::nil()), now() + 300 * DAY).is_ok());
    let renewed = reopened.server_identity(&hosts(), now() + 300 * DAY).unwrap();
    assert_eq!(renewed.chain.len(), 2);
    let error = reopened.ensure_org(&OrgId::new("globex").unwrap(), now()).unwrap_err().to_string();
    assert!(
        error.contains("the CA of org globex needs the root's key") && error.contains("root.key"),
        "{error}"
    );
}

#[test]
fn an_old_ca_is_renewed_while_the_root_key_is_at_hand() {
    let (_folder, authority) = created();
    let csr = greedy_request(&KeyPair::generate().unwrap());
    let issue = |at| authority.issue(&csr, &acme(), EndpointId(Uuid::nil()), at).unwrap();
    let (young, old) = (issue(now()), issue(now() + 5 * 365 * DAY));
    assert_ne!(young.chain_der[1], old.chain_der[1]);
    assert_eq!(old.not_after, now() + 5 * 365 * DAY + 30 * DAY);
}

#[test]
fn no_certificate_outlives_the_ca_that_signed_it() {
    let (_folder, authority) = created();
    authority.ensure_org(&acme(), now()).unwrap();
    std::fs::remove_file(authority.folder.join("root.key")).unwrap();
    let csr = greedy_request(&KeyPair::generate().unwrap());
    let end = authority.org_ca(&acme(), now()).unwrap().not_after;
    let issued = authority.issue(&csr, &acme(), EndpointId(Uuid::nil()), end - DAY).unwrap();
    assert_eq!(issued.not_after, end);
}

#[test]
fn the_server_certificate_stays_until_it_is_old_or_lacks_a_name() {
    let (_folder, authority) = created();
    let leaf = |hosts: &[String], at| authority.server_identity(hosts, at).unwrap().chain[0].clone();
    let first = leaf(&hosts(), now());
    assert_eq!(first, leaf(&hosts()[..2], now() + 200 * DAY), "fewer names need no new certificate");
    let wider = leaf(&["192.0.2.7".to_owned()], now());
    assert_ne!(first, wider);
    assert_eq!(wider, leaf(&hosts(), now()), "the names it had stay");
    assert_ne!(wider, leaf(&hosts(), now() + 250 * DAY), "less than a third of its life is left");
}

#[test]
fn the_server_certificate_is_read_back_whole() {
    let (_folder, authority) = created();
    let issued = authority.server_identity(&["192.0.2.7".to_owned()], now()).unwrap();
    let read = authority.server_identity(&hosts(), now()).unwrap();
    assert_eq!(read.chain, issued.chain);
    assert_eq!(read.chain[1], authority.server_ca(now()).unwrap().certificate);
    assert_eq!(read.key, issued.key);
}

#[test]
fn a_host_that_is_no_host_is_refused_by_name() {
    let (_folder, authority) = created();
    for host in ["rmm.example.net:7443", "https://rmm", "", "a b"] {
        let error = authority.server_identity(&[host.to_owned()], now()).unwrap_err().to_string();
        assert!(error.contains("without port"), "{host}: {error}");
    }
}

#[test]
fn keys_that_others_can_read_are_not_used() {
    let (_folder, authority) = created();
    let file = authority.folder.join("server-ca.pem");
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let error = Authority::open(&authority.folder, now()).err().unwrap().to_string();
    assert!(error.contains("server-ca.pem") && error.contains("chmod 0600"), "{error}");

    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(&authority.folder, Permissions::from_mode(0o755)).unwrap();
    let error = Authority::open(&authority.folder, now()).err().unwrap().to_string();
    assert!(error.contains("chmod 0700"), "{error}");
}

#[test]
fn what_is_missing_damaged_or_out_of_date_is_named_with_its_mending() {
    let (folder, authority) = created();
    let error = |at| Authority::open(&authority.folder, at).err().unwrap().to_string();
    assert!(error(now() + 11 * 365 * DAY).contains("root.crt: expired at 2036-"));
    assert!(error(now() - 365 * DAY).contains("set the clock"));
    write_private(&authority.folder.join("root.crt"), b"rubbish").unwrap();
    assert!(error(now()).contains("root.crt: holds no certificate"));
    let nowhere = Authority::open(&folder.path().join("none"), now()).err().unwrap().to_string();
    assert!(nowhere.contains("dogwatch-collector init"), "{nowhere}");
}

#[test]
fn an_authority_is_never_made_over_another() {
    let (_folder, authority) = created();
    let before = authority.root_sha256();
    let error = Authority::create(&authority.folder, "other", &hosts(), now()).err().unwrap();
    assert!(error.to_string().contains("exists already"));
    assert_eq!(Authority::open(&authority.folder, now()).unwrap().root_sha256(), before);
    assert_eq!(authority.trust_domain(), "acme-msp");
}
