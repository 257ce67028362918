//! `join-token create|list|revoke`.

use dogwatch_model::counted;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::{CreateJoinToken, Format, JoinToken},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "join_tokens",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("ORG", "org", Show::Text),
        column("SITE", "site", Show::Text),
        column("STATE", "state", Show::Text),
        column("USED", "used", Show::Made(used)),
        column("APPROVAL", "approval", Show::YesNo),
        column("EXPIRES", "expires_at", Show::Instant),
        column("BY", "created_by", Show::Text),
    ],
    wide: &[column("CREATED", "created_at", Show::Instant), column("REVOKED", "revoked_at", Show::Instant)],
    csv: &[
        "id",
        "org",
        "site",
        "state",
        "uses",
        "used",
        "approval",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
    ],
};

fn used(token: &Value) -> String {
    format!("{} of {}", text_at(token, "used"), text_at(token, "uses"))
}

pub(crate) fn run(command: &JoinToken, screen: &Screen) -> Result<(), Failure> {
    match command {
        JoinToken::Create(wanted) => create(wanted, screen),
        JoinToken::List(watching) => {
            let empty = "no join tokens; make one: dogwatch join-token create --org ORG --site SITE";
            super::list(("join-tokens", &[]), &LISTING, Pace::told(*watching, "access"), empty, screen)
        }
        JoinToken::Revoke(token) => {
            let path = format!("join-tokens/{}", super::segment(&token.id));
            let kept = Client::logged_in()?.delete(&path)?;
            super::show_one(&kept, "id", screen, || {
                format!(
                    "{} is revoked; what enrolled with it stays: {}\n",
                    token.id,
                    output::counted_at(&kept, "used", "endpoint", "endpoints")
                )
            })
        }
    }
}

fn create(wanted: &CreateJoinToken, screen: &Screen) -> Result<(), Failure> {
    let body = json!({
        "org": wanted.org, "site": wanted.site, "uses": wanted.uses,
        "expires_in_seconds": wanted.expires, "approval": wanted.approval,
    });
    let made = Client::logged_in()?.post("join-tokens", &body)?;
    let token = text_at(&made, "token");
    if made["new_site"] == true {
        output::note(&format!(
            "nothing stands at site `{}` of {} yet; if that is a slip, revoke it: dogwatch join-token revoke {}",
            wanted.site,
            wanted.org,
            text_at(&made, "id")
        ));
    }
    if screen.format == Format::Name {
        return output::print(&format!("{token}\n"));
    }
    super::show_one(&made, "token", screen, || {
        let until = Show::Instant.show(&made, "expires_at", Timestamp::UNIX_EPOCH, screen);
        let machines = counted(wanted.uses, "machine", "machines");
        let approval = if wanted.approval { ", each to be approved" } else { "" };
        format!(
            "For {machines} into {}/{}{approval}, until {until} (id {}). It is shown this once:\n\n{token}\n\n\
             On the machine: dogwatch-agent enroll '{token}'\n",
            wanted.org,
            wanted.site,
            text_at(&made, "id"),
        )
    })
}
