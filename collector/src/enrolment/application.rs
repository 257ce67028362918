//! An enrolment request read from the wire: every part has its limit, and nothing is believed.

use dogwatch_model::{Class, MachineEvidence, text::blurs};
use dogwatch_proto::v1::EnrolRequest;

use crate::{
    access::Sha256,
    authority::csr_key_sha256,
    core::Enrol,
    refusal::{Code, Refusal},
};

/// A request for a P-384 key with a long subject is under 1 KiB.
const MAX_CSR_BYTES: usize = 4 * 1024;
/// Ours have 43 characters.
const MAX_SECRET_BYTES: usize = 128;
/// A DNS host name's label has 63 characters; people may want more words.
const MAX_NAME_CHARS: usize = 128;
const MAX_TAGS: usize = 32;
const MAX_TAG_CHARS: usize = 64;
/// A SHA-512 in hex.
const MAX_MACHINE_ID_CHARS: usize = 128;

/// Checks a request's form and hashes what identifies it.
pub(super) fn read(request: EnrolRequest) -> Result<Enrol, Refusal> {
    if request.secret.is_empty() || request.secret.len() > MAX_SECRET_BYTES {
        return Err(invalid("the join token's secret is missing or too long; copy the token again, whole"));
    }
    if request.csr_der.len() > MAX_CSR_BYTES {
        return Err(invalid(format!("the certificate request is longer than {MAX_CSR_BYTES} bytes")));
    }
    let key = csr_key_sha256(&request.csr_der).map_err(|error| invalid(error.to_string()))?;
    let name = plain_text(&request.name, "name", MAX_NAME_CHARS)?;
    if request.tags.len() > MAX_TAGS {
        return Err(invalid(format!("there are more than {MAX_TAGS} tags")));
    }
    let mut tags = Vec::with_capacity(request.tags.len());
    for tag in &request.tags {
        tags.push(plain_text(tag, "tag", MAX_TAG_CHARS)?);
    }
    tags.sort();
    tags.dedup();
    let class = request.class.as_deref().map(class).transpose()?;
    let machine_id_hash = request
        .machine_id_hash
        .map(|hash| plain_text(&hash, "machine id", MAX_MACHINE_ID_CHARS))
        .transpose()?;
    Ok(Enrol {
        secret: Sha256::of(request.secret.as_bytes()),
        key,
        name,
        tags,
        class,
        evidence: MachineEvidence { machine_id_hash, ..MachineEvidence::default() },
    })
}

/// What was asked for is not said again: nobody is known yet, and answers end up in logs and on terminals.
fn class(text: &str) -> Result<Class, Refusal> {
    text.parse().map_err(|_| {
        let choices: Vec<_> = Class::ALL.iter().map(|class| class.as_str()).collect();
        invalid(format!("the class is not one of {}", choices.join(", ")))
    })
}

/// Text that can be shown in a line: trimmed, not empty, nothing in it that cannot be seen.
fn plain_text(text: &str, what: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid(format!("the {what} is empty")));
    }
    if text.chars().count() > max_chars {
        return Err(invalid(format!("the {what} is longer than {max_chars} characters")));
    }
    if text.contains(blurs) {
        return Err(invalid(format!("the {what} has characters that cannot be seen")));
    }
    Ok(text.to_owned())
}

fn invalid(what: impl Into<String>) -> Refusal {
    Refusal::new(Code::Invalid, what)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn request() -> EnrolRequest {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap();
        EnrolRequest {
            secret: "A".repeat(43),
            csr_der: csr.der().to_vec().into(),
            name: " srv-01 ".into(),
            tags: vec!["prod".into(), "db".into(), "prod".into()],
            class: Some("server".into()),
            agent_version: "0.1.0".into(),
            machine_id_hash: Some("ab".repeat(32)),
        }
    }

    fn refusal(change: impl FnOnce(&mut EnrolRequest)) -> String {
        let mut request = request();
        change(&mut request);
        let refusal = read(request).unwrap_err();
        assert_eq!(refusal.code, Code::Invalid);
        refusal.what
    }

    #[test]
    fn a_good_request_is_read_with_its_text_trimmed_and_its_tags_sorted() {
        let enrol = read(request()).unwrap();
        assert_eq!(enrol.secret, Sha256::of("A".repeat(43).as_bytes()));
        assert_eq!((enrol.name.as_str(), enrol.class), ("srv-01", Some(Class::Server)));
        assert_eq!(enrol.tags, ["db", "prod"]);
    }

    #[test]
    fn each_limit_is_refused_with_a_sentence_that_names_it() {
        assert!(refusal(|r| r.secret.clear()).contains("secret"));
        assert!(refusal(|r| r.csr_der = vec![0x30; 5000].into()).contains("4096 bytes"));
        assert!(refusal(|r| r.csr_der = vec![0x30; 50].into()).contains("not a PKCS#10 request"));
        assert!(refusal(|r| r.name = "é".repeat(129)).contains("128 characters"));
        assert!(refusal(|r| r.name = "srv\u{202e}01".into()).contains("cannot be seen"));
        assert!(refusal(|r| r.name = "srv\n01".into()).contains("cannot be seen"));
        assert!(refusal(|r| r.tags = vec!["x".into(); 33]).contains("32 tags"));
        assert!(refusal(|r| r.tags = vec![String::new()]).contains("tag is empty"));
        assert!(refusal(|r| r.class = Some("toaster".into())).contains("server, workstation"));
    }

    #[test]
    fn what_a_stranger_wrote_is_not_echoed() {
        let forged = "toaster\nendpoint enrolled org=acme\u{1b}[2J";
        for what in [
            refusal(|r| r.class = Some(forged.into())),
            refusal(|r| r.name = forged.into()),
            refusal(|r| r.tags = vec![forged.into()]),
            refusal(|r| r.machine_id_hash = Some(forged.into())),
        ] {
            assert!(!what.contains("toaster") && !what.contains(char::is_control), "{what:?}");
        }
    }

    #[test]
    fn a_request_signed_by_another_key_is_refused() {
        let what = refusal(|r| {
            let mut der = r.csr_der.to_vec();
            // The signature stands last; another value of it is well-formed and wrong.
            *der.last_mut().unwrap() ^= 1;
            r.csr_der = der.into();
        });
        assert!(what.contains("not signed by its own key"), "{what}");
    }
}
