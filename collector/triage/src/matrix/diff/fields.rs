//! What things say, field by field, as it would be written.

use core::fmt::Display;

use dogwatch_model::Side;

use crate::{
    alert::Priority,
    calendar::Calendar,
    filter::Filter,
    matrix::{
        Access, BoundaryRule, Call, Deputy, Duty, Matrix, Party, Person, Rota, Row, Runs, Selector, SlaClass,
        Step, Swap, Team, Tool, Vendor,
    },
};

/// A field and its text; an empty text says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) text: String,
}

fn field(name: &str, text: impl Display) -> Field {
    Field { name: name.to_owned(), text: text.to_string() }
}

fn maybe(name: &str, text: Option<impl Display>) -> Field {
    Field { name: name.to_owned(), text: text.map(|text| text.to_string()).unwrap_or_default() }
}

fn list<T>(name: &str, all: &[T], word: impl Fn(&T) -> String) -> Field {
    field(name, all.iter().map(word).collect::<Vec<_>>().join(", "))
}

fn flag(name: &str, is: bool) -> Field {
    field(name, if is { "yes" } else { "" })
}

pub(super) fn org(matrix: &Matrix) -> Vec<Field> {
    vec![
        field("name", matrix.org_name()),
        field("last_resort", matrix.last_resort()),
        maybe("sla", matrix.default_sla.as_ref()),
    ]
}

pub(super) fn side(matrix: &Matrix, side: Side) -> Vec<Field> {
    vec![field("name", matrix.side_name(side)), list("signers", matrix.signers(side), ToString::to_string)]
}

pub(super) fn team(team: &Team) -> Vec<Field> {
    vec![
        field("name", &team.name),
        field("side", team.side),
        maybe("contact", team.contact.as_ref()),
        list("channels", &team.channels, ToString::to_string),
        maybe("email", team.email.as_ref()),
        maybe("rota", team.rota.as_ref()),
    ]
}

pub(super) fn person(person: &Person) -> Vec<Field> {
    let deputy = |deputy: &Deputy| format!("{} from {} to {}", deputy.person, deputy.from, deputy.until);
    vec![
        field("name", &person.name),
        field("team", &person.team),
        maybe("contact", person.contact.as_ref()),
        list("channels", &person.channels, ToString::to_string),
        maybe("email", person.email.as_ref()),
        flag("verified", person.verified),
        flag("disabled", person.disabled),
        maybe("zone", person.zone.as_ref()),
        list("languages", &person.languages, ToString::to_string),
        list("skills", &person.skills, ToString::to_string),
        list("deputies", &person.deputies, deputy),
    ]
}

pub(super) fn calendar(calendar: &Calendar) -> Vec<Field> {
    let special: Vec<_> = calendar.special().collect();
    let day = |(date, special): &(&jiff::civil::Date, &crate::calendar::Special)| {
        let hours: Vec<_> = special.spans.iter().map(ToString::to_string).collect();
        let hours = if hours.is_empty() { "closed".to_owned() } else { hours.join(" ") };
        format!("{date} {} ({hours})", special.name)
    };
    vec![
        field("zone", calendar.zone_name()),
        field("hours", calendar.hours()),
        list("special days", &special, day),
    ]
}

pub(super) fn rota(rota: &Rota) -> Vec<Field> {
    let local = |at| rota.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string();
    let swap = |swap: &Swap| {
        let reason = swap.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{} from {} to {}{reason}", swap.person, local(swap.from), local(swap.until))
    };
    vec![
        field("team", &rota.team),
        field("zone", &rota.zone_name),
        list("people", &rota.people, ToString::to_string),
        field("turn", format!("{}d", rota.turn_days)),
        field("starts", rota.starts),
        field("hand_over", rota.hand_over),
        maybe("during", rota.during.as_ref()),
        list("overrides", &rota.overrides, swap),
    ]
}

