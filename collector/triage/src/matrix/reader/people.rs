//! Teams and the people in them.

use dogwatch_model::{ChannelId, PersonId, Side, TeamId};
use serde::Deserialize;

use super::{deputy, deputy::DeputyEntry, id, insert, moment};
use crate::matrix::{Directory, Person, Team, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct TeamEntry {
    id: Text,
    name: Option<String>,
    side: Text,
    contact: Option<String>,
    #[serde(default)]
    channels: Vec<Text>,
    email: Option<Text>,
    rota: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct PersonEntry {
    id: Text,
    name: Option<String>,
    side: Option<Text>,
    team: Text,
    contact: Option<String>,
    #[serde(default)]
    channels: Vec<Text>,
    email: Option<Text>,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    disabled: bool,
    zone: Option<Text>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    deputies: Vec<DeputyEntry>,
}

/// Adds the teams. Their rotas are read later than they, so what names one is handed back.
pub(super) fn add_teams(
    doc: &mut Document<'_>,
    known: &mut Directory,
    entries: Vec<TeamEntry>,
) -> Vec<(TeamId, Text)> {
    let mut rotas_of = Vec::new();
    for entry in entries {
        let (Some(id), Some(side)) = (id::<TeamId>(doc, &entry.id), id::<Side>(doc, &entry.side)) else {
            doc.broken(entry.id.get_ref());
            continue;
        };
        known.refuse_taken(doc, &entry.id, "team");
        let team = Team {
            id: id.clone(),
            name: entry.name.unwrap_or_else(|| id.to_string()),
            side,
            contact: entry.contact,
            channels: channels(doc, &entry.channels),
            email: mailbox(doc, entry.email.as_ref()),
            rota: None,
        };
        rotas_of.extend(entry.rota.map(|rota| (id.clone(), rota)));
        insert(doc, &mut known.teams, ("team", &entry.id), id, team);
    }
    rotas_of
}

/// Adds the people; who stands in for whom is read once all of them are there.
pub(super) fn add_people(doc: &mut Document<'_>, known: &mut Directory, entries: Vec<PersonEntry>) {
    let mut stand_ins = Vec::new();
    for mut entry in entries {
        let deputies = core::mem::take(&mut entry.deputies);
        if let Some(id) = add_person(doc, known, entry) {
            stand_ins.push((id, deputies));
        }
    }
    for (id, entries) in stand_ins {
        let deputies = deputy::deputies(doc, known, &id, &entries);
        if let Some(person) = known.people.get_mut(&id) {
            person.deputies = deputies;
        }
    }
}

fn add_person(doc: &mut Document<'_>, known: &mut Directory, entry: PersonEntry) -> Option<PersonId> {
    let (read, team) = (id::<PersonId>(doc, &entry.id), known.team_named(doc, &entry.team));
    let (Some(id), Some(team)) = (read, team) else {
        doc.broken(entry.id.get_ref());
        return None;
    };
    let side = known.teams.get(&team)?.side;
    if let Some(text) = &entry.side {
        let said: Option<Side> = self::id(doc, text);
        if said.is_some_and(|said| said != side) {
            let what = format!("team `{team}` is on side `{side}`, and a person is on the side of the team");
            doc.fault(&text.span(), what, format!("write \"{side}\", or leave the line out"));
        }
    }
    known.refuse_taken(doc, &entry.id, "person");
    let person = Person {
        id: id.clone(),
        name: entry.name.unwrap_or_else(|| id.to_string()),
        side,
        team,
        contact: entry.contact,
        channels: channels(doc, &entry.channels),
        email: mailbox(doc, entry.email.as_ref()),
        verified: entry.verified,
        disabled: entry.disabled,
        zone: entry.zone.filter(|zone| moment::zone(doc, zone).is_some()).map(toml::Spanned::into_inner),
        languages: entry.languages,
        skills: entry.skills,
        deputies: Vec::new(),
    };
    insert(doc, &mut known.people, ("person", &entry.id), id.clone(), person);
    Some(id)
}

fn channels(doc: &mut Document<'_>, texts: &[Text]) -> Vec<ChannelId> {
    texts.iter().filter_map(|text| id(doc, text)).collect()
}

/// A mailbox, checked for what every address has: whether it takes mail only mail can tell.
fn mailbox(doc: &mut Document<'_>, text: Option<&Text>) -> Option<String> {
    let text = text?;
    let address = text.get_ref();
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c));
    let halves = address.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !(plain && halves) {
        let mend = "write the bare address, such as \"noc@example.com\"";
        doc.fault(&text.span(), format!("`{address}` is not a mail address"), mend);
        return None;
    }
    Some(address.clone())
}
