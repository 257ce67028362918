//! `fleet`: endpoints, filtered and sorted by the collector, or counted by it.

mod asked;
mod summary;

use dogwatch_model::counted;
use serde_json::Value;

use super::again::{self, Pace};
use crate::{
    args::{Counts, Fleet, Format},
    client::{Client, Pages},
    failure::Failure,
    output::{self, Column, Listing, Screen, Show, column},
    progress::Progress,
};
use asked::Asked;

const COLUMNS: &[Column] = &[
    column("NAME", "name", Show::Text),
    column("ORG", "org", Show::Text),
    column("SITE", "site", Show::Text),
    column("CLASS", "class", Show::Text),
    column("STATE", "online", Show::Made(presence)),
    column("SEEN", "last_seen", Show::Age),
    column("CPU", "health.cpu.used_percent", Show::Percent),
    column("MEM", "health.memory.used_percent", Show::Percent),
    column("DISK", "health.disks.used_percent", Show::Percent),
    column("UPDATES", "patch.missing.total", Show::Text),
    column("SECURITY", "patch.missing.security", Show::Text),
    column("REBOOT", "patch.reboot.pending", Show::YesNo),
    column("BACKUP", "backup.worst", Show::Text),
    column("ALERTS", "alerts.open", Show::Text),
];

const WIDE: &[Column] = &[
    column("OS", "os.name", Show::Text),
    column("VERSION", "os.version", Show::Text),
    column("UP", "health.uptime", Show::Span),
    column("SECURITY MISSING SINCE", "patch.oldest_missing_security", Show::Instant),
    column("SCANNED", "patch.scanned_at", Show::Age),
    column("AGENT", "agent.version", Show::Text),
    column("ID", "id", Show::Text),
];

const CSV: &[&str] = &[
    "id",
    "name",
    "org",
    "site",
    "class",
    "criticality",
    "state",
    "online",
    "last_seen",
    "os.name",
    "os.version",
    "health.cpu.used_percent",
    "health.memory.used_percent",
    "health.uptime",
    "patch.scanned_at",
    "patch.missing.total",
    "patch.missing.security",
    "patch.oldest_missing_security",
    "patch.reboot.pending",
    "backup.worst",
    "backup.oldest",
    "alerts.open",
    "alerts.critical",
    "agent.version",
];

fn presence(row: &Value) -> String {
    match (row["state"].as_str(), row["online"].as_bool()) {
        (Some(state @ ("pending" | "revoked" | "retired")), _) => state,
        (_, Some(true)) => "online",
        _ if row["planned_offline"] == true => "away",
        (_, Some(false)) => "offline",
        (_, None) => "–",
    }
    .to_owned()
}

/// What `STATE` is made of.
const PRESENCE: [&str; 3] = ["state", "online", "planned_offline"];

pub(crate) fn run(fleet: &Fleet, screen: &Screen) -> Result<(), Failure> {
    if let Some(Counts::Summary(summary)) = &fleet.counts {
        return summary::run(summary, screen);
    }
    if fleet.schema {
        return output::print(&super::filter::schema(&dogwatch_triage::filter::schema(), screen)?);
    }
    let asked = Asked::typed(fleet);
    if fleet.explain && asked.view().is_none() {
        return output::print(&format!("{}\n", asked.expression()?));
    }
    let client = Client::logged_in()?;
    let asked = asked.resolved(&client)?;
    if fleet.explain {
        return output::print(&format!("{}\n", asked.expression()?));
    }
    let wanted = asked.columns.iter().map(|path| Column::wanted(path)).collect::<Result<Vec<_>, _>>()?;
    let paths: Vec<&str> = asked.columns.iter().map(String::as_str).collect();
    let listing = Listing {
        rows: "endpoints",
        name: "name",
        columns: if wanted.is_empty() { COLUMNS } else { &wanted },
        wide: if wanted.is_empty() { WIDE } else { &[] },
        csv: if paths.is_empty() { CSV } else { &paths },
    };
    let fields = fields(&listing, &asked, screen);
    let mut said = String::new();
    let pace = Pace::told(fleet.watching, "endpoint");
    again::show(&client, pace, screen, || {
        let answer = fetch(&client, &asked, &fleet.state, fields.as_deref())?;
        let remark = remark(&answer, asked.filter.is_some());
        if remark != said && screen.is_for_people() {
            output::note(&remark);
            said = remark;
        }
        listing.render(&answer, output::as_of(&answer), screen)
    })
}

/// The fields that are shown: a whole endpoint is fifty times as long. Programs that name none get everything.
fn fields(listing: &Listing<'_>, asked: &Asked, screen: &Screen) -> Option<String> {
    let columns = listing.columns.iter().map(Column::path);
    let mut paths: Vec<&str> = match screen.format {
        Format::Json | Format::Yaml if asked.columns.is_empty() => return None,
        Format::Json | Format::Yaml => asked.columns.iter().map(String::as_str).collect(),
        Format::Csv => listing.csv.to_vec(),
        Format::Name => vec![listing.name],
        Format::Table => columns.chain(PRESENCE).collect(),
        Format::Wide => columns.chain(listing.wide.iter().map(Column::path)).chain(PRESENCE).collect(),
    };
    if !asked.columns.is_empty() && screen.is_for_people() {
        paths.truncate(paths.len() - PRESENCE.len());
    }
    Some(paths.join(","))
}

/// Every page in one answer.
fn fetch(client: &Client, asked: &Asked, state: &str, fields: Option<&str>) -> Result<Value, Failure> {
    let mut params = vec![("state", state)];
    params.extend(asked.filter.as_deref().map(|filter| ("filter", filter)));
    params.extend(asked.sort.as_deref().map(|sort| ("sort", sort)));
    params.extend(fields.map(|fields| ("fields", fields)));
    let mut answer = client.get("fleet", &params)?;
    let mut progress = Progress::begin("reading endpoints", answer["matched"].as_u64());
    let mut pages = Pages::default();
    let mut more = pages.turn(&answer, rows(&answer))?;
    while more {
        let cursor = pages.cursor().unwrap_or_default();
        let page: Vec<(&str, &str)> = params.iter().copied().chain([("cursor", cursor)]).collect();
        let mut page = client.get("fleet", &page)?;
        more = pages.turn(&page, rows(&page))?;
        let found = page["endpoints"].as_array_mut().map(std::mem::take).unwrap_or_default();
        if let Some(endpoints) = answer["endpoints"].as_array_mut() {
            endpoints.extend(found);
            progress.reach(endpoints.len() as u64);
        }
    }
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("next");
    }
    Ok(answer)
}

fn rows(page: &Value) -> usize {
    page["endpoints"].as_array().map_or(0, Vec::len)
}

/// What the table does not say.
fn remark(answer: &Value, filtered: bool) -> String {
    let number = |name: &str| answer[name].as_u64().unwrap_or(0);
    let (total, matched, unjudged) = (number("total"), number("matched"), number("unjudged"));
    let judged = match unjudged {
        0 => String::new(),
        n => format!("; {n} could not be judged for want of a fact"),
    };
    match (total, filtered) {
        (0, _) => "no endpoints; make a token with `dogwatch join-token create`, then run \
                   `dogwatch-agent enroll TOKEN` on a machine"
            .to_owned(),
        (_, true) => {
            let of = counted(total, "endpoint", "endpoints");
            format!("{matched} of {of} {}{judged}", if matched == 1 { "matches" } else { "match" })
        }
        (_, false) => counted(total, "endpoint", "endpoints"),
    }
}

#[cfg(test)]
mod tests;
