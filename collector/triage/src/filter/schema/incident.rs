//! Crash evidence: the latest, oldest first.

use dogwatch_model::IncidentKind;

use super::{Field, Type, choice, choices, element, text, value};
use crate::filter::{reads::Reads, value::seconds_between};

pub(super) static FIELDS: &[Field] = &[
    choice(
        "kind",
        choices!(IncidentKind),
        "what happened",
        element!(Incident, |incident| incident.kind.as_str()),
    ),
    text("subject", "to what: process, device, mount", element!(Incident, |i| i.subject.as_ref())),
    text("detail", "the line of the log that says so", element!(Incident, |incident| &incident.detail)),
    value("at", Type::Instant, "when, by the endpoint's clock", element!(Incident, |incident| incident.at)),
    value(
        "age",
        Type::Duration,
        "how long ago",
        element!(Incident, |incident, row| seconds_between(incident.at, row.as_of)),
    )
    .reads(Reads::TIME),
];
