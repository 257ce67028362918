//! The agent's own facts and events.

use dogwatch_model::{AgentEvent, AgentFacts};

use super::{ConversionError, field};
use crate::v1;

impl TryFrom<v1::AgentFacts> for AgentFacts {
    type Error = ConversionError;

    fn try_from(wire: v1::AgentFacts) -> Result<Self, ConversionError> {
        Ok(Self {
            version: field::name("agent.version", wire.version)?,
            policy_version: field::maybe_name("agent.policy_version", wire.policy_version)?,
            rss_bytes: wire.rss_bytes,
            cpu_percent: wire.cpu_percent.map(|used| field::amount("agent.cpu_percent", used)).transpose()?,
        })
    }
}

impl From<&AgentFacts> for v1::AgentFacts {
    fn from(agent: &AgentFacts) -> Self {
        Self {
            version: agent.version.clone(),
            policy_version: agent.policy_version.clone(),
            rss_bytes: agent.rss_bytes,
            cpu_percent: agent.cpu_percent,
        }
    }
}

impl TryFrom<v1::AgentEvent> for AgentEvent {
    type Error = ConversionError;

    fn try_from(wire: v1::AgentEvent) -> Result<Self, ConversionError> {
        Ok(Self {
            at: field::instant("event.at_us", wire.at_us)?,
            kind: field::name("event.kind", wire.kind)?,
            detail: field::text("event.detail", wire.detail)?,
        })
    }
}

impl From<&AgentEvent> for v1::AgentEvent {
    fn from(event: &AgentEvent) -> Self {
        Self { at_us: event.at.as_microsecond(), kind: event.kind.clone(), detail: event.detail.clone() }
    }
}
