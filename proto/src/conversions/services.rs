//! Services and checks.

mod watched;

use dogwatch_model::{Check, Service};

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::Services> for Vec<Service> {
    type Error = ConversionError;

    fn try_from(wire: v1::Services) -> Result<Self, ConversionError> {
        field::list("services", wire.services, limits::SERVICES, |service| {
            Ok(Service {
                name: field::name("service.name", service.name)?,
                state: field::name("service.state", service.state)?,
                expected: field::maybe_name("service.expected", service.expected)?,
                enabled: service.enabled,
            })
        })
    }
}

impl From<&[Service]> for v1::Services {
    fn from(services: &[Service]) -> Self {
        let one = |service: &Service| v1::Service {
            name: service.name.clone(),
            state: service.state.clone(),
            expected: service.expected.clone(),
            enabled: service.enabled,
        };
        Self { services: services.iter().map(one).collect() }
    }
}

impl TryFrom<v1::Checks> for Vec<Check> {
    type Error = ConversionError;

    fn try_from(wire: v1::Checks) -> Result<Self, ConversionError> {
        field::list("checks", wire.checks, limits::CHECKS, |check| {
            Ok(Check {
                name: field::name("check.name", check.name)?,
                kind: field::name("check.kind", check.kind)?,
                state: field::word("check.state", &check.state)?,
                detail: field::maybe_text("check.detail", check.detail)?,
                value: check.value,
                certificate_expires_at: field::maybe_instant(
                    "check.certificate_expires_at_us",
                    check.certificate_expires_at_us,
                )?,
            })
        })
    }
}

impl From<&[Check]> for v1::Checks {
    fn from(checks: &[Check]) -> Self {
        let one = |check: &Check| v1::Check {
            name: check.name.clone(),
            kind: check.kind.clone(),
            state: check.state.as_str().to_owned(),
            detail: check.detail.clone(),
            value: check.value,
            certificate_expires_at_us: check.certificate_expires_at.map(jiff::Timestamp::as_microsecond),
        };
        Self { checks: checks.iter().map(one).collect() }
    }
}
