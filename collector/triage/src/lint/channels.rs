//! Whether those who are to hear of it can.

use std::collections::BTreeSet;

use dogwatch_model::{ChannelId, TeamId};

use super::{Code, Review, Step, table_of};
use crate::matrix::{Directory, Party, Person};

pub(super) fn check(review: &mut Review<'_>) {
    let matrix = review.matrix;
    let mut told = BTreeSet::new();
    for row in matrix.rows().iter().chain(matrix.catch_all()) {
        let (kind, id) = table_of(matrix, row);
        let owners = [("responsible", Some(&row.responsible)), ("backup", row.backup.as_ref())];
        for (key, team) in owners.into_iter().filter_map(|(key, team)| Some((key, team?))) {
            if told.insert(team.as_str()) && !team_hears(matrix.directory(), team) {
                deaf(review, team.as_str(), (kind, id, &[Step::Key(key)]));
            }
        }
        for (index, party) in row.informed.iter().enumerate() {
            let (name, hears) = match party {
                Party::Team(team) => (team.as_str(), team_hears(matrix.directory(), team)),
                Party::Person(person) => {
                    (person.as_str(), matrix.directory().person(person).is_some_and(person_hears))
                }
            };
            if told.insert(name) && !hears {
                deaf(review, name, (kind, id, &[Step::Key("informed"), Step::Item(index)]));
            }
        }
    }
    unknown(review);
}

fn deaf(review: &mut Review<'_>, name: &str, place: (&str, &str, &[Step<'_>])) {
    let what = format!("`{name}` is to be told and has neither a channel nor a mailbox");
    review.warn(Code::NoChannel, place, what, format!("write `channels` or `email` for `{name}`"));
}

fn person_hears(person: &Person) -> bool {
    !person.channels.is_empty() || person.email.is_some()
}

/// A team hears by its own channels, or through whoever of it has one.
fn team_hears(known: &Directory, team: &TeamId) -> bool {
    let own = known.team(team).is_some_and(|team| !team.channels.is_empty() || team.email.is_some());
    own || known.people().any(|person| person.team == *team && !person.disabled && person_hears(person))
}

/// Channels that the collector does not have.
fn unknown(review: &mut Review<'_>) {
    let Some(defined) = review.context.channels else { return };
    let (known, used) = (review.matrix.directory(), review.used);
    let teams = used.teams.iter().filter_map(|id| known.team(id));
    let of_teams = teams.map(|team| ("team", team.id.as_str(), &team.channels));
    let people = used.people.keys().filter_map(|id| known.person(id));
    let of_people = people.map(|person| ("person", person.id.as_str(), &person.channels));
    let all: Vec<(&str, &str, &Vec<ChannelId>)> = of_teams.chain(of_people).collect();
    for (kind, id, channels) in all {
        for (index, channel) in channels.iter().enumerate().filter(|(_, channel)| !defined.contains(channel))
        {
            let what = format!("the collector has no channel `{channel}`");
            let mend = match crate::filter::nearest(channel.as_str(), defined.iter().map(ChannelId::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "define it in notify.toml".to_owned(),
            };
            let path = [Step::Key("channels"), Step::Item(index)];
            review.warn(Code::NoChannel, (kind, id, &path), what, mend);
        }
    }
}
