//! How keys stand, as the state has it: what the agents' port asks at every handshake and every request.

use dogwatch_model::EndpointState;

use super::CoreHandle;
use crate::{
    access::Sha256,
    authority::standing::{KeyState, KeyStatus},
};

impl KeyStatus for CoreHandle {
    fn status(&self, key: &Sha256) -> KeyState {
        self.read(|state| {
            let Some(id) = state.keys.get(key) else { return KeyState::Unknown };
            match state.members.get(id).map(|member| member.endpoint.state) {
                Some(EndpointState::Active) => KeyState::Active(*id),
                Some(EndpointState::Pending) => KeyState::Pending(*id),
                Some(EndpointState::Revoked | EndpointState::Retired) => KeyState::Revoked,
                None => KeyState::Unknown,
            }
        })
    }
}
