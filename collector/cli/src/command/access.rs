//! `access …`: who may do what, where, for what reason and until when.

mod seal;

use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::{Access, Check, Format, GrantAccess, Invite, ListAccess, OfOneOrg},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at, texts},
};

/// What stands where no grant asks for anything.
const NOTHING_DUE: &str = "nothing is due: no review, no end, and nothing that nobody uses";

const GRANTS: Listing<'static> = Listing {
    rows: "grants",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("PERSON", "to", Show::Made(person)),
        column("VERBS", "verbs", Show::Made(verbs)),
        column("SCOPE", "scope", Show::Text),
        column("REASON", "reason", Show::Text),
        column("EXPIRES", "expires_at", Show::Instant),
        column("REVIEW", "review_at", Show::Instant),
        column("STATE", "state", Show::Text),
    ],
    wide: &[
        column("GIVEN", "given_at", Show::Instant),
        column("USED", "used_at", Show::Instant),
        column("APPROVED IN", "approvals", Show::Made(approved)),
    ],
    csv: &[
        "id",
        "to.org",
        "to.id",
        "verbs",
        "scope",
        "reason",
        "given_at",
        "expires_at",
        "review_at",
        "state",
    ],
};

const DUE: Listing<'static> = Listing {
    rows: "due",
    name: "id",
    columns: &[
        column("KIND", "kind", Show::Text),
        column("ID", "id", Show::Text),
        column("PERSON", "person", Show::Made(concerned)),
        column("SCOPE", "scope", Show::Text),
        column("AT", "at", Show::Instant),
        column("WHY", "why", Show::Text),
    ],
    wide: &[],
    csv: &["kind", "id", "person.org", "person.id", "scope", "at", "why"],
};

const PEOPLE: Listing<'static> = Listing {
    rows: "people",
    name: "key",
    columns: &[
        column("PERSON", "key", Show::Text),
        column("SIDE", "side", Show::Text),
        column("HOME", "home", Show::Text),
        column("TEAM", "team", Show::Text),
        column("OWNER", "owner", Show::YesNo),
        column("ACCOUNT", "account", Show::Text),
        column("LAST SEEN", "last_seen", Show::Instant),
        column("DISABLED", "disabled_at", Show::Instant),
    ],
    wide: &[column("UNTIL", "disabled_until", Show::Instant), column("CAME", "created_at", Show::Instant)],
    csv: &["key", "side", "home", "team", "owner", "account", "created_at", "last_seen", "disabled_at"],
};

fn key(of: &Value) -> String {
    let org = text_at(of, "org");
    format!("{}:{}", if org.is_empty() { "msp" } else { &org }, text_at(of, "id"))
}

pub(super) fn person(grant: &Value) -> String {
    key(&grant["to"])
}

fn concerned(due: &Value) -> String {
    key(&due["person"])
}

pub(super) fn verbs(grant: &Value) -> String {
    texts(&grant["verbs"]).join(",")
}

fn approved(grant: &Value) -> String {
    let orgs = grant["approvals"].as_object().into_iter().flat_map(|orgs| orgs.keys());
    orgs.map(|org| output::tame(org)).collect::<Vec<_>>().join(",")
}

pub(crate) fn run(command: &Access, screen: &Screen) -> Result<(), Failure> {
    match command {
        Access::List(wanted) => list(wanted, screen),
        Access::People(OfOneOrg { org, watching }) => {
            let org = org.as_ref().map(ToString::to_string);
            let params: Vec<_> = org.as_deref().map(|org| ("org", org)).into_iter().collect();
            super::list(("people", &params), &PEOPLE, Pace::told(*watching, "access"), "nobody", screen)
        }
        Access::Invite(wanted) => invite(wanted, screen),
        Access::Grant(wanted) => grant(wanted, screen),
        Access::Approve(one) => on_grant(&one.id, "approve", &json!({ "org": one.org }), "approved", screen),
        Access::Refuse(one) => {
            on_grant(&one.id, "refuse", &json!({ "org": one.org }), "not approved", screen)
        }
        Access::Revoke(one) => on_grant(&one.id, "end", &json!({ "why": one.why }), "ended", screen),
        Access::Review(one) => {
            on_grant(&one.id, "review", &json!({ "review_in_seconds": one.again }), "reviewed", screen)
        }
        Access::Disable(one) => {
            on_person(&one.person, "disable", "kept out; every token of theirs is revoked", screen)
        }
        Access::Enable(one) => {
            on_person(&one.person, "enable", "let in again; make a new token or invitation", screen)
        }
        Access::Check(asked) => check(asked, screen),
        Access::BreakGlass(seal) => seal::run(seal, screen),
    }
}

fn list(wanted: &ListAccess, screen: &Screen) -> Result<(), Failure> {
    let pace = Pace::told(wanted.watching, "access");
    if wanted.due {
        return super::list(("access/due", &[]), &DUE, pace, NOTHING_DUE, screen);
    }
    let org = wanted.org.as_ref().map(ToString::to_string);
    let all = wanted.all.to_string();
    let mut params = vec![("all", all.as_str())];
    params.extend(org.as_deref().map(|org| ("org", org)));
    params.extend(wanted.person.as_deref().map(|person| ("person", person)));
    super::list(("access/grants", &params), &GRANTS, pace, "no grants", screen)
}

