//! An item of the queue: what people do with it and how urgent it is.
//!
//! The names are those of the item's JSON. Where nobody or nothing is named (nobody has it, no subject), the text is
//! empty and not missing: that nobody has it is known. Its own `last_seen` has no name here; an endpoint's has it.

use std::sync::LazyLock;

use super::{Field, Kind, Type, choice, choices, element, group, text, value};
use crate::{
    alert::{Actor, Clock, Condition, Priority, Visibility, Work},
    filter::value::Value,
    finding::{Category, Severity},
};

/// What an item has of its own.
pub(crate) static OWN: &[Field] = &[
    value("number", Type::Int, "what people call it: #1042", element!(Queued, |item| item.alert.number.0)),
    choice(
        "priority",
        choices!(Priority),
        "how urgent it is",
        element!(Queued, |item| item.alert.priority.as_str()),
    ),
    choice(
        "severity",
        choices!(Severity),
        "how bad it is",
        element!(Queued, |item| item.alert.severity.as_str()),
    ),
    choice(
        "category",
        choices!(Category),
        "what it is about",
        element!(Queued, |item| item.alert.category.as_str()),
    ),
    text("tool", "the tool whose owner it concerns", element!(Queued, |item| item.alert.tool.as_str())),
    text("rule", "the rule that found it", element!(Queued, |item| item.alert.rule.as_str())),
    text(
        "subject",
        "which disk, job …; empty for the endpoint as a whole",
        element!(Queued, |item| item.alert.subject.as_str()),
    ),
    text("title", "the line that people read", element!(Queued, |item| item.alert.title.as_str())),
    text("org", "org that it concerns", element!(Queued, |item| item.alert.org.as_str())),
    text("site", "site that it concerns", element!(Queued, |item| item.alert.site.as_str())),
    text(
        "endpoint_name",
        "its endpoint's name; empty for what concerns a site",
        element!(Queued, |item| item.alert.endpoint_name.as_str()),
    ),
    choice(
        "condition",
        choices!(Condition),
        "what the machine says",
        element!(Queued, |item| item.alert.condition.as_str()),
    ),
    choice("work", choices!(Work), "what people do", element!(Queued, |item| item.alert.work.as_str())),
    choice(
        "visibility",
        choices!(Visibility),
        "whether it is shown",
        element!(Queued, |item| item.alert.visibility.as_str()),
    ),
    group("owner", "who acts on it", OWNER),
    group("assignee", "who has it", ASSIGNEE),
    group("offer", "the hand-off that waits for its answer", OFFER),
    group("waiting", "what it waits for", WAITING),
    group("next_breach", "the clock that runs out next, or ran out first", BREACH),
    value(
        "touched",
        Type::Bool,
        "a person did something with it",
        element!(Queued, |item| item.alert.touched),
    ),
    value(
        "since",
        Type::Instant,
        "since when the condition holds",
        element!(Queued, |item| item.alert.since),
    ),
    value(
        "first_seen",
        Type::Instant,
        "when it came into the queue",
        element!(Queued, |item| item.alert.first_seen),
    ),
    value("opened", Type::Instant, "the same", element!(Queued, |item| item.alert.first_seen)).filter_only(),
    value(
        "cleared_at",
        Type::Instant,
        "when the condition cleared",
        element!(Queued, |item| item.alert.cleared_at),
    ),
    value(
        "closed_at",
        Type::Instant,
        "when it ended",
        element!(Queued, |item| item.alert.closed.as_ref().map(|closed| closed.at)),
    )
    .filter_only(),
    value("count", Type::Int, "how often it came", element!(Queued, |item| item.alert.count)),
];

static OWNER: &[Field] = &[
    text("team", "the team", element!(Queued, |item| item.alert.owner.team.as_str())),
    text("side", "its side", element!(Queued, |item| item.alert.owner.side.as_str())),
];

static ASSIGNEE: &[Field] = &[
    text(
        "person",
        "the person; empty while nobody has it",
        element!(Queued, |item| person(item.alert.assignee.as_ref())),
    ),
    text(
        "side",
        "their side; empty while nobody has it",
        element!(Queued, |item| {
            item.alert.assignee.as_ref().and_then(|actor| actor.side).map_or("", |side| side.as_str())
        }),
    ),
];

static OFFER: &[Field] = &[
    text(
        "to",
        "the team that is asked; empty when none is",
        element!(Queued, |item| item.alert.offer.as_ref().map_or("", |offer| offer.to.as_str())),
    ),
    value(
        "until",
        Type::Instant,
        "until when an answer was promised",
        element!(Queued, |item| item.alert.offer.as_ref().map(|offer| offer.until)),
    ),
];

static WAITING: &[Field] = &[
    text(
        "on",
        "vendor, user, reboot or window; empty while it does not wait",
        element!(Queued, |item| item.alert.waiting.as_ref().map_or("", |waiting| waiting.on.as_str())),
    ),
    value(
        "until",
        Type::Instant,
        "until when",
        element!(Queued, |item| item.alert.waiting.as_ref().map(|waiting| waiting.until)),
    ),
];

static BREACH: &[Field] = &[
    choice(
        "clock",
        choices!(Clock),
        "which clock",
        element!(Queued, |item| item.next_breach.map(|next| next.clock.as_str())),
    ),
    value("at", Type::Instant, "when", element!(Queued, |item| item.next_breach.map(|next| next.at))),
];

fn person(actor: Option<&Actor>) -> &str {
    actor.and_then(|actor| actor.person.as_ref()).map_or("", |person| person.as_str())
}

/// An item's names, and then its endpoint's.
pub(super) fn fields() -> &'static [Field] {
    static ALL: LazyLock<Vec<Field>> = LazyLock::new(|| joined(|field| *field));
    &ALL
}

/// The same for an item without an endpoint, of which everything is missing.
pub(super) fn fields_alone() -> &'static [Field] {
    static ALL: LazyLock<Vec<Field>> = LazyLock::new(|| joined(missing));
    &ALL
}

fn joined(of_endpoint: impl Fn(&Field) -> Field) -> Vec<Field> {
    let others = super::fields().iter().filter(|field| OWN.iter().all(|own| own.name != field.name));
    OWN.iter().copied().chain(others.map(of_endpoint)).collect()
}

/// A field of which nothing is known, with all that it holds. Made once for each field there is.
fn missing(field: &Field) -> Field {
    let members = |members: &'static [Field]| -> &'static [Field] {
        Box::leak(members.iter().map(missing).collect::<Box<[Field]>>())
    };
    let kind = match field.kind {
        Kind::Value(ty, _) => Kind::Value(ty, |_, _| Value::Missing),
        Kind::Group(inner) => Kind::Group(members(inner)),
        Kind::Records(inner, _) => Kind::Records(members(inner), |_, _| None),
        Kind::Texts(_) => Kind::Texts(|_, _| None),
        // Those of the endpoint that stands in, which has none.
        Kind::Labels(get) => Kind::Labels(get),
    };
    Field { kind, ..*field }
}
