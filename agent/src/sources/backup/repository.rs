//! Repositories that the owner names: asking their own tools for the snapshots.
//!
//! Only ever read, and never locked: a look must not hold up a backup. A password goes to the tool by a file's name, by
//! the owner's command or in the tool's environment, never on a command line. The tool's working files, where it
//! insists on having some, go to a folder of our own.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::BackupRun;

use super::{borg, facts::Facts, hush::Hush, kopia, restic, sighting::Sighting};
use crate::{
    config::{Password, Product, Repository},
    sources::process::{self, Output},
    trust,
};

/// A look over the network, a key derivation and a long list of snapshots fit into this.
const LIMIT: Duration = Duration::from_secs(120);
/// A password command may ask a service.
const PASSWORD_LIMIT: Duration = Duration::from_secs(30);
/// An environment file, or a password.
const FILE_BYTES: u64 = 64 * 1024;
/// What `host` says where snapshots of all machines count.
const ANY_HOST: &str = "*";
/// Machines that are named when none of them is the one that is meant.
const HOSTS_TOLD: usize = 4;
/// What is told of an error.
const REASON_BYTES: usize = 400;

/// One snapshot, and the machine that it is of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Copy {
    pub(super) host: Option<String>,
    pub(super) run: BackupRun,
}

/// What a tool said about its repository.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listing {
    pub(super) copies: Vec<Copy>,
    pub(super) encrypted: Option<bool>,
}

/// What a look needs besides the repository.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// Where tools keep their working files.
    pub(super) work: PathBuf,
    /// This machine's name.
    pub(super) host: Option<String>,
}

/// Asks for the snapshots. What cannot be seen is a problem of the sighting, never a failed run.
pub(super) async fn look(repository: &Repository, around: &Around) -> Sighting {
    let mut seen = Sighting::new(&repository.name, repository.product.as_str(), found_by(repository));
    seen.facts = promised(repository);
    match ask(repository, around).await {
        Ok((listing, remark)) => {
            seen.facts.encrypted = listing.encrypted;
            match whose(listing.copies, repository.host.as_deref(), around.host.as_deref()) {
                Ok(copies) => Sighting { problem: remark, ..seen.with_copies(copies) },
                Err(reason) => Sighting { problem: Some(reason), ..seen },
            }
        }
        Err(reason) => Sighting { problem: Some(reason), ..seen },
    }
}

/// What stands for a repository in the ledger.
pub(super) fn found_by(repository: &Repository) -> String {
    format!("{} {}", repository.product.as_str(), repository.name)
}

/// A local path whose change shows that the snapshots have changed.
pub(super) fn mark(repository: &Repository) -> Option<PathBuf> {
    let local = Some(Path::new(&repository.location)).filter(|path| path.is_absolute())?;
    match repository.product {
        Product::Restic => Some(local.join("snapshots")),
        // Each transaction makes new files there.
        Product::Borg => Some(local.to_owned()),
        Product::Kopia => None,
    }
}

async fn ask(repository: &Repository, around: &Around) -> Result<(Listing, Option<String>), String> {
    let mut environment = match &repository.environment_file {
        Some(file) => environment(&read(file)?),
        None => Vec::new(),
    };
    let tool = match repository.product {
        Product::Restic => restic::tool(repository),
        Product::Borg => borg::tool(repository, &around.work),
        Product::Kopia => kopia::tool(repository, &around.work, password(&repository.password).await?),
    };
    environment.extend(tool.environment);
    let program = process::installed(tool.program);
    let arguments: Vec<&str> = tool.arguments.iter().map(String::as_str).collect();
    let output = process::run_with(&program, &arguments, &environment, LIMIT).await;
    let mut output = output.map_err(|error| error.to_string())?;
    // Before anything is cut off: half a secret would not be known as one.
    output.stderr = hush(&environment).text(&output.stderr);
    let remark = (!output.stderr.trim().is_empty()).then(|| reason(&output));
    if !output.success {
        return Err(remark.unwrap_or_else(|| format!("{} {}", tool.program, ended(&output))));
    }
    match (tool.parse)(&output.stdout) {
        Ok(listing) => Ok((listing, remark)),
        Err(error) => Err(format!("what {} said is not understood: {error}", tool.program)),
    }
}

