//! One module per command.

mod access;
mod account;
mod again;
mod alert;
mod audit;
mod completions;
mod context;
mod endpoint;
mod filter;
mod fleet;
mod join_token;
mod login;
mod logout;
mod org;
mod ownership;
mod queue;
mod report;
mod rights;
mod rules;
mod token;
mod view;
mod watch;
mod who;
mod whoami;
mod window;

use dogwatch_model::OrgId;
use serde_json::Value;

use again::Pace;

use crate::{
    args::{Args, Command, Format},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, tame, text_at},
};

/// Does what was asked.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let screen = Screen::of(&args.output);
    if let Some(name) = args.context {
        crate::context::choose(name);
    }
    match args.command {
        Command::Login(login) => login::run(&login, &screen),
        Command::Logout(asked) => logout::run(&asked, &screen),
        Command::Account(account) => account::run(&account, &screen),
        Command::Context(asked) => context::run(&asked, &screen),
        Command::Whoami(watching) => whoami::run(watching, &screen),
        Command::Fleet(fleet) => fleet::run(&fleet, &screen),
        Command::Endpoint(endpoint) => endpoint::run(&endpoint, &screen),
        Command::Queue(queue) => queue::run(&queue, &screen),
        Command::Alert(alert) => alert::run(&alert, &screen),
        Command::Who(who) => who::run(&who, &screen),
        Command::Ownership(ownership) => ownership::run(&ownership, &screen),
        Command::Report(report) => report::run(&report, &screen),
        Command::View(view) => view::run(&view, &screen),
        Command::Window(window) => window::run(&window, &screen),
        Command::Audit(audit) => audit::run(&audit, &screen),
        Command::JoinToken(join_token) => join_token::run(&join_token, &screen),
        Command::Token(token) => token::run(&token, &screen),
        Command::Org(org) => org::run(&org, &screen),
        Command::Access(access) => access::run(&access, &screen),
        Command::Rules(rules) => rules::run(&rules, &screen),
        Command::Watch => watch::run(&screen),
        Command::Completions(asked) => completions::run(&asked),
        Command::Complete(asked) => completions::names::run(&asked),
    }
}

/// Shows one thing: whole for programs, as a line for spreadsheets, by its name, or in words.
fn show_one(
    value: &Value,
    name: &str,
    screen: &Screen,
    words: impl FnOnce() -> String,
) -> Result<(), Failure> {
    output::print(&one(value, name, screen, words)?)
}

/// Fetches one thing and shows it as [`show_one`] does, once or again and again.
fn show_again(
    (path, params): (&str, &[(&str, &str)]),
    name: &str,
    pace: Pace,
    screen: &Screen,
    words: impl Fn(&Value, &Screen) -> String,
) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    again::show(&client, pace, screen, || {
        let answer = client.get(path, params)?;
        if pace == Pace::Once {
            note_refused_policy(&client);
        }
        one(&answer, name, screen, || words(&answer, screen))
    })
}

/// One thing as text.
fn one(
    value: &Value,
    name: &str,
    screen: &Screen,
    words: impl FnOnce() -> String,
) -> Result<String, Failure> {
    Ok(match screen.format {
        Format::Json | Format::Yaml => screen.whole(value)?,
        Format::Name => text_at(value, name) + "\n",
        Format::Csv => output::in_csv(value),
        Format::Table | Format::Wide => words(),
    })
}

/// Says on standard error when the policy files on the collector's disk are not the ones in force.
fn note_refused_policy(client: &Client) {
    if let Some(fault) = client.refused_policy() {
        output::note(&tame(&fault));
    }
}

/// Fetches a list and shows it, once or again and again; says why nothing is shown when it has no rows.
fn list(
    (path, params): (&str, &[(&str, &str)]),
    listing: &Listing<'_>,
    pace: Pace,
    empty: &str,
    screen: &Screen,
) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let mut was_empty = false;
    again::show(&client, pace, screen, || {
        let answer = client.get(path, params)?;
        let is_empty = answer[listing.rows].as_array().is_some_and(Vec::is_empty);
        if is_empty && !was_empty && screen.is_for_people() {
            output::note(empty);
        }
        was_empty = is_empty;
        listing.render(&answer, output::as_of(&answer), screen)
    })
}

/// The one org that we see; where there are several the collector says that one must be named, and which there are.
fn only_org(client: &Client) -> Result<OrgId, Failure> {
    let answer = client.get("ownership/versions", &[])?;
    let org = answer["org"].as_str().and_then(|org| org.parse().ok());
    org.ok_or_else(|| Failure::usage("say for which org, with --org"))
}

/// A part of a path, such that nothing in it is read as a path or a query.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_cannot_reach_another_route() {
        assert_eq!(super::segment("a/../b?c#d é"), "a%2F..%2Fb%3Fc%23d%20%C3%A9");
    }
}
