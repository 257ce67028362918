//! `org …`: the customers of this collector, and the day on which one says goodbye.

mod offboard;

use std::{
    io::{self, BufRead as _, Read as _},
    path::Path,
};

use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::Org,
    client::Client,
    failure::{Exit, Failure},
    org_export::Check,
    output::{self, Listing, Screen, Show, column, text_at, texts},
    private_file::PrivateFile,
    progress::Progress,
};

/// The longest line of an export: a row is at most one record of the collector's journal.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;

const ORGS: Listing<'static> = Listing {
    rows: "orgs",
    name: "org",
    columns: &[
        column("ORG", "org", Show::Text),
        column("NAME", "name", Show::Text),
        column("ENDPOINTS", "endpoints", Show::Text),
        column("MATRIX", "matrix", Show::Text),
        column("OWNERS", "owners", Show::Made(owners)),
    ],
    wide: &[column("MSP LEFT", "left.msp", Show::Instant)],
    csv: &["org", "name", "endpoints", "matrix", "owners", "left.msp"],
};

fn owners(org: &Value) -> String {
    let owners = texts(&org["owners"]).join(",");
    if owners.is_empty() { "nobody".to_owned() } else { owners }
}

pub(crate) fn run(command: &Org, screen: &Screen) -> Result<(), Failure> {
    match command {
        Org::List(watching) => {
            let empty = "no orgs; make one: dogwatch org create ORG --name NAME";
            super::list(("orgs", &[]), &ORGS, Pace::asked(*watching), empty, screen)
        }
        Org::Create(one) => {
            let made = Client::logged_in()?.post("orgs", &json!({ "org": one.org, "name": one.name }))?;
            super::show_one(&made, "org", screen, || {
                format!(
                    "{0} is there, with the starter matrix. Let its first owner in: dogwatch access invite PERSON --side \
                     internal --org {0} --role admin\n",
                    one.org
                )
            })
        }
        Org::Show(one) => {
            let path = format!("orgs/{}", one.org);
            let pace = Pace::told(one.watching, "access,endpoint,ownership");
            super::show_again((&path, &[]), "org", pace, screen, words)
        }
        Org::Export(wanted) => {
            let client = Client::logged_in()?;
            let mut file = PrivateFile::begin(&wanted.file, wanted.over.standing())?;
            let manifest = export(&client, wanted.org.as_str(), &mut file, &wanted.file)?;
            file.finish()?;
            let verify = to_verify(&client.get("whoami", &[])?, &wanted.file);
            told(&manifest, &verify, &wanted.file, screen)
        }
        Org::Offboard(goodbye) => offboard::run(goodbye, screen),
        Org::SecondFactor(wanted) => {
            let path = format!("orgs/{}/second-factor", wanted.org);
            let kept = Client::logged_in()?.post(&path, &json!({ "all": !wanted.only_administrators }))?;
            let whom = if wanted.only_administrators { "administrators" } else { "everybody" };
            super::show_one(&kept, "org", screen, || {
                format!("{}: a second factor is asked of {whom}\n", wanted.org)
            })
        }
    }
}

fn words(org: &Value, screen: &Screen) -> String {
    let stopped = org["ways_stopped"].as_object().into_iter().flatten();
    let stopped = stopped.map(|(way, why)| {
        let (way, why) = (output::tame(way), output::tame(why.as_str().unwrap_or_default()));
        format!("{way} is told no more: {why}\n")
    });
    let stopped: String = stopped.collect();
    let left = match text_at(org, "left.msp") {
        never if never.is_empty() => String::new(),
        _ => {
            let at = Show::InFull.show(org, "left.msp", output::as_of(org), screen);
            format!("the MSP left at {at}\n{stopped}")
        }
    };
    format!(
        "{} ({}): {}, matrix {}, owners: {}\n{left}",
        text_at(org, "org"),
        text_at(org, "name"),
        output::counted_at(org, "endpoints", "endpoint", "endpoints"),
        text_at(org, "matrix"),
        owners(org)
    )
}

/// What verifies the audit of an export anywhere: by the key of the collector, which nobody else knows.
fn to_verify(me: &Value, file: &Path) -> String {
    let key = match text_at(me, "collector.audit_key.public_key") {
        none if none.is_empty() => "KEY".to_owned(),
        key => key,
    };
    format!("dogwatch audit --verify {} --key {key}", file.display())
}

fn told(manifest: &Value, verify: &str, file: &Path, screen: &Screen) -> Result<(), Failure> {
    super::show_one(manifest, "org", screen, || {
        let counts = manifest["counts"].as_object().into_iter().flatten();
        let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
        format!(
            "{} holds all of it, whole and checked: {}\nIts audit can be verified anywhere: {verify}\n",
            file.display(),
            counts.join(", ")
        )
    })
}

/// Writes an org's data as it comes, and checks that all of it came. What is not whole is given up with the file.
fn export(client: &Client, org: &str, file: &mut PrivateFile, place: &Path) -> Result<Value, Failure> {
    let taken = take(client, org, file).and_then(|manifest| {
        file.settle()?;
        Ok(manifest)
    });
    taken.map_err(|failure| match failure {
        Taking::Writing(error) => Failure::file("write", place, &error),
        Taking::Failed(failure) => failure,
    })
}

/// What went wrong while an export came.
enum Taking {
    Writing(io::Error),
    Failed(Failure),
}

impl From<io::Error> for Taking {
    fn from(error: io::Error) -> Self {
        Self::Writing(error)
    }
}

/// Takes an export, line by line.
fn take(client: &Client, org: &str, file: &mut impl io::Write) -> Result<Value, Taking> {
    let mut body = client.stream(&format!("orgs/{org}/export")).map_err(Taking::Failed)?;
    let broken = |what: String| {
        Taking::Failed(Failure::new(Exit::NotMet, format!("the export is not whole: {what}; ask again")))
    };
    let (mut check, mut line) = (Check::new(), Vec::new());
    // How many rows come is known when the last one has.
    let (mut progress, mut rows) = (Progress::begin(format!("taking out {org}, rows"), None), 0);
    loop {
        line.clear();
        let read = (&mut body).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        if read.map_err(|error| broken(format!("the connection broke off ({error})")))? == 0 {
            return check.finish().map_err(broken);
        }
        check.take(&line).map_err(broken)?;
        file.write_all(&line)?;
        rows += 1;
        progress.reach(rows);
    }
}
