//! `whoami`: the person and the collector.

use crate::{
    args::Watching,
    command::again::Pace,
    failure::Failure,
    output::{Screen, Show, as_of, text_at, texts},
};
use serde_json::Value;

pub(crate) fn run(watching: Watching, screen: &Screen) -> Result<(), Failure> {
    super::show_again(("whoami", &[]), "person", Pace::told(watching, "access"), screen, words)
}

fn words(me: &Value, screen: &Screen) -> String {
    let team = match text_at(me, "team") {
        team if team.is_empty() => String::new(),
        team => format!(", team {team}"),
    };
    let reach = match text_at(me, "org") {
        org if org.is_empty() => "every org".to_owned(),
        org => format!("org {org}"),
    };
    format!(
        "{person} ({side} side{team}), {role}, sees {reach}\nat {name}, {address}, Dogwatch {version}\n{ending}",
        ending = ending(me, screen),
        person = text_at(me, "person"),
        side = text_at(me, "side"),
        role = super::rights::everywhere(me),
        name = text_at(me, "collector.name"),
        address = text_at(me, "collector.people_address"),
        version = text_at(me, "collector.version"),
    )
}

/// What ends within a week, a line each; of the token that is in use every command says so.
fn ending(me: &Value, screen: &Screen) -> String {
    let all = me["ending"].as_array().into_iter().flatten();
    let grants = all.filter(|one| one["what"] == "grant").map(|one| {
        format!(
            "{} on {} (grant {}) ends {}; ask for a new one: dogwatch access grant {} … --reason …\n",
            texts(&one["verbs"]).join(", "),
            text_at(one, "scope"),
            text_at(one, "id"),
            Show::Instant.show(one, "at", as_of(me), screen),
            text_at(me, "person")
        )
    });
    grants.collect()
}
