//! Two machines with one key: what was seen of both when the second one spoke. For people to find the copy by; it decides
//! nothing.

use core::{fmt::Write as _, net::IpAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::MachineEvidence;

/// Hex digits of a hash that people compare: chance makes two of a fleet alike once in some million years.
const SHORT: usize = 12;

/// The second machine that spoke with an endpoint's key, beside the one that the collector holds to be the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondMachine {
    /// When one was first seen, of those that were seen again and again since.
    pub first_seen_at: Timestamp,
    /// What speaks for there being two.
    pub why: String,
    /// The one that is taken for the endpoint.
    pub inside: String,
    /// The other one.
    pub outside: String,
}

/// A machine in a line: `192.0.2.7, hardware 3b7e0a9c12ff, machine id 90ac5e7711d2`. What is not known is left out.
pub fn described(address: Option<IpAddr>, evidence: &MachineEvidence) -> String {
    let mut line = address.map_or_else(|| "address not known".to_owned(), |address| address.to_string());
    for (name, hash) in [("hardware", &evidence.hardware_hash), ("machine id", &evidence.machine_id_hash)] {
        if let Some(hash) = hash {
            let short: String = hash.chars().take(SHORT).collect();
            let _ = write!(line, ", {name} {short}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_told_by_what_is_known_of_it() {
        let evidence =
            MachineEvidence { hardware_hash: Some("0123456789abcdef".into()), ..Default::default() };
        let address = Some([192, 0, 2, 7].into());
        assert_eq!(described(address, &evidence), "192.0.2.7, hardware 0123456789ab");
        assert_eq!(described(None, &MachineEvidence::default()), "address not known");
    }
}