fn invite(wanted: &Invite, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let collector = client.get("whoami", &[])?;
    let mut made = if wanted.again {
        client.post(&format!("people/{}/invite", super::segment(&wanted.person)), &json!({}))?
    } else {
        let body = json!({
            "person": wanted.person, "side": wanted.side, "team": wanted.team, "org": wanted.org, "site": wanted.site,
            "role": wanted.role, "service": wanted.service,
        });
        client.post("people", &body)?
    };
    if made["invitation"].is_null() {
        return super::show_one(&made, "person", screen, || {
            format!(
                "{} is known now; make it a token: dogwatch token create --person {}\n",
                wanted.person, wanted.person
            )
        });
    }
    let link = format!(
        "https://{}/invite#{}.{}",
        text_at(&collector, "collector.people_address"),
        text_at(&made, "invitation"),
        text_at(&collector, "collector.root_sha256")
    );
    made["link"] = json!(link);
    if screen.format == Format::Name {
        return output::print(&format!("{link}\n"));
    }
    super::show_one(&made, "person", screen, || {
        format!(
            "An invitation for {}. It is shown this once and works for three days, once:\n\n{link}\n\nThey run: dogwatch \
             login '{link}'\n{}{}",
            text_at(&made, "person"),
            if made["trial_until"].is_null() { "" } else { ON_TRIAL },
            ended(&made)
        )
    })
}

/// What is said of the logins and tokens that a new invitation has ended.
fn ended(made: &Value) -> String {
    match made["tokens_ended"].as_u64() {
        None => String::new(),
        Some(ended) => format!(
            "{ended} of their logins and tokens have ended; if somebody else had the account, see what it gave meanwhile: dogwatch audit\n"
        ),
    }
}

fn grant(wanted: &GrantAccess, screen: &Screen) -> Result<(), Failure> {
    let body = json!({
        "person": wanted.person, "verbs": wanted.verbs, "scope": wanted.scope, "reason": wanted.reason,
        "expires_in_seconds": wanted.expires, "review_in_seconds": wanted.review,
    });
    let client = Client::logged_in()?;
    let made = client.post("access/grants", &body)?;
    super::show_one(&made, "id", screen, || {
        format!(
            "{} has {} on {} (grant {}){}\n",
            person(&made),
            verbs(&made),
            text_at(&made, "scope"),
            text_at(&made, "id"),
            if waits_for_approval(&made) { waits(&client, &made) } else { String::new() }
        ) + if made["on_trial"] == true { ON_TRIAL } else { "" }
    })
}

/// What is said of what a broken seal gives.
const ON_TRIAL: &str = "This ends in a week, unless somebody confirms it who administers there for good: dogwatch access approve, or a grant of theirs\n";

/// Owners that a sentence names.
const OWNERS: usize = 3;

/// What is said of a grant that does not give all that it says yet: who changes that, and how.
fn waits(client: &Client, grant: &Value) -> String {
    let (id, scope) = (text_at(grant, "id"), text_at(grant, "scope"));
    let org = scope.split('/').next().filter(|org| *org != "*");
    // Who cannot be asked is not named: the grant stands all the same.
    let known = org.and_then(|org| client.get(&format!("orgs/{}", super::segment(org)), &[]).ok());
    let owners = known.map(|known| texts(&known["owners"])).unwrap_or_default();
    let who = match (owners.as_slice(), org) {
        ([], Some(org)) => format!("an owner of {org}"),
        ([], None) => "an owner of the org".to_owned(),
        (owners, _) => owners.iter().take(OWNERS).map(String::as_str).collect::<Vec<_>>().join(" or "),
    };
    format!(
        "; export and administer count in an org once one of its owners has approved them; {who} can: dogwatch access approve \
         {id} --org {}",
        org.unwrap_or("ORG")
    )
}

/// Risky verbs of somebody of the MSP that nobody has approved.
fn waits_for_approval(grant: &Value) -> bool {
    let risky = |verb: &Value| verb == "export" || verb == "administer";
    grant["to"]["org"].is_null()
        && grant["approvals"].is_null()
        && grant["verbs"].as_array().is_some_and(|verbs| verbs.iter().any(risky))
}

fn on_grant(id: &str, act: &str, body: &Value, done: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("access/grants/{}/{act}", super::segment(id));
    let kept = Client::logged_in()?.post(&path, body)?;
    super::show_one(&kept, "id", screen, || {
        format!("{id} is {done}: {} on {} for {}\n", verbs(&kept), text_at(&kept, "scope"), person(&kept))
    })
}

fn on_person(who: &str, act: &str, done: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("people/{}/{act}", super::segment(who));
    let kept = Client::logged_in()?.post(&path, &json!({}))?;
    super::show_one(&kept, "key", screen, || format!("{} is {done}\n", text_at(&kept, "key")))
}

fn check(asked: &Check, screen: &Screen) -> Result<(), Failure> {
    let mut params = vec![("person", asked.person.as_str()), ("verb", asked.verb.as_str())];
    params.extend(asked.scope.as_deref().map(|scope| ("scope", scope)));
    let pace = Pace::told(asked.watching, "access");
    super::show_again(("access/check", &params), "allowed", pace, screen, |answer, _| {
        let lines = |name: &str| texts(&answer[name]);
        let word = if answer["allowed"] == true { "yes" } else { "no" };
        let mut text = format!("{word}\n");
        lines("because").iter().for_each(|line| text += &format!("  {line}\n"));
        let givers = lines("givers");
        if !givers.is_empty() {
            text += &format!("  can give it: {}\n", givers.join(", "));
        }
        text
    })
}
