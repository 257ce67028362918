//! Rotas: who takes turns, and who has swapped.

use dogwatch_model::{RotaId, TeamId};
use jiff::{civil::Time, tz::TimeZone};
use serde::Deserialize;
use toml::Spanned;

use super::{id, insert, moment, named};
use crate::matrix::{Directory, MAX_TURN_DAYS, Rota, Swap, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct RotaEntry {
    id: Text,
    team: Text,
    zone: Text,
    #[serde(default)]
    people: Vec<Text>,
    turn: Option<Text>,
    starts: Spanned<toml::Value>,
    hand_over: Option<Spanned<toml::Value>>,
    during: Option<Text>,
    #[serde(default)]
    overrides: Vec<SwapEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwapEntry {
    person: Text,
    from: Spanned<toml::Value>,
    until: Spanned<toml::Value>,
    reason: Option<String>,
}

/// How long a turn is when the rota does not say: a week, which is what most teams do.
const TURN_DAYS: u16 = 7;

/// When turns change if the rota does not say: when both people are at their desks.
const HAND_OVER: Time = Time::constant(9, 0, 0, 0);

pub(super) fn add(doc: &mut Document<'_>, known: &mut Directory, entry: Spanned<RotaEntry>) {
    let line = doc.place(entry.span().start).0;
    let entry = entry.into_inner();
    let place = entry.id.clone();
    match rota(doc, known, entry, line) {
        Some(made) => {
            known.refuse_taken(doc, &place, "rota");
            insert(doc, &mut known.rotas, ("rota", &place), made.id.clone(), made);
        }
        None => doc.broken(place.get_ref()),
    }
}

fn rota(doc: &mut Document<'_>, known: &Directory, entry: RotaEntry, line: usize) -> Option<Rota> {
    let id = id::<RotaId>(doc, &entry.id);
    let team = known.team_named(doc, &entry.team);
    let zone = moment::zone(doc, &entry.zone);
    let starts = moment::date(doc, &entry.starts);
    let turn_days = entry.turn.as_ref().map_or(Some(TURN_DAYS), |text| turn(doc, text));
    let hand_over = entry.hand_over.as_ref().map_or(Some(HAND_OVER), |value| moment::time_of_day(doc, value));
    let during = entry.during.as_ref();
    let during = during.and_then(|text| named(doc, "calendar", "calendar", &known.calendars, text));
    let people: Vec<_> = entry.people.iter().filter_map(|text| known.person_named(doc, text)).collect();
    let overrides = match &zone {
        Some(zone) => entry.overrides.iter().filter_map(|swap| swapped(doc, known, zone, swap)).collect(),
        None => Vec::new(),
    };
    let team = team?;
    let named = entry.people.iter().chain(entry.overrides.iter().map(|swap| &swap.person));
    for text in named {
        refuse_other_side(doc, known, &team, text);
    }
    Some(Rota {
        id: id?,
        team,
        zone: zone?,
        zone_name: entry.zone.into_inner(),
        people,
        turn_days: turn_days?,
        starts: starts?,
        hand_over: hand_over?,
        during,
        overrides,
        line,
    })
}

/// People of another team may help out; those of the other side may not, since owning goes by side.
fn refuse_other_side(doc: &mut Document<'_>, known: &Directory, team: &TeamId, text: &Text) {
    let of = known.teams.get(team).map(|team| team.side);
    let person = known.people.values().find(|person| person.id.as_str() == text.get_ref());
    if let (Some(side), Some(person)) = (of, person)
        && person.side != side
    {
        let what =
            format!("`{}` is on side `{}`, and team `{team}` on side `{side}`", person.id, person.side);
        doc.fault(&text.span(), what, "name people of the team's own side");
    }
}

/// `7d`, `1d` or `2w`.
fn turn(doc: &mut Document<'_>, text: &Text) -> Option<u16> {
    let written = text.get_ref();
    let days = match (written.strip_suffix('d'), written.strip_suffix('w')) {
        (Some(days), _) => days.trim_end().parse::<u16>().ok(),
        (None, Some(weeks)) => weeks.trim_end().parse::<u16>().ok().and_then(|weeks| weeks.checked_mul(7)),
        (None, None) => None,
    };
    let fits = days.filter(|days| (1..=MAX_TURN_DAYS).contains(days));
    if fits.is_none() {
        let mend =
            format!("write whole days or weeks, such as \"1d\" or \"7d\", at most \"{MAX_TURN_DAYS}d\"");
        doc.fault(&text.span(), format!("`{written}` is not the length of a turn"), mend);
    }
    fits
}

fn swapped(doc: &mut Document<'_>, known: &Directory, zone: &TimeZone, entry: &SwapEntry) -> Option<Swap> {
    let person = known.person_named(doc, &entry.person);
    let (from, until) = (moment::local(doc, zone, &entry.from), moment::local(doc, zone, &entry.until));
    let (person, from, until) = (person?, from?, until?);
    if until <= from {
        let mend = "`until` is the first moment after it";
        doc.fault(&entry.until.span(), "the override ends before it begins", mend);
    }
    Some(Swap { person, from, until, reason: entry.reason.clone() })
}

/// Gives each team the rota that it names.
pub(super) fn give_to_teams(doc: &mut Document<'_>, known: &mut Directory, rotas_of: Vec<(TeamId, Text)>) {
    for (team, text) in rotas_of {
        let Some(id) = named(doc, "rota", "rota", &known.rotas, &text) else { continue };
        let of = &known.rotas[&id].team;
        if *of != team {
            let what = format!("rota `{id}` is of team `{of}`, not of `{team}`");
            doc.fault(&text.span(), what, "name a rota of the team itself");
        }
        if let Some(team) = known.teams.get_mut(&team) {
            team.rota = Some(id);
        }
    }
}
