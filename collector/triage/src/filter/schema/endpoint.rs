//! The top of the table: identity, presence and alerts.

use dogwatch_model::{Class, Criticality, EndpointState, ScanResult};

use super::{
    Field, Kind, Type, backup, choice, choices, drive, element, fact, group, health, incident, inventory,
    patch, records,
};
use super::{services, text, texts, value};
use crate::filter::{
    reads::Reads,
    value::{List, Value, seconds_between},
};

/// Several of the tries that a second machine makes, one each ten minutes or more.
const CLONE_SUSPECTED_SECONDS: f64 = 3600.0;

pub(super) static FIELDS: &[Field] = &[
    value("id", Type::Id, "given at enrolment", |row, _| Value::Id(row.endpoint.id.0)),
    text("name", "what people call it", |row, _| Value::from(&row.endpoint.name)),
    text("org", "org it belongs to", |row, _| Value::from(row.endpoint.org.as_str())),
    text("site", "site of the org", |row, _| Value::from(row.endpoint.site.as_str())),
    choice(
        "class",
        choices!(Class),
        "kind of machine; absent until somebody says or its agent tells",
        |row, _| row.endpoint.class.map(Class::as_str).into(),
    ),
    choice("criticality", choices!(Criticality), "how much it hurts when it fails", |row, _| {
        Value::from(row.endpoint.criticality.as_str())
    }),
    texts("tags", "free tags", |row, _| Some(List::Texts(&row.endpoint.tags))),
    Field::new(
        "labels",
        "free labels: labels.env, labels[\"cost-centre\"]",
        Kind::Labels(|row| &row.endpoint.labels),
    ),
    choice("state", choices!(EndpointState), "whether the collector deals with it", |row, _| {
        Value::from(row.endpoint.state.as_str())
    }),
    value("online", Type::Bool, "its stream stands", |row, _| Value::Bool(row.endpoint.presence.online))
        .reads(Reads::PRESENCE),
    value("planned_offline", Type::Bool, "away after saying goodbye", |row, _| {
        Value::Bool(!row.endpoint.presence.online && row.endpoint.presence.goodbye.is_some())
    })
    .reads(Reads::PRESENCE),
    value("offline_for", Type::Duration, "how long its stream has been down; absent online", |row, _| {
        let presence = &row.endpoint.presence;
        (!presence.online).then(|| seconds_between(presence.since, row.as_of).max(0.0)).into()
    })
    .reads(Reads::PRESENCE.union(Reads::TIME)),
    value("last_seen", Type::Instant, "last time anything came from it", |row, _| {
        Value::from(row.endpoint.presence.last_seen)
    })
    .reads(Reads::PRESENCE),
    value("clone_suspected", Type::Bool, "a second machine spoke with its key in the last hour", |row, _| {
        let seen = row.endpoint.presence.second_seen_at;
        Value::Bool(seen.is_some_and(|at| seconds_between(at, row.as_of) < CLONE_SUSPECTED_SECONDS))
    })
    .reads(Reads::PRESENCE.union(Reads::TIME))
    .filter_only(),
    value("clone_since", Type::Instant, "when the second machine was first seen", |row, _| {
        row.endpoint.presence.second.as_ref().map(|second| second.first_seen_at).into()
    })
    .reads(Reads::PRESENCE)
    .filter_only(),
    text("clone_why", "what speaks for a second machine", |row, _| {
        row.endpoint.presence.second.as_ref().map(|second| &second.why).into()
    })
    .reads(Reads::PRESENCE)
    .filter_only(),
    text("clone_inside", "which of the two is taken for the endpoint", |row, _| {
        row.endpoint.presence.second.as_ref().map(|second| &second.inside).into()
    })
    .reads(Reads::PRESENCE)
    .filter_only(),
    text("clone_outside", "which of the two is the other one", |row, _| {
        row.endpoint.presence.second.as_ref().map(|second| &second.outside).into()
    })
    .reads(Reads::PRESENCE)
    .filter_only(),
    value("enrolled_at", Type::Instant, "when it was enrolled", |row, _| {
        Value::from(row.endpoint.enrolled_at)
    }),
    value("score", Type::Int, "health score, 0 to 100; not computed yet", |_, _| Value::Missing),
    value("score_confidence", Type::Percent, "how much of the score is known; not computed yet", |_, _| {
        Value::Missing
    }),
    group("agent", "the agent itself", AGENT).reads(Reads::AGENT),
    group("os", "operating system", inventory::OS).reads(Reads::INVENTORY),
    group("hardware", "the machine", inventory::HARDWARE).reads(Reads::INVENTORY),
    group("net", "names and addresses", inventory::NET).reads(Reads::INVENTORY),
    group("health", "latest health sample", health::FIELDS).reads(Reads::HEALTH),
    records("services", "services that policy names", services::SERVICE, |row, _| {
        row.endpoint.facts.services.as_deref().map(List::Services)
    })
    .reads(Reads::SERVICES),
    records("checks", "checks that policy names", services::CHECK, |row, _| {
        row.endpoint.facts.checks.as_deref().map(List::Checks)
    })
    .reads(Reads::CHECKS),
    records("drives", "physical drives", drive::FIELDS, |row, _| {
        row.endpoint.facts.drives.as_deref().map(List::Drives)
    })
    .reads(Reads::DRIVES),
    records("incidents", "what happened to it lately, oldest first", incident::FIELDS, |row, _| {
        row.endpoint.facts.incidents.as_deref().map(List::Incidents)
    })
    .reads(Reads::INCIDENTS),
    group("patch", "patch status", patch::FIELDS).reads(Reads::PATCH),
    group("backup", "backup status", backup::FIELDS).reads(Reads::BACKUP),
    group("security", "security posture", inventory::SECURITY).reads(Reads::INVENTORY),
    group("alerts", "open alerts", ALERTS).reads(Reads::ALERTS),
];

