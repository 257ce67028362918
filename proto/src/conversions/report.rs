//! A whole report, as a message and as bytes.

use dogwatch_model::{
    AgentEvent, AgentFacts, BackupStatus, Health, Incident, Inventory, Lane, PatchStatus, Report,
};
use prost::Message as _;

use super::{ConversionError, Fault, field, limits};
use crate::v1;

/// Why bytes are not a report.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the protobuf message at all.
    #[error("not a report: {0}")]
    Form(#[from] prost::DecodeError),
    /// A report with something wrong in it.
    #[error(transparent)]
    Content(#[from] ConversionError),
}

/// Reads the bytes of a wire report.
///
/// # Errors
/// [`DecodeError`] when they are no report or when something in it is past a limit.
pub fn decode_report(bytes: &[u8]) -> Result<Report, DecodeError> {
    Ok(v1::Report::decode(bytes)?.try_into()?)
}

/// The wire's bytes of a report.
pub fn encode_report(report: &Report) -> Vec<u8> {
    v1::Report::from(report).encode_to_vec()
}

impl TryFrom<v1::Report> for Report {
    type Error = ConversionError;

    fn try_from(wire: v1::Report) -> Result<Self, ConversionError> {
        let lane = v1::Lane::try_from(wire.lane)
            .map_err(|_| field::fault("report.lane", Fault::OutOfRange { expected: "a lane" }))?;
        if wire.sequence == 0 {
            return Err(field::fault("report.sequence", Fault::OutOfRange { expected: "1 or more" }));
        }
        if wire.packed_health.is_some() {
            return Err(field::fault("report.packed_health", Fault::OutOfRange { expected: "health" }));
        }
        Ok(Self {
            lane: Lane::try_from(lane)?,
            sequence: field::sequence("report.sequence", wire.sequence)?,
            observed_at: field::instant("report.observed_at_us", wire.observed_at_us)?,
            age_ms: wire.age_ms,
            health: wire.health.map(Health::try_from).transpose()?,
            inventory: wire.inventory.map(Inventory::try_from).transpose()?,
            services: wire.services.map(TryInto::try_into).transpose()?,
            checks: wire.checks.map(TryInto::try_into).transpose()?,
            patch: wire.patch.map(PatchStatus::try_from).transpose()?,
            backup: wire.backup.map(BackupStatus::try_from).transpose()?,
            agent: wire.agent.map(AgentFacts::try_from).transpose()?,
            drives: wire.drives.map(TryInto::try_into).transpose()?,
            software: wire.software.map(TryInto::try_into).transpose()?,
            incidents: field::list(
                "report.incidents",
                wire.incidents,
                limits::INCIDENTS,
                Incident::try_from,
            )?,
            events: field::list("report.events", wire.events, limits::EVENTS, AgentEvent::try_from)?,
        })
    }
}

impl From<&Report> for v1::Report {
    fn from(report: &Report) -> Self {
        Self {
            lane: v1::Lane::from(report.lane).into(),
            sequence: report.sequence,
            observed_at_us: report.observed_at.as_microsecond(),
            age_ms: report.age_ms,
            health: report.health.as_ref().map(Into::into),
            inventory: report.inventory.as_ref().map(Into::into),
            services: report.services.as_deref().map(Into::into),
            checks: report.checks.as_deref().map(Into::into),
            patch: report.patch.as_ref().map(Into::into),
            backup: report.backup.as_ref().map(Into::into),
            agent: report.agent.as_ref().map(Into::into),
            drives: report.drives.as_deref().map(Into::into),
            software: report.software.as_deref().map(Into::into),
            packed_health: None,
            incidents: report.incidents.iter().map(Into::into).collect(),
            events: report.events.iter().map(Into::into).collect(),
        }
    }
}
