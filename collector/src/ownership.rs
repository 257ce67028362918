//! Versions of an org's matrix: who proposed which text, who signed it, and which one is in force.
//!
//! A version is its text; its name is the text's hash, so a signature is for exactly what was read. It is in force from
//! its date on, once one signer of each side has signed it; of several the one that came into force last. Until an org
//! has such a version, its file in the policy folder decides and is provisional. From then on the file is only a draft:
//! what somebody writes into it changes nobody's duty before both sides have said so.
//!
//! The MSP's directory is not part of what is signed: its people and rotas are its own to arrange. What an alert records
//! as its matrix version covers both.

use dogwatch_model::{OrgId, PersonId, Side};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Sha256;

/// The most versions of one org that are kept: two a week for a year.
pub const MAX_VERSIONS: usize = 104;

/// The most of one side that wait for signatures at once: what is not agreed on by then needs a meeting. The other side's never
/// stand in the way of one's own.
pub const MAX_WAITING: usize = 8;

/// The longest note of a proposal, in bytes.
pub const MAX_NOTE_BYTES: usize = 2 * 1024;

/// "We agree to exactly this."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// For which side.
    pub side: Side,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
}

/// One version of an org's matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Whose.
    pub org: OrgId,
    /// The first 12 hex digits of the text's SHA-256.
    pub hash: String,
    /// The document.
    pub text: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// Their side.
    pub proposed_side: Side,
    /// When.
    pub proposed_at: Timestamp,
    /// When it is to take effect, at the earliest.
    pub effective_at: Timestamp,
    /// What it changes and why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// At most one of each side.
    #[serde(default)]
    pub signatures: Vec<Signature>,
    /// Somebody took it back before it was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

impl Version {
    /// The name of a text.
    pub fn hash_of(text: &str) -> String {
        Sha256::of(text.as_bytes()).to_string()[..12].to_owned()
    }

    /// From when it is in force, if both sides have signed it.
    pub fn in_force_from(&self) -> Option<Timestamp> {
        let signed = |side: Side| self.signatures.iter().find(|signature| signature.side == side);
        let (msp, internal) = signed(Side::Msp).zip(signed(Side::Internal))?;
        self.withdrawn_at.is_none().then(|| self.effective_at.max(msp.at).max(internal.at))
    }

    /// Whether it still waits for a signature.
    pub fn is_waiting(&self) -> bool {
        self.withdrawn_at.is_none() && self.in_force_from().is_none()
    }

    /// The key of its row.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.org, self.hash)
    }
}

/// The version of an org in force at an instant.
pub fn in_force(versions: &[Version], at: Timestamp) -> Option<&Version> {
    let started = versions.iter().filter_map(|version| version.in_force_from().map(|from| (from, version)));
    let started = started.filter(|(from, _)| *from <= at);
    started.max_by_key(|(from, version)| (*from, version.proposed_at)).map(|(_, version)| version)
}

/// When another version comes into force, if one is agreed and waits for its date.
pub fn next_change(versions: &[Version], at: Timestamp) -> Option<Timestamp> {
    versions.iter().filter_map(Version::in_force_from).filter(|from| *from > at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn version(text: &str, effective: i64, signed: &[(Side, i64)]) -> Version {
        let person = PersonId::new("pat").unwrap();
        Version {
            org: OrgId::new("acme").unwrap(),
            hash: Version::hash_of(text),
            text: text.to_owned(),
            proposed_by: person.clone(),
            proposed_side: Side::Msp,
            proposed_at: at(0),
            effective_at: at(effective),
            note: String::new(),
            signatures: signed
                .iter()
                .map(|(side, hour)| Signature { side: *side, person: person.clone(), at: at(*hour) })
                .collect(),
            withdrawn_at: None,
        }
    }

    const BOTH: [(Side, i64); 2] = [(Side::Msp, 1), (Side::Internal, 3)];

    #[test]
    fn one_side_alone_puts_nothing_in_force() {
        let versions = [version("a", 0, &BOTH[..1]), version("b", 0, &[])];
        assert_eq!(in_force(&versions, at(100)), None);
        assert!(versions.iter().all(Version::is_waiting));
    }

    #[test]
    fn a_version_begins_on_its_date_and_never_before_its_last_signature() {
        let versions = [version("a", 0, &BOTH), version("b", 10, &BOTH)];
        assert_eq!(in_force(&versions, at(2)), None);
        assert_eq!(in_force(&versions, at(3)).unwrap().text, "a");
        assert_eq!(next_change(&versions, at(3)), Some(at(10)));
        assert_eq!(in_force(&versions, at(10)).unwrap().text, "b");
        assert_eq!(next_change(&versions, at(10)), None);
    }

    #[test]
    fn what_was_withdrawn_never_takes_effect() {
        let versions =
            [version("a", 0, &BOTH), Version { withdrawn_at: Some(at(5)), ..version("b", 10, &BOTH) }];
        assert_eq!(in_force(&versions, at(20)).unwrap().text, "a");
    }
}
