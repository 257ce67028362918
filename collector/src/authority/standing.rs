//! How a key stands with us now. The only source of an agent's identity, asked at every handshake and every request.

use dogwatch_model::{EndpointId, EndpointState};

use crate::{access::Sha256, core::CoreHandle};

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It belongs to an endpoint in service.
    Active(EndpointId),
    /// It belongs to an endpoint that waits for approval.
    Pending(EndpointId),
    /// It belonged to an endpoint that was revoked.
    Revoked,
    /// Nobody here knows it.
    Unknown,
}

/// Answers how a key stands. Must not block for long: handshakes wait for it.
pub trait KeyStatus: Send + Sync {
    /// How the key with this SHA-256 (of its DER `SubjectPublicKeyInfo`) stands.
    fn status(&self, key: &Sha256) -> KeyState;
}

impl KeyStatus for CoreHandle {
    fn status(&self, key: &Sha256) -> KeyState {
        self.read(|state| {
            let Some(id) = state.keys.get(key) else { return KeyState::Unknown };
            match state.members.get(id).map(|member| member.endpoint.state) {
                Some(EndpointState::Active) => KeyState::Active(*id),
                Some(EndpointState::Pending) => KeyState::Pending(*id),
                Some(EndpointState::Revoked) => KeyState::Revoked,
                None => KeyState::Unknown,
            }
        })
    }
}