pub(super) fn vendor(vendor: &Vendor) -> Vec<Field> {
    vec![
        field("name", &vendor.name),
        maybe("contact", vendor.contact.as_ref()),
        maybe("contract", vendor.contract.as_ref()),
        maybe("calendar", vendor.calendar.as_ref()),
        maybe("response", vendor.response.map(|response| format!("{response:#}"))),
    ]
}

pub(super) fn sla(class: &SlaClass) -> Vec<Field> {
    let mut fields = vec![field("accept", format!("{:#}", class.accept))];
    fields.extend(Priority::ALL.iter().map(|priority| {
        let promise = class.promise(*priority);
        let runs = match &promise.runs {
            Runs::Always => "always".to_owned(),
            Runs::WithRow => "with the row".to_owned(),
            Runs::During(calendar) => format!("during {calendar}"),
        };
        field(
            priority.as_str(),
            format!("response {:#}, resolve {:#}, {runs}", promise.response, promise.resolve),
        )
    }));
    fields
}

pub(super) fn tool(tool: &Tool) -> Vec<Field> {
    vec![
        field("function", &tool.function),
        field("owner", &tool.owner),
        maybe("person", tool.person.as_ref()),
        maybe("deputy", tool.deputy.as_ref()),
        maybe("scope", tool.scope.as_ref()),
        list("neighbours", &tool.neighbours, ToString::to_string),
    ]
}

pub(super) fn row(row: &Row) -> Vec<Field> {
    let hours = match &row.duty {
        Duty::Always => String::new(),
        Duty::During(calendar) => format!("during {calendar}"),
        Duty::Outside(calendar) => format!("outside {calendar}"),
    };
    let access = |access: &Access| {
        let granted = if access.granted { "granted" } else { "not granted" };
        let until = access.until.map(|until| format!(" until {until}")).unwrap_or_default();
        format!("{} ({granted}{until})", access.to)
    };
    let mut fields = selector(&row.selects);
    fields.extend([
        field("hours", hours),
        field("responsible", &row.responsible),
        field("accountable", party(&row.accountable)),
        list("consulted", &row.consulted, party),
        list("informed", &row.informed, party),
        maybe("backup", row.backup.as_ref()),
        field("first_responder", format!("{:#}", row.first_responder)),
        maybe("tier", row.tier),
        maybe("tag", row.tag),
        list("escalation", &row.escalation, step),
        maybe("sla", row.sla.as_ref()),
        maybe("vendor", row.vendor.as_ref()),
        list("access", &row.access, access),
        list("skills", &row.skills, ToString::to_string),
        maybe("boundary_with", row.boundary_with.as_ref()),
        maybe("lead", row.lead.as_ref()),
        maybe("reviewed_at", row.reviewed_at),
        maybe("note", row.note.as_ref()),
        maybe("runbook", row.runbook.as_ref()),
    ]);
    fields
}

pub(super) fn boundary(rule: &BoundaryRule) -> Vec<Field> {
    let part = |word: &'static str, of: &Selector| {
        let named = move |field: Field| Field { name: format!("{word} {}", field.name), ..field };
        selector(of).into_iter().map(named)
    };
    let mut fields: Vec<Field> = part("first", &rule.first).chain(part("then", &rule.then)).collect();
    fields.extend([
        field("within", format!("{:#}", rule.within)),
        field("lead", &rule.lead),
        maybe("note", rule.note.as_ref()),
    ]);
    fields
}

fn selector(selects: &Selector) -> Vec<Field> {
    vec![
        list("tools", &selects.tools, ToString::to_string),
        list("categories", &selects.categories, ToString::to_string),
        list("severity", &selects.severity, ToString::to_string),
        maybe("endpoint", selects.endpoint.as_ref().map(Filter::source)),
    ]
}

fn party(party: &Party) -> String {
    match party {
        Party::Team(team) => team.to_string(),
        Party::Person(person) => person.to_string(),
    }
}

fn step(step: &Step) -> String {
    let to = match &step.to {
        Call::Party(called) => party(called),
        Call::Rota(rota) => rota.to_string(),
        Call::Vendor(vendor) => vendor.to_string(),
    };
    format!("{to} after {:#}", step.after)
}
