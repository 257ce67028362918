//! `token create|list|revoke`: who may come in.

use serde_json::json;

use super::again::Pace;
use crate::{
    args::{CreateToken, Format, ListTokens, Token},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
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
    super::show_one(&made, "id", screen, || {
        format!(
            "A way in for {} ({} side, {}; id {}). The link is shown this once; whoever has it is {}:\n\n{link}\n\n\
             They run: dogwatch login '{link}'\n",
            text_at(&made, "person"),
            text_at(&made, "side"),
            wanted.role.as_deref().unwrap_or("as asked"),
            text_at(&made, "id"),
            text_at(&made, "person"),
        )
    })
}