fn hush(environment: &[(String, OsString)]) -> Hush {
    Hush::of(environment.iter().map(|(name, value)| (name.clone(), value.to_string_lossy().into_owned())))
}

/// How a tool ended that said nothing.
fn ended(output: &Output) -> String {
    output.code.map_or_else(|| "was ended by a signal".into(), |code| format!("ended with exit code {code}"))
}

/// A tool's call: program, arguments, and what it finds in its environment.
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, OsString)>,
    pub(super) parse: fn(&str) -> Result<Listing, serde_json::Error>,
}

/// Snapshots of the machine that is meant: the one that the owner names, else this one. A repository that others share must
/// not look fresh through them; a machine that backs up others says so by `host`.
fn whose(copies: Vec<Copy>, named: Option<&str>, own: Option<&str>) -> Result<Vec<BackupRun>, String> {
    let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let meant = named.or(own).filter(|meant| *meant != ANY_HOST);
    let is_meant = |copy: &Copy| match (copy.host.as_deref(), meant) {
        (Some(host), Some(meant)) => short(host) == short(meant),
        // Whoever does not tell cannot be told apart.
        _ => true,
    };
    if let Some(meant) = meant.filter(|_| !copies.is_empty() && !copies.iter().any(is_meant)) {
        let mut hosts = BTreeSet::new();
        hosts.extend(copies.iter().filter_map(|copy| copy.host.as_deref()));
        let hosts: Vec<&str> = hosts.into_iter().take(HOSTS_TOLD).collect();
        return Err(format!(
            "no snapshot is of {meant}; there are some of {}: name one of them as `host`, or \"*\" for all",
            hosts.join(", ")
        ));
    }
    Ok(copies.into_iter().filter(is_meant).map(|copy| copy.run).collect())
}

fn promised(repository: &Repository) -> Facts {
    let local = Path::new(&repository.location).is_absolute();
    Facts {
        every_seconds: repository.every.map(|every| every.as_secs()),
        schedule: repository.schedule.clone(),
        rpo_seconds: repository.rpo.map(|rpo| rpo.as_secs()),
        target: (repository.product != Product::Kopia).then(|| repository.location.clone()),
        offsite: local.then_some(false).filter(|_| repository.product != Product::Kopia),
        ..Facts::default()
    }
}

/// The words of the tool that say most: its last lines, or the message in a line of JSON.
fn reason(output: &Output) -> String {
    let mut words: Vec<String> = Vec::new();
    for line in output.stderr.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let json: Option<serde_json::Value> = serde_json::from_str(line).ok();
        let message = json.as_ref().and_then(|json| json.get("message")?.as_str());
        words.push(message.unwrap_or(line).to_owned());
    }
    let from = words.len().saturating_sub(4);
    dogwatch_proto::conversions::limits::clip(&words[from..].join("; "), REASON_BYTES)
}

/// A password itself, for a tool that takes it by its environment only.
async fn password(from: &Password) -> Result<Option<String>, String> {
    let text = match from {
        Password::None => return Ok(None),
        Password::File(file) => read(file)?,
        Password::Command(command) => {
            let Some((program, arguments)) = command.split_first() else { return Ok(None) };
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = process::run_with(program, &arguments, &[], PASSWORD_LIMIT).await;
            let output = output.map_err(|error| error.to_string())?;
            if !output.success {
                return Err(format!("password_command {}", ended(&output)));
            }
            output.stdout
        }
    };
    Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
}

