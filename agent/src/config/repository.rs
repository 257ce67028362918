//! `[[backup.repository]]`: repositories whose own tools are asked for their snapshots.
//!
//! A password is never in this file and never on a command line: it comes from a file of its own, or from a command
//! that the owner names here. No message of a collector can name either.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use toml::Spanned;

use super::{
    fault::{Fault, each},
    interval,
};
use crate::schedule::Schedule;

/// Repositories in one configuration.
const REPOSITORIES: usize = 64;
/// Bytes of a name, as a backup job's.
const NAME_BYTES: usize = 128;
/// Bytes of a location, and of one argument of a command.
const LOCATION_BYTES: usize = 1024;
/// Arguments of a password command.
const ARGUMENTS: usize = 32;

dogwatch_model::text_enum! {
    /// A backup product that can be asked.
    pub enum Product {
        /// restic.
        Restic = "restic",
        /// BorgBackup.
        Borg = "borg",
        /// Kopia.
        Kopia = "kopia",
    }
}

/// Where a repository's password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// The repository has none, or the product finds it by itself.
    None,
    /// The first line of this file.
    File(PathBuf),
    /// What this program prints: the program by its absolute path, and its arguments.
    Command(Vec<String>),
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// What made it.
    pub product: Product,
    /// The job's name: unique in the file.
    pub name: String,
    /// Where it is, in the product's own words. For Kopia its configuration file may stand here.
    pub location: String,
    /// The machine whose snapshots count, `*` for all; by default this one.
    pub host: Option<String>,
    /// Where its password comes from.
    pub password: Password,
    /// `NAME=value` lines that the product needs around it, such as an object store's keys.
    pub environment_file: Option<PathBuf>,
    /// Expected interval between snapshots.
    pub every: Option<Duration>,
    /// When snapshots should be made, where that is no plain interval.
    pub schedule: Option<Schedule>,
    /// How old the last good copy may be.
    pub rpo: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    product: Product,
    name: String,
    location: String,
    host: Option<String>,
    password_file: Option<PathBuf>,
    password_command: Option<Vec<String>>,
    environment_file: Option<PathBuf>,
    every: Option<Interval>,
    cron: Option<String>,
    zone: Option<String>,
    rpo: Option<Interval>,
}

impl TryFrom<Form> for Repository {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let Form { product, name, location, .. } = form;
        one_line("name", &name, NAME_BYTES)?;
        one_line("location", &location, LOCATION_BYTES)?;
        form.host.as_deref().map_or(Ok(()), |host| one_line("host", host, NAME_BYTES))?;
        if holds_a_password(&location) {
            return Err("`location` holds a password; use password_file, password_command or \
                        environment_file"
                .into());
        }
        let password = match (form.password_file, form.password_command) {
            (Some(_), Some(_)) => return Err("give password_file or password_command, not both".into()),
            (Some(file), None) => Password::File(absolute("password_file", file)?),
            (None, Some(command)) => Password::Command(checked_command(command)?),
            (None, None) => Password::None,
        };
        let environment_file =
            form.environment_file.map(|file| absolute("environment_file", file)).transpose()?;
        let schedule = match (form.cron, form.zone, &form.every) {
            (Some(_), _, Some(_)) => return Err("give every or cron, not both".into()),
            (None, Some(_), _) => return Err("`zone` is given without `cron`".into()),
            (cron, zone, _) => cron.map(|cron| Schedule::new(&cron, zone.as_deref())).transpose()?,
        };
        let (every, rpo) = (form.every.map(|every| every.0), form.rpo.map(|rpo| rpo.0));
        Ok(Self {
            product,
            name,
            location,
            host: form.host,
            password,
            environment_file,
            every,
            schedule,
            rpo,
        })
    }
}

/// `[backup]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Backup {
    repository: Vec<Spanned<Form>>,
}

