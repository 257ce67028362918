//! A new org begins with its matrix file, written whole or not at all, and is there once that is in force.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use dogwatch_model::{OrgId, text::is_unfit};
use tokio::sync::{mpsc, oneshot};

use super::Standing;
use crate::refusal::{Code, Refusal};

/// What people call the MSP's own place; no org may have the name.
const RESERVED: &[&str] = &["msp", "none"];

/// The longest name of an org: what fits beside everything else in a line of a table.
const MAX_NAME_CHARS: usize = 80;

/// Somebody waits to hear what the files came to.
pub(super) type Asked = oneshot::Sender<Standing>;

/// The folder of the matrices, for those who add one.
#[derive(Debug, Clone)]
pub struct OrgFiles {
    folder: PathBuf,
    looks: mpsc::Sender<Asked>,
}

impl OrgFiles {
    pub(super) fn new(policy: &Path) -> (Self, mpsc::Receiver<Asked>) {
        let (looks, asked) = mpsc::channel(1);
        (Self { folder: policy.join("orgs"), looks }, asked)
    }

    /// Files that nobody looks after.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self::new(Path::new("nowhere")).0
    }

    /// Writes the starter matrix of a new org, under the name that people call it by, and waits until it is in force.
    ///
    /// # Errors
    /// `Invalid` for a name that nobody could read; `Conflict` when there is one, or another file keeps every change out; `Unavailable` when it cannot be written.
    pub async fn create(&self, org: &OrgId, name: Option<&str>) -> Result<(), Refusal> {
        if RESERVED.contains(&org.as_str()) {
            return Err(Refusal::new(
                Code::Invalid,
                format!("`{org}` means something else here; choose another id"),
            ));
        }
        let name = name.map(readable).transpose()?.unwrap_or(org.as_str());
        let path = self.folder.join(format!("{org}.toml"));
        let (folder, target) = (self.folder.clone(), path.clone());
        let text = dogwatch_triage::matrix::starter_called(org, name);
        let written = tokio::task::spawn_blocking(move || write_new(&folder, &target, &text)).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Refusal::new(
                    Code::Conflict,
                    format!(
                        "there is an org `{org}` already: `dogwatch org show {org}`; give the new one another id"
                    ),
                ));
            }
            Ok(Err(error)) => return Err(unavailable(&format!("cannot write {}: {error}", path.display()))),
            Err(_) => return Err(unavailable("the collector is about to stop")),
        }
        match self.look().await {
            Some(Standing::InForce { .. }) => Ok(()),
            Some(Standing::Refused { faults, .. }) => {
                let _ = fs::remove_file(&path);
                let fault = faults.first().map_or("", String::as_str);
                Err(Refusal::new(
                    Code::Conflict,
                    format!("no org was made, since the policy files are refused as they are: {fault}"),
                ))
            }
            None => Err(unavailable("the collector is about to stop")),
        }
    }

    async fn look(&self) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        self.looks.send(reply).await.ok()?;
        answer.await.ok()
    }
}

/// A name that people can read: some signs, in one line.
fn readable(name: &str) -> Result<&str, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.contains(is_unfit) {
        let what =
            format!("`name` must be one line of 1 to {MAX_NAME_CHARS} signs; leave it out to use the id");
        return Err(Refusal::new(Code::Invalid, what));
    }
    Ok(name)
}

fn unavailable(what: &str) -> Refusal {
    Refusal::new(Code::Unavailable, format!("{what}; the org was not made"))
}

/// Writes a file that was not there: whole, on disk, or not at all.
fn write_new(folder: &Path, target: &Path, text: &str) -> io::Result<()> {
    let fresh = target.with_extension(format!("{}.new", uuid::Uuid::new_v4()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&fresh)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&fresh, target))
        .and_then(|()| fs::File::open(folder)?.sync_all());
    fs::remove_file(&fresh)?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_line_that_people_can_read() {
        assert_eq!(readable("  Acme \"Ltd\" "), Ok("Acme \"Ltd\""));
        for name in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(MAX_NAME_CHARS + 1)] {
            assert!(readable(name).unwrap_err().what.starts_with("`name` must be one line"), "{name:?}");
        }
    }
}
