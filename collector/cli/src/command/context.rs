//! `context list|use|show|rename|remove`: logins side by side. No token is ever shown.

use serde_json::{Value, json};

use crate::{
    args::Context as Asked,
    context::{Context, ContextName, Contexts},
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "contexts",
    name: "name",
    columns: &[
        column("CURRENT", "current", Show::Made(mark)),
        column("NAME", "name", Show::Text),
        column("COLLECTOR", "collector", Show::Text),
        column("PERSON", "person", Show::Text),
        column("STATE", "state", Show::Made(state)),
        column("URL", "url", Show::Text),
    ],
    wide: &[column("FAULT", "fault", Show::Text)],
    csv: &["name", "current", "collector", "person", "url", "fault", "logged_in"],
};

fn mark(context: &Value) -> String {
    if context["current"] == true { "*" } else { "" }.to_owned()
}

/// Whether it opens anything, as far as this computer knows.
fn state(context: &Value) -> String {
    match context["logged_in"].as_bool() {
        Some(true) => "logged in",
        Some(false) => "logged out",
        None => "broken",
    }
    .to_owned()
}

pub(crate) fn run(asked: &Asked, screen: &Screen) -> Result<(), Failure> {
    let contexts = Contexts::ours()?;
    match asked {
        Asked::List => list(&contexts, screen),
        Asked::Show { name } => {
            let name = name.clone().map_or_else(|| contexts.meant(), Ok)?;
            let shown = row(&contexts, &name, &contexts.read(&name)?)?;
            super::show_one(&shown, "name", screen, || in_words(&shown))
        }
        Asked::Use(named) => {
            contexts.make_current(&named.name)?;
            let shown = row(&contexts, &named.name, &contexts.read(&named.name)?)?;
            super::show_one(&shown, "name", screen, || {
                format!("{} is in use now: {}", named.name, at(&shown))
            })
        }
        Asked::Rename { name, to } => {
            contexts.rename(name, to)?;
            let shown = row(&contexts, to, &contexts.read(to)?)?;
            super::show_one(&shown, "name", screen, || format!("{name} is called {to} now\n"))
        }
        Asked::Remove(named) => {
            let shown = row(&contexts, &named.name, &contexts.remove(&named.name)?)?;
            super::show_one(&shown, "name", screen, || {
                format!(
                    "{} is forgotten here; its token is valid until it ends or somebody runs `dogwatch token revoke`; `dogwatch \
                     logout` does both at once\n",
                    named.name
                )
            })
        }
    }
}

fn row(contexts: &Contexts, name: &ContextName, context: &Context) -> Result<Value, Failure> {
    Ok(json!({
        "name": name.as_str(), "current": contexts.current()?.as_ref() == Some(name), "url": context.url,
        "person": context.person, "collector": context.collector, "logged_in": !context.token.is_empty(),
    }))
}

fn at(shown: &Value) -> String {
    format!("{} at {} ({})\n", text_at(shown, "person"), text_at(shown, "collector"), text_at(shown, "url"))
}

fn in_words(shown: &Value) -> String {
    let used = if shown["current"] == true { ", in use" } else { "" };
    let out = if shown["logged_in"] == true { "" } else { ", logged out" };
    format!("{}{used}{out}: {}", text_at(shown, "name"), at(shown))
}

fn list(contexts: &Contexts, screen: &Screen) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (name, context) in contexts.all()? {
        rows.push(match context {
            Ok(context) => row(contexts, &name, &context)?,
            Err(failure) => json!({ "name": name.as_str(), "fault": failure.to_string() }),
        });
    }
    if rows.is_empty() && screen.is_for_people() {
        output::note(
            "you are not logged in anywhere: dogwatch login LINK, or with a password dogwatch login URL",
        );
    }
    let answer = json!({ "contexts": rows });
    output::print(&LISTING.render(&answer, output::as_of(&answer), screen)?)
}
