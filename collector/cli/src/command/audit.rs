//! `audit`: who changed what, and whether the record of it holds.

mod export;
mod held;
mod offline;
mod online;
mod proof;

use dogwatch_triage::audit::Chain;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    access,
    again::{self, Pace},
};
use crate::{
    args::Audit,
    client::{Client, Pages},
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

/// The most records that one answer of the collector has.
const PAGE: u64 = 1_000;

const LISTING: Listing<'static> = Listing {
    rows: "records",
    name: "seq",
    columns: &[
        column("RECORD", "seq", Show::Text),
        column("AT", "at", Show::Second),
        column("BY", "by", Show::Made(by)),
        column("ACT", "act", Show::Text),
        column("ON", "on", Show::Text),
        column("CHANGE", "after", Show::Made(change)),
    ],
    wide: &[column("FROM", "from", Show::Text), column("HASH", "hash", Show::Text)],
    csv: &[
        "chain",
        "seq",
        "at",
        "by.person",
        "by.side",
        "by.org",
        "by.token",
        "by.maker.person",
        "act",
        "on",
        "before",
        "after",
        "from",
        "hash",
    ],
};

pub(crate) fn run(asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    match (&asked.verify, &asked.export) {
        (Some(Some(file)), _) => offline::verify(file, asked, screen),
        (Some(None), _) => online::verify(asked, screen),
        (None, Some(file)) => export::run(file, asked, screen),
        (None, None) => list(asked, screen),
    }
}

/// The chain that is meant.
fn chain(client: &Client, asked: &Audit) -> Result<Chain, Failure> {
    match &asked.org {
        _ if asked.collector => Ok(Chain::Collector),
        Some(chain) => Ok(chain.clone()),
        None => super::only_org(client).map(Chain::Org),
    }
}

fn list(asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let chain = chain(&client, asked)?.to_string();
    let mut said = String::new();
    again::show(&client, Pace::asked(asked.watching), screen, || {
        let (whole, remark) = fetch(&client, &chain, asked)?;
        if remark != said && screen.is_for_people() {
            output::note(&remark);
            said = remark;
        }
        LISTING.render(&whole, output::as_of(&whole), screen)
    })
}

/// The newest records that are asked for, page by page, and what is to be said beside them.
fn fetch(client: &Client, chain: &str, asked: &Audit) -> Result<(Value, String), Failure> {
    let since = asked.since.map(|seconds| Timestamp::now() - SignedDuration::from_secs(seconds.into()));
    let since = since.map(|since| since.to_string());
    let by = asked.by.as_ref().map(ToString::to_string);
    let given = [("from", since.as_deref()), ("by", by.as_deref()), ("act", asked.act.as_deref())];
    let mut records: Vec<Value> = Vec::new();
    let mut pages = Pages::default();
    let mut whole = loop {
        let wanted = asked.limit - u64::try_from(records.len()).unwrap_or(asked.limit);
        let limit = wanted.min(PAGE).to_string();
        let mut params = vec![("org", chain), ("limit", limit.as_str())];
        params.extend(given.iter().filter_map(|(name, value)| value.map(|value| (*name, value))));
        params.extend(pages.cursor().map(|next| ("cursor", next)));
        let mut page = client.get("audit", &params)?;
        let before = records.len();
        records.extend(page["records"].take().as_array().into_iter().flatten().cloned());
        if !pages.turn(&page, records.len() - before)? || records.len() as u64 >= asked.limit {
            break page;
        }
    };
    let remark = match records.len() {
        0 => "no such record".to_owned(),
        shown if pages.cursor().is_some() => format!("the newest {shown} are shown; --limit shows more"),
        _ => String::new(),
    };
    whole["records"] = json!(records);
    Ok((whole, remark))
}

fn by(record: &Value) -> String {
    match text_at(record, "by.person") {
        person if person.is_empty() => "Dogwatch".to_owned(),
        person => match text_at(record, "by.maker.person") {
            maker if maker.is_empty() => format!("{person} ({})", text_at(record, "by.side")),
            maker => format!("{person} ({}, by {maker}'s token)", text_at(record, "by.side")),
        },
    }
}

/// What is different: `state: active → revoked`.
fn change(record: &Value) -> String {
    let (before, after) = (&record["before"], &record["after"]);
    if let Some(rows) = after.as_array() {
        let told: Vec<_> = rows.iter().filter_map(of_register).collect();
        return told.join("; ");
    }
    let Some(members) = after.as_object() else { return String::new() };
    let differs = members.iter().filter(|(name, value)| before.get(name.as_str()) != Some(value));
    let told = differs.map(|(name, value)| match before.get(name.as_str()) {
        Some(old) => format!("{name}: {} → {}", said(old), said(value)),
        None => format!("{name}: {}", said(value)),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A value, as a cell of a table bears it: an instant to the second.
fn said(value: &Value) -> String {
    if let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        return format!("{at:.0}");
    }
    output::tame(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// What became of a row of the access register; nothing of an invitation, which stands beside whom it lets in.
fn of_register(row: &Value) -> Option<String> {
    let (grant, token, person) = (&row["grant"], &row["token"], &row["person"]);
    let over = |end: &Value| if end.is_null() { "" } else { ", ended" };
    if grant.is_object() {
        let approved: Vec<_> =
            grant["approvals"].as_object().into_iter().flat_map(|orgs| orgs.keys()).collect();
        let approved =
            approved.iter().map(|org| format!(", approved in {}", output::tame(org))).collect::<String>();
        let (who, verbs, scope) = (access::person(grant), access::verbs(grant), said(&grant["scope"]));
        return Some(format!(
            "{}: {verbs} on {scope}{approved}{}",
            output::tame(&who),
            over(&grant["ended"])
        ));
    }
    if token.is_object() {
        let (who, until) = (said(&token["person"]), said(&token["expires_at"]));
        return Some(format!(
            "token of {who}: {} until {until}{}",
            access::verbs(token),
            over(&token["revoked_at"])
        ));
    }
    if person.is_object() {
        let out = if person["disabled_at"].is_null() { "" } else { ", kept out" };
        return Some(format!("{} of the {} side{out}", said(&person["id"]), said(&person["side"])));
    }
    let seal = row["seal"].as_str()?;
    Some(format!("sealed code {} for {}", output::tame(seal), said(&row["scope"])))
}

#[cfg(test)]
mod tests;
