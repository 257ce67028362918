//! `token create|list|revoke`: who may come in.

use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::{CreateToken, Format, ListTokens, Token},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, as_of, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "tokens",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("PERSON", "person", Show::Text),
        column("SIDE", "side", Show::Text),
        column("TEAM", "team", Show::Text),
        column("ORG", "org", Show::Text),
        column("ROLE", "role", Show::Made(super::rights::role)),
        column("STATE", "state", Show::Text),
        column("EXPIRES", "expires_at", Show::Instant),
        column("KIND", "kind", Show::Text),
        column("USED", "used_at", Show::Instant),
    ],
    wide: &[column("CREATED", "created_at", Show::Instant), column("REVOKED", "revoked_at", Show::Instant)],
    csv: &[
        "id",
        "person",
        "side",
        "team",
        "org",
        "role",
        "state",
        "created_at",
        "expires_at",
        "revoked_at",
        "kind",
        "used_at",
    ],
};

pub(crate) fn run(command: &Token, screen: &Screen) -> Result<(), Failure> {
    match command {
        Token::Create(wanted) => create(wanted, screen),
        Token::List(ListTokens { org, watching }) => {
            let org = org.as_ref().map(ToString::to_string);
            let params: Vec<_> = org.as_deref().map(|org| ("org", org)).into_iter().collect();
            super::list(("tokens", &params), &LISTING, Pace::told(*watching, "access"), "no tokens", screen)
        }
        Token::Revoke(token) => {
            let path = format!("tokens/{}", super::segment(&token.id));
            let kept = Client::logged_in()?.delete(&path)?;
            super::show_one(&kept, "id", screen, || {
                format!(
                    "{} of {} is revoked; it opens nothing any more\n",
                    token.id,
                    text_at(&kept, "person")
                )
            })
        }
    }
}

fn create(wanted: &CreateToken, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let collector = client.get("whoami", &[])?;
    let mut body = json!({
        "person": wanted.person, "side": wanted.side, "team": wanted.team, "org": wanted.org, "site": wanted.site,
        "role": wanted.role, "expires_in_seconds": wanted.expires, "service": wanted.service,
        "never_expires": wanted.never_expires,
    });
    if !wanted.verbs.is_empty() {
        body["verbs"] = json!(wanted.verbs);
    }
    let mut made = client.post("tokens", &body)?;
    let link = format!(
        "https://{}/#{}.{}",
        text_at(&collector, "collector.people_address"),
        text_at(&made, "token"),
        text_at(&collector, "collector.root_sha256")
    );
    made["login_link"] = json!(link);
    if screen.format == Format::Name {
        return output::print(&format!("{link}\n"));
    }
    super::show_one(&made, "id", screen, || made_in_words(&made, wanted, &link, screen))
}

/// For whom it is, what it opens where and until when; then the secret, as whoever gets it needs it.
fn made_in_words(made: &Value, wanted: &CreateToken, link: &str, screen: &Screen) -> String {
    let (person, id) = (text_at(made, "person"), text_at(made, "id"));
    let new = if made["new_person"] == true { ", a new person" } else { "" };
    let ends = match text_at(made, "expires_at") {
        never if never.is_empty() => "until it is revoked".to_owned(),
        _ => format!("until {}", Show::InFull.show(made, "expires_at", as_of(made), screen)),
    };
    let cut = match made["ends_with_maker"] == true {
        true if wanted.never_expires => CUT,
        true => ", when your own token ends",
        false => "",
    };
    let told = format!(
        "A way in for {person}{new} ({} side): {} on {}, {ends}{cut} (token {id}).\n{}",
        text_at(made, "side"),
        super::rights::role(made),
        place(made),
        if new.is_empty() { String::new() } else { nobody_before(&person, &id) }
    );
    if wanted.service {
        return told + &for_a_program(&text_at(made, "token"), link);
    }
    format!(
        "{told}The link is shown this once; whoever has it is {person}:\n\n{link}\n\nThey run: dogwatch login '{link}'\n"
    )
}

/// Why a token ends that was asked to have no end.
const CUT: &str = ", when your own token ends: what is made with a token works no longer than that; log in with a password to make one that \
     never ends";

/// What is said of a name that nobody had there before: it may be a slip of the hand.
fn nobody_before(person: &str, id: &str) -> String {
    format!(
        "Nobody was called {person} there before. If that is a slip: dogwatch token revoke {id}, then dogwatch access disable \
         {person}\n"
    )
}

/// Where it reaches: `acme`, `acme/toronto`, or every org.
fn place(made: &Value) -> String {
    match (text_at(made, "org"), text_at(made, "site")) {
        (org, _) if org.is_empty() => "every org".to_owned(),
        (org, site) if site.is_empty() => org,
        (org, site) => format!("{org}/{site}"),
    }
}

/// A program sends the token itself.
fn for_a_program(token: &str, link: &str) -> String {
    format!(
        "The token is shown this once; whoever has it is that program:\n\n{token}\n\nIt is sent as a header, `Authorization: \
         Bearer TOKEN` (Alertmanager: `credentials_file`), or as the `routing_key` of a PagerDuty event. To use it from this \
         command: dogwatch login '{link}'\n"
    )
}