impl Backup {
    /// Each by itself, and names that are unique.
    pub(super) fn validated(self) -> Result<Vec<Repository>, Fault> {
        let places: Vec<usize> = self.repository.iter().map(|form| form.span().start).collect();
        let all: Vec<Repository> = each(self.repository, REPOSITORIES)?;
        let mut names = BTreeSet::new();
        match all.iter().zip(places).find(|(repository, _)| !names.insert(&repository.name)) {
            Some((twice, at)) => {
                Err(Fault { at, message: format!("two repositories have the name `{}`", twice.name) })
            }
            None => Ok(all),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Interval(Duration);

impl TryFrom<String> for Interval {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        interval::seconds(&text).map(|seconds| Self(Duration::from_secs(seconds)))
    }
}

fn one_line(key: &str, text: &str, most: usize) -> Result<(), String> {
    match text {
        "" => Err(format!("`{key}` is empty")),
        _ if text.len() > most => Err(format!("`{key}` has {} bytes, at most {most} are taken", text.len())),
        _ if text.chars().any(char::is_control) => Err(format!("`{key}` holds control characters")),
        // It would be read as an option of the product.
        _ if text.starts_with('-') => Err(format!("`{key}` begins with `-`")),
        _ => Ok(()),
    }
}

pub(super) fn absolute(key: &str, path: PathBuf) -> Result<PathBuf, String> {
    if Path::is_absolute(&path) { Ok(path) } else { Err(format!("`{key}` is not an absolute path")) }
}

/// The agent's service has no search path to speak of, and a name alone could become another program.
fn checked_command(command: Vec<String>) -> Result<Vec<String>, String> {
    let program = command.first().ok_or("`password_command` is empty")?;
    if !Path::new(program).is_absolute() {
        return Err("`password_command` does not begin with the absolute path of a program".into());
    }
    if command.len() > ARGUMENTS || command.iter().any(|argument| argument.len() > LOCATION_BYTES) {
        return Err(format!(
            "`password_command` has more than {ARGUMENTS} arguments, or one of more than \
             {LOCATION_BYTES} bytes"
        ));
    }
    Ok(command)
}

/// `scheme://user:password@host`, as rest-server's addresses may be written.
fn holds_a_password(location: &str) -> bool {
    let authority = location.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &str) -> Result<Vec<Repository>, String> {
        let text = format!("[[repository]]\nproduct = \"restic\"\nname = \"n\"\n{lines}\n");
        let backup: Backup = toml::from_str(&text).map_err(|error| error.message().to_owned())?;
        backup.validated().map_err(|fault| fault.message)
    }

    #[test]
    fn a_whole_repository_is_understood() {
        let parsed = parse(
            "location = \"sftp:backup@host:/srv\"\npassword_file = \"/etc/dogwatch/restic\"\n\
             every = \"24h\"\nrpo = \"1d 12h\"",
        );
        let repository = parsed.unwrap().remove(0);
        assert_eq!(repository.product, Product::Restic);
        assert_eq!(repository.password, Password::File("/etc/dogwatch/restic".into()));
        assert_eq!(repository.every, Some(Duration::from_secs(86_400)));
        assert_eq!(repository.schedule, None);
        assert_eq!(repository.rpo, Some(Duration::from_secs(129_600)));
    }

    #[test]
    fn what_is_unsafe_or_cannot_be_is_refused_in_words() {
        for (lines, expected) in [
            ("location = \"rest:https://me:secret@host/\"", "`location` holds a password"),
            ("location = \"--password-command=x\"", "`location` begins with `-`"),
            ("location = \"\"", "`location` is empty"),
            ("location = \"/srv\"\npassword_file = \"key\"", "`password_file` is not an absolute path"),
            ("location = \"/srv\"\npassword_command = [\"pass\"]", "does not begin with the absolute path"),
            ("location = \"/srv\"\npassword_command = []", "`password_command` is empty"),
            ("location = \"/srv\"\npassword_file = \"/a\"\npassword_command = [\"/b\"]", "not both"),
            ("location = \"/srv\"\npassword = \"x\"", "unknown field `password`"),
            ("location = \"/srv\"\ncron = \"0 2 * *\"", "has 4 fields"),
            ("location = \"/srv\"\ncron = \"0 2 * * *\"\nzone = \"Nowhere\"", "`Nowhere` is no zone"),
            ("location = \"/srv\"\ncron = \"0 2 * * *\"\nevery = \"24h\"", "give every or cron, not both"),
            ("location = \"/srv\"\nzone = \"UTC\"", "`zone` is given without `cron`"),
            ("location = \"/srv\"\nevery = \"often\"", "`often` is not an interval"),
        ] {
            let error = parse(lines).unwrap_err();
            assert!(error.contains(expected), "{lines}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_name_is_taken_once() {
        let twice = "location = \"/a\"\n[[repository]]\nproduct = \"borg\"\nname = \"n\"\nlocation = \"/b\"";
        assert_eq!(parse(twice).unwrap_err(), "two repositories have the name `n`");
    }
}
