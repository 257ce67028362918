//! `org …`: the customers of this collector, and the day on which one says goodbye.

use std::{fs, io::Write as _, path::Path};

use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::{Offboard, Org},
    client::Client,
    failure::{Exit, Failure},
    output::{Listing, Screen, Show, column, text_at},
};

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
    let owners = org["owners"].as_array().into_iter().flatten();
    let owners = owners.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
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
            let org = Client::logged_in()?.get(&format!("orgs/{}", one.org), &[])?;
            super::show_one(&org, "org", screen, || {
                let left = org["left"]["msp"]
                    .as_str()
                    .map_or_else(String::new, |at| format!("the MSP left at {at}\n"));
                format!(
                    "{} ({}): {} endpoints, matrix {}, owners: {}\n{left}",
                    one.org,
                    text_at(&org, "name"),
                    text_at(&org, "endpoints"),
                    text_at(&org, "matrix"),
                    owners(&org)
                )
            })
        }
        Org::Export(wanted) => {
            let manifest = export(&Client::logged_in()?, wanted.org.as_str(), &wanted.file)?;
            told(&manifest, &wanted.file, screen)
        }
        Org::Offboard(goodbye) => offboard(goodbye, screen),
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

fn told(manifest: &Value, file: &Path, screen: &Screen) -> Result<(), Failure> {
    super::show_one(manifest, "org", screen, || {
        let counts = manifest["counts"].as_object().into_iter().flatten();
        let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
        format!("{} holds all of it, whole and checked: {}\n", file.display(), counts.join(", "))
    })
}

/// Writes an org's data into a new file, and checks it against its manifest.
fn export(client: &Client, org: &str, file: &Path) -> Result<Value, Failure> {
    let bytes = client.get_bytes(&format!("orgs/{org}/export"))?;
    let manifest = verified(&bytes)?;
    let write = || {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(file)?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    write().map_err(|error| Failure::file("write", file, &error))?;
    Ok(manifest)
}

/// The manifest of an export, if the rest is what it says.
fn verified(bytes: &[u8]) -> Result<Value, Failure> {
    let broken =
        |what: &str| Failure::new(Exit::NotMet, format!("the export is not whole: {what}; ask again"));
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| broken("it has no manifest"))?;
    let (first, rest) = (&bytes[..end], &bytes[end + 1..]);
    let manifest: Value = serde_json::from_slice(first).map_err(|_| broken("its manifest is not JSON"))?;
    let lines = rest.iter().filter(|byte| **byte == b'\n').count() as u64;
    let counts = manifest["counts"].as_object().into_iter().flatten();
    let counted: u64 = counts.filter_map(|(_, count)| count.as_u64()).sum();
    if counted != lines {
        return Err(broken(&format!("{lines} rows of {counted}")));
    }
    if manifest["sha256"].as_str() != Some(crate::pin::sha256_hex(rest).as_str()) {
        return Err(broken("its SHA-256 is another"));
    }
    Ok(manifest)
}

fn offboard(goodbye: &Offboard, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let path = format!("orgs/{}/offboard", goodbye.org);
    let body = json!({ "side": goodbye.side, "confirm": goodbye.yes });
    if goodbye.yes != goodbye.org.as_str() {
        // The collector says what it would end, and how to confirm it.
        return client.post(&path, &body).map(drop);
    }
    let file = goodbye.export.clone().unwrap_or_else(|| format!("{}.jsonl", goodbye.org).into());
    export(&client, goodbye.org.as_str(), &file)?;
    let left = client.post(&path, &body)?;
    super::show_one(&left, "org", screen, || {
        format!(
            "The {} side has left {}: {} tokens, {} grants and {} people of it ended. Its work goes to {}.\nAll data: {}. \
             The agents stay; point them elsewhere with `dogwatch-agent enroll`.\n",
            goodbye.side,
            goodbye.org,
            text_at(&left, "tokens"),
            text_at(&left, "grants"),
            text_at(&left, "people"),
            text_at(&left, "work_goes_to"),
            file.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_lost_a_row_or_a_byte_is_known() {
        let rest = b"{\"kind\":\"endpoint\",\"row\":{}}\n";
        let manifest = json!({ "counts": { "endpoint": 1 }, "sha256": crate::pin::sha256_hex(rest) });
        let whole = [manifest.to_string().as_bytes(), b"\n", rest].concat();
        assert!(verified(&whole).is_ok());
        let mut other = whole.clone();
        let last = other.len() - 3;
        other[last] ^= 1;
        for bad in [&other[..], &whole[..whole.len() - 1], b"{}"] {
            assert!(verified(bad).is_err());
        }
    }
}