static AGENT: &[Field] = &[
    text("version", "version of the agent", fact!(agent, |agent| &agent.version)),
    text("policy_version", "policy it runs by", fact!(agent, |agent| agent.policy_version.as_ref())),
    group(
        "self",
        "what the agent itself costs",
        &[
            value("rss_bytes", Type::Bytes, "resident memory", fact!(agent, |agent| agent.rss_bytes)),
            value(
                "cpu_percent",
                Type::Percent,
                "share of one processor since it started",
                fact!(agent, |agent| agent.cpu_percent),
            ),
        ],
    ),
    records("sources", "how its sources are doing", SOURCE, |row, _| {
        row.endpoint.facts.agent.as_ref().map(|agent| List::Sources(&agent.sources))
    }),
    records("events", "what happened to it lately", EVENT, |row, _| {
        row.endpoint.facts.events.as_deref().map(List::Events)
    }),
];

static SOURCE: &[Field] = &[
    text("name", "patch.apt, backup.restic …", element!(Source, |source| &source.name)),
    choice(
        "result",
        choices!(ScanResult),
        "what its last look came to",
        element!(Source, |source| source.result.as_str()),
    ),
    text("reason", "why it is not ok", element!(Source, |source| source.reason.as_ref())),
    value("since", Type::Instant, "since when", element!(Source, |source| source.since)),
];

static EVENT: &[Field] = &[
    text("kind", "stable kind: bad_config, outbox_overflow …", element!(Event, |event| &event.kind)),
    text("detail", "what happened", element!(Event, |event| &event.detail)),
    value("at", Type::Instant, "when, by the endpoint's clock", element!(Event, |event| event.at)),
    value(
        "age",
        Type::Duration,
        "how long ago",
        element!(Event, |event, row| seconds_between(event.at, row.as_of)),
    )
    .reads(Reads::TIME),
];

static ALERTS: &[Field] = &[
    value("open", Type::Int, "open in all", |row, _| Value::from(row.alerts.open)),
    value("critical", Type::Int, "open and critical", |row, _| Value::from(row.alerts.critical)),
    value("warning", Type::Int, "open warnings", |row, _| Value::from(row.alerts.warning)),
    value("info", Type::Int, "open and informational", |row, _| Value::from(row.alerts.info)),
];
