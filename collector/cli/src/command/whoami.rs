//! `whoami`: the person and the collector.

use crate::{
    client::Client,
    failure::Failure,
    output::{Screen, text_at},
};

pub(crate) fn run(screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let me = client.get("whoami", &[])?;
    super::note_refused_policy(&client);
    super::show_one(&me, "person", screen, || {
        let team = match text_at(&me, "team") {
            team if team.is_empty() => String::new(),
            team => format!(", team {team}"),
        };
        let reach = match text_at(&me, "org") {
            org if org.is_empty() => "every org".to_owned(),
            org => format!("org {org}"),
        };
        format!(
            "{person} ({side} side{team}), {role}, sees {reach}\nat {name}, {address}, Dogwatch {version}\n",
            person = text_at(&me, "person"),
            side = text_at(&me, "side"),
            role = text_at(&me, "role"),
            name = text_at(&me, "collector.name"),
            address = text_at(&me, "collector.people_address"),
            version = text_at(&me, "collector.version"),
        )
    })
}
