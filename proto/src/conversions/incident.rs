//! Crash evidence.

use dogwatch_model::Incident;

use super::{ConversionError, field};
use crate::v1;

impl TryFrom<v1::Incident> for Incident {
    type Error = ConversionError;

    fn try_from(wire: v1::Incident) -> Result<Self, ConversionError> {
        Ok(Self {
            at: field::instant("incident.at_us", wire.at_us)?,
            kind: field::word("incident.kind", &wire.kind)?,
            subject: field::maybe_name("incident.subject", wire.subject)?,
            detail: field::text("incident.detail", wire.detail)?,
        })
    }
}

impl From<&Incident> for v1::Incident {
    fn from(incident: &Incident) -> Self {
        Self {
            at_us: incident.at.as_microsecond(),
            kind: incident.kind.as_str().to_owned(),
            subject: incident.subject.clone(),
            detail: incident.detail.clone(),
        }
    }
}
