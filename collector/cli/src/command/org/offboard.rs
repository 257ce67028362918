//! `org offboard`: one side leaves an org for good, and takes all of its data out first.
//!
//! Whoever keeps the collector may be who leaves, so the data is whole and on this computer's disk before the goodbye is
//! asked for. It gets its name once the goodbye is done; where that is refused nothing is left, and where nobody knows whether
//! it was done, it stays.

use std::path::Path;

use serde_json::{Value, json};

use super::{export, to_verify};
use crate::{
    args::Offboard,
    client::Client,
    failure::{Exit, Failure},
    output::{Screen, counted_at, text_at},
    private_file::{PrivateFile, Standing},
};

pub(super) fn run(goodbye: &Offboard, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let path = format!("orgs/{}/offboard", goodbye.org);
    // What would be refused is refused before an export is taken, which the audit keeps.
    let ending = client.get(&path, &[("side", goodbye.side.as_str())])?;
    if goodbye.yes != goodbye.org.as_str() {
        return Err(unconfirmed(&ending, goodbye));
    }
    let body = json!({ "side": goodbye.side, "confirm": goodbye.yes });
    let place = goodbye.export.clone().unwrap_or_else(|| format!("{}.jsonl", goodbye.org).into());
    // While whoever asks is still let in.
    let verify = to_verify(&client.get("whoami", &[])?, &place);
    let mut file = PrivateFile::begin(&place, goodbye.over.standing())?;
    export(&client, goodbye.org.as_str(), &mut file, &place)?;
    let left = match client.post(&path, &body) {
        Ok(left) => left,
        Err(failure) if failure.exit() == Some(Exit::Unreachable) => {
            return Err(undecided(&failure, goodbye, &named(file, &place)));
        }
        Err(refusal) => return Err(refusal),
    };
    if let Err(stayed) = file.finish_or_stay() {
        let what = format!(
            "the goodbye is done, and the data could not be named {}: it is in {}; move it to where you want it",
            place.display(),
            stayed.display()
        );
        return Err(Failure::new(Exit::NotMet, what));
    }
    let last = export_anew(&client, goodbye.org.as_str(), &place);
    super::super::show_one(&left, "org", screen, || {
        in_words(&left, goodbye, last.is_ok(), (&place, &verify))
    })?;
    last.map_err(|failure| without_the_end(&failure, goodbye, &place))
}

/// Gives the data its name, or tells the one that it has.
fn named(file: PrivateFile, place: &Path) -> String {
    match file.finish_or_stay() {
        Ok(()) => place.display().to_string(),
        Err(stayed) => stayed.display().to_string(),
    }
}

/// What is at stake, and how to go on.
fn unconfirmed(ending: &Value, goodbye: &Offboard) -> Failure {
    let (org, side) = (&goodbye.org, goodbye.side);
    Failure::usage(format!(
        "this ends every session, token, grant and join token of the {side} side in {org}, for good: {}, {}, {}\nto confirm it: \
         dogwatch org offboard {org} --side {side} --yes {org}",
        counted_at(ending, "tokens", "token", "tokens"),
        counted_at(ending, "grants", "grant", "grants"),
        counted_at(ending, "people", "person", "people"),
    ))
}

fn undecided(failure: &Failure, goodbye: &Offboard, data: &str) -> Failure {
    let what = format!(
        "{failure}\nnobody knows whether the goodbye was done: see `dogwatch org show {}`; all data as it was before is in {data}",
        goodbye.org
    );
    Failure::new(Exit::Unreachable, what)
}

fn without_the_end(failure: &Failure, goodbye: &Offboard, place: &Path) -> Failure {
    let what = format!(
        "{} holds all data as it was before the goodbye, which is done; what came with it could not be added: {failure}; \
         ask again: dogwatch org export {} FILE",
        place.display(),
        goodbye.org
    );
    Failure::new(Exit::NotMet, what)
}

fn in_words(left: &Value, goodbye: &Offboard, whole: bool, (file, verify): (&Path, &str)) -> String {
    let ended = [
        counted_at(left, "tokens", "token", "tokens"),
        counted_at(left, "grants", "grant", "grants"),
        counted_at(left, "people", "person", "people"),
        counted_at(left, "join_tokens", "join token", "join tokens"),
        counted_at(left, "views", "view", "views"),
        counted_at(left, "proposals", "proposal of a matrix", "proposals of a matrix"),
    ];
    let told = if whole { "the goodbye included" } else { "as it was before the goodbye" };
    format!(
        "The {} side has left {}. Of it ended: {}; dropped: {} to it. Free again: {} that its people had; its work goes to \
         {}.\nAll data, {told}: {file}. Its audit can be verified anywhere: {verify}\nThe agents stay; point them \
         elsewhere with `dogwatch-agent enroll`.\n",
        goodbye.side,
        goodbye.org,
        ended.join(", "),
        counted_at(left, "messages_dropped", "message", "messages"),
        counted_at(left, "items_released", "item", "items"),
        text_at(left, "work_goes_to"),
        file = file.display(),
    )
}

/// Takes an org out once more, and puts that in the place of the file once it is whole.
fn export_anew(client: &Client, org: &str, place: &Path) -> Result<(), Failure> {
    let mut file = PrivateFile::begin(place, Standing::Replaced)?;
    export(client, org, &mut file, place)?;
    file.finish()
}
