//! How a key stands with us now. The only source of an agent's identity, asked at every handshake and every request.

use dogwatch_model::EndpointId;

use crate::access::Sha256;

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It belongs to an endpoint in service.
    Active(EndpointId),
    /// It belongs to an endpoint that waits for approval.
    Pending(EndpointId),
    /// It belonged to an endpoint that was revoked or retired.
    Revoked,
    /// Nobody here knows it.
    Unknown,
}

/// Answers how a key stands. Must not block for long: handshakes wait for it.
pub trait KeyStatus: Send + Sync {
    /// How the key with this SHA-256 (of its DER `SubjectPublicKeyInfo`) stands.
    fn status(&self, key: &Sha256) -> KeyState;
}