/// The environment that tells a tool of the restic and borg kind how to get the password.
pub(super) fn password_command(from: &Password) -> Option<String> {
    let quoted = |word: &str| format!("'{}'", word.replace('\'', r#"'"'"'"#));
    match from {
        Password::None => None,
        Password::File(file) => Some(format!("cat {}", quoted(&file.to_string_lossy()))),
        Password::Command(command) => {
            Some(command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
        }
    }
}

/// Whoever may write such a file decides what the tool does; whoever may read it has the password.
fn read(file: &Path) -> Result<String, String> {
    trust::read_secret(file, FILE_BYTES).map_err(|error| error.to_string())
}

/// `NAME=value` lines; a value may stand in quotes.
pub(super) fn environment(text: &str) -> Vec<(String, OsString)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    let named = pairs
        .filter(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let bare = |value: &str| {
        let quoted = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
        quoted.unwrap_or(value).to_owned()
    };
    named
        .map(|(name, value)| (name.to_owned(), OsString::from(bare(value.trim()).replace('\0', ""))))
        .collect()
}

#[cfg(test)]
mod tests {
    use dogwatch_model::RunResult;
    use jiff::Timestamp;

    use super::*;

    fn copy(host: Option<&str>, second: i64) -> Copy {
        let at = Timestamp::from_second(second).unwrap();
        let run = BackupRun::new(second.to_string(), at, RunResult::Success);
        Copy { host: host.map(str::to_owned), run }
    }

    #[test]
    fn of_a_shared_repository_the_snapshots_of_this_machine_count() {
        let ids = |copies: &[Copy], named, own| -> Result<Vec<String>, String> {
            Ok(whose(copies.to_vec(), named, own)?.into_iter().map(|run| run.id).collect())
        };
        let copies = [copy(Some("a.example"), 1), copy(Some("b"), 2), copy(Some("A"), 3)];
        let of = |ids: &[&str]| Ok(ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(ids(&copies, None, Some("a")), of(&["1", "3"]));
        assert_eq!(ids(&copies, Some("b"), Some("a")), of(&["2"]));
        assert_eq!(ids(&copies, Some("*"), Some("vault")), of(&["1", "2", "3"]), "it backs up others");
        let error = ids(&copies, None, Some("vault")).unwrap_err();
        assert!(error.starts_with("no snapshot is of vault; there are some of A, a.example, b:"), "{error}");
        assert_eq!(ids(&[copy(None, 1)], None, Some("a")), of(&["1"]));
        assert_eq!(ids(&[], None, Some("a")), of(&[]));
        assert_eq!(ids(&copies, None, None), of(&["1", "2", "3"]));
    }

    #[test]
    fn an_environment_file_is_read_and_its_comments_are_not() {
        let text =
            "# keys\nexport AWS_ACCESS_KEY_ID=me\nBORG_RSH=\"ssh -i /k\"\nno assignment\n=x\nBAD NAME=1\n";
        let expected = [("AWS_ACCESS_KEY_ID", "me"), ("BORG_RSH", "ssh -i /k")];
        assert_eq!(environment(text), expected.map(|(name, value)| (name.to_owned(), value.into())));
    }

    #[test]
    fn a_password_command_survives_its_quotes() {
        let command = Password::Command(vec!["/bin/pass".into(), "it's here".into()]);
        assert_eq!(password_command(&command).unwrap(), r#"'/bin/pass' 'it'"'"'s here'"#);
        assert_eq!(password_command(&Password::File("/etc/a b".into())).unwrap(), "cat '/etc/a b'");
    }

    #[test]
    fn the_reason_is_what_the_tool_said_last() {
        let output = |stderr: &str| Output {
            stdout: String::new(),
            stderr: stderr.into(),
            success: false,
            code: Some(1),
        };
        assert_eq!(
            reason(&output("Fatal: wrong password or no key found\n")),
            "Fatal: wrong password or no key found"
        );
        let json =
            r#"{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}"#;
        assert_eq!(reason(&output(json)), "Fatal: wrong password or no key found");
        assert!(reason(&output(&"x".repeat(10_000))).len() <= REASON_BYTES);
        assert_eq!(ended(&output("")), "ended with exit code 1");
        assert_eq!(ended(&Output { code: None, ..output("") }), "was ended by a signal");
    }
}
