//! How keys stand, as the state has it: what the agents' port asks at every handshake and every request.

use dogwatch_model::EndpointState;

use super::{CoreHandle, Input};
use crate::{
    access::Sha256,
    authority::standing::{KeyState, KeyStatus},
};

impl KeyStatus for CoreHandle {
    fn status(&self, key: &Sha256) -> KeyState {
        let (state, id) = self.read(|state| {
            let Some(id) = state.keys.get(key) else { return (KeyState::Unknown, None) };
            let stands = match state.members.get(id).map(|member| member.endpoint.state) {
                Some(EndpointState::Active) => KeyState::Active(*id),
                Some(EndpointState::Pending) => KeyState::Pending(*id),
                Some(EndpointState::Revoked | EndpointState::Retired) => KeyState::Revoked,
                None => KeyState::Unknown,
            };
            (stands, Some(*id))
        });
        if matches!(state, KeyState::Revoked | KeyState::Unknown) {
            // For the audit. Nobody waits for it, and a full queue has better things to do.
            let _ = self.inputs.try_send(Input::KeyRefused(id));
        }
        state
    }
}
