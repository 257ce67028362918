//! Services and checks that policy names.

use dogwatch_model::{Check, CheckState};
use jiff::Timestamp;

use super::{Field, Type, choice, choices, element, text, value};
use crate::filter::{reads::Reads, value::seconds_between};

pub(super) static SERVICE: &[Field] = &[
    text("name", "unit, service or job", element!(Service, |service| &service.name)),
    text(
        "state",
        "running, starting, stopping, stopped, failed, missing or unknown",
        element!(Service, |service| &service.state),
    ),
    text("expected", "what policy expects", element!(Service, |service| service.expected.as_ref())),
    value(
        "enabled",
        Type::Bool,
        "starts by itself with the machine",
        element!(Service, |service| service.enabled),
    ),
];

pub(super) static CHECK: &[Field] = &[
    text("name", "policy's name for it", element!(Check, |check| &check.name)),
    text("kind", "process, tcp, http, file or log", element!(Check, |check| &check.kind)),
    choice("state", choices!(CheckState), "what it came to", element!(Check, |check| check.state.as_str())),
    text(
        "detail",
        "what was seen, or why it could not be judged",
        element!(Check, |check| check.detail.as_ref()),
    ),
    value(
        "value",
        Type::Int,
        "processes, answer code, file age in seconds or size in bytes, matching lines",
        element!(Check, |check| check.value),
    ),
    value(
        "certificate_expires_at",
        Type::Instant,
        "end of the certificate that was shown",
        element!(Check, |check| check.certificate_expires_at),
    ),
    value(
        "certificate_days_left",
        Type::Int,
        "whole days until then; below 0 after it",
        element!(Check, |check, row| days_left(check, row.as_of)),
    )
    .reads(Reads::TIME),
];

/// A day, in seconds.
const DAY: f64 = 86_400.0;

fn days_left(check: &Check, as_of: Timestamp) -> Option<f64> {
    check.certificate_expires_at.map(|end| (seconds_between(as_of, end) / DAY).floor())
}
