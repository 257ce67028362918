//! The agent's own facts and events.

use dogwatch_model::{AgentEvent, AgentFacts, SourceStatus};

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::AgentFacts> for AgentFacts {
    type Error = ConversionError;

    fn try_from(wire: v1::AgentFacts) -> Result<Self, ConversionError> {
        Ok(Self {
            version: field::name("agent.version", wire.version)?,
            policy_version: field::maybe_name("agent.policy_version", wire.policy_version)?,
            rss_bytes: wire.rss_bytes,
            cpu_percent: wire.cpu_percent.map(|used| field::amount("agent.cpu_percent", used)).transpose()?,
            sources: field::list("agent.sources", wire.sources, limits::SOURCES, SourceStatus::try_from)?,
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
            sources: agent.sources.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::SourceStatus> for SourceStatus {
    type Error = ConversionError;

    fn try_from(wire: v1::SourceStatus) -> Result<Self, ConversionError> {
        Ok(Self {
            name: field::name("source.name", wire.name)?,
            result: field::word("source.result", &wire.result)?,
            reason: field::maybe_text("source.reason", wire.reason)?,
            since: field::instant("source.since_us", wire.since_us)?,
        })
    }
}

impl From<&SourceStatus> for v1::SourceStatus {
    fn from(source: &SourceStatus) -> Self {
        Self {
            name: source.name.clone(),
            result: source.result.as_str().to_owned(),
            reason: source.reason.clone(),
            since_us: source.since.as_microsecond(),
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
