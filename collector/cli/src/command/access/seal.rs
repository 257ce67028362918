//! `access break-glass`: codes that are sealed for a bad day, which there are, and putting one out of use.

use serde_json::{Value, json};

use crate::{
    args::{Seal, Seals},
    client::Client,
    command::{again::Pace, list, segment, show_one},
    failure::Failure,
    output::{Listing, Screen, Show, column, text_at},
};

const SEALS: Listing<'static> = Listing {
    rows: "seals",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("SCOPE", "scope", Show::Text),
        column("SIDE", "side", Show::Text),
        column("STATE", "state", Show::Text),
        column("SEALED BY", "made_by", Show::Made(made_by)),
        column("SEALED", "made_at", Show::Instant),
        column("ENDED", "broken_at", Show::Instant),
    ],
    wide: &[],
    csv: &["id", "scope", "side", "state", "made_by.org", "made_by.id", "made_at", "broken_at"],
};

fn made_by(seal: &Value) -> String {
    super::key(&seal["made_by"])
}

pub(super) fn run(seal: &Seal, screen: &Screen) -> Result<(), Failure> {
    match (&seal.kept, &seal.scope) {
        (Some(Seals::List(watching)), _) => {
            let none =
                "no code is sealed that you could open; to seal one: dogwatch access break-glass --scope ORG";
            list(("access/seals", &[]), &SEALS, Pace::told(*watching, "access"), none, screen)
        }
        (Some(Seals::Revoke(one)), _) => revoke(&one.id, screen),
        (None, scope) => make(scope.as_deref().unwrap_or_default(), screen),
    }
}

fn make(scope: &str, screen: &Screen) -> Result<(), Failure> {
    let made = Client::logged_in()?.post("access/seals", &json!({ "scope": scope }))?;
    show_one(&made, "code", screen, || {
        format!(
            "Write this on paper and seal it. It opens `administer` on {scope} for an hour, once, and tells both sides:\n\n\
             {}\n\nTo use it: dogwatch login URL --break-glass (seal {})\n",
            text_at(&made, "code"),
            text_at(&made, "id")
        )
    })
}

fn revoke(id: &str, screen: &Screen) -> Result<(), Failure> {
    let over = Client::logged_in()?.delete(&format!("access/seals/{}", segment(id)))?;
    show_one(&over, "id", screen, || {
        let scope = text_at(&over, "scope");
        format!(
            "The sealed code {id} for {scope} is out of use; it opens nothing any more. To seal another: dogwatch access \
             break-glass --scope {}\n",
            if scope == "*" { "'*'" } else { &scope }
        )
    })
}
