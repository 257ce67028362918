//! Where we are logged in: a file for each login, readable by its owner alone, and the name of the one in use.
//!
//! They lie in `$DOGWATCH_CONFIG_DIR`, else `$XDG_CONFIG_HOME/dogwatch`, else `~/.config/dogwatch` (`%APPDATA%\dogwatch`
//! on Windows): `contexts/NAME.toml`, and `current-context` with a name in it. `--context NAME` or `$DOGWATCH_CONTEXT`
//! choose another for one command. A name never comes from a collector without being made one first.

mod name;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Exit, Failure},
    private_file,
};

pub(crate) use name::ContextName;

/// The folder of the logins.
const CONTEXTS: &str = "contexts";

/// The file that says which is in use.
const CURRENT: &str = "current-context";

/// What was chosen for this one command.
static CHOSEN: OnceLock<ContextName> = OnceLock::new();

/// A login, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// `https://host:port`.
    pub(crate) url: String,
    /// Who we are there, to be read by people.
    pub(crate) person: String,
    /// What the collector is called, to be read by people.
    pub(crate) collector: String,
    /// The bearer token; empty while the login is begun and not finished, and after a logout.
    pub(crate) token: String,
    /// Whether logging in opens the like again. A token that somebody made is gone once it is forgotten.
    #[serde(default)]
    pub(crate) session: bool,
    /// What a token that somebody made let through when it was kept, in words; empty for a session, which lets through all
    /// that its person may.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) rights: String,
    /// The one root certificate to trust, PEM.
    pub(crate) root_certificate: String,
}

/// Where a login was kept.
pub(crate) struct Saved {
    pub(crate) path: PathBuf,
    /// Another login of the same person at the same collector, which opens something else.
    pub(crate) beside: Option<ContextName>,
}

/// The root certificate of a collector that we were logged in at before.
pub(crate) fn root_at(url: &str) -> Result<Option<CertificateDer<'static>>, Failure> {
    let logins = Contexts::ours()?.all()?;
    let known = logins.into_iter().filter_map(|(_, login)| login.ok());
    known.filter(|login| login.url == url).map(|login| login.root()).next().transpose()
}

/// Uses a login for this command alone.
pub(crate) fn choose(name: ContextName) {
    let _ = CHOSEN.set(name);
}

impl Context {
    /// The login in use.
    pub(crate) fn load() -> Result<Self, Failure> {
        let contexts = Contexts::ours()?;
        contexts.read(&contexts.meant()?)
    }

    /// Keeps the login and uses it from now on. A login of the same person at the same collector that opens the like is
    /// replaced; another one stays beside it, under a name of its own.
    pub(crate) fn save(&self) -> Result<Saved, Failure> {
        let contexts = Contexts::ours()?;
        contexts.forget_begun(self)?;
        let name = match CHOSEN.get() {
            Some(name) => name.clone(),
            None => contexts.name_for(self)?,
        };
        let path = contexts.write(&name, self)?;
        contexts.make_current(&name)?;
        Ok(Saved { path, beside: contexts.beside(self, &name)? })
    }

    fn is_of_whom(&self, other: &Self) -> bool {
        self.url == other.url && self.person == other.person
    }

    /// Whether nothing is lost where `new` takes its place: it opens nothing any more, or the like.
    fn gives_way_to(&self, new: &Self) -> bool {
        let like = self.session == new.session && (self.rights.is_empty() || self.rights == new.rights);
        self.is_of_whom(new) && (self.token.is_empty() || self.token == new.token || like)
    }

    /// The root certificate.
    pub(crate) fn root(&self) -> Result<CertificateDer<'static>, Failure> {
        CertificateDer::from_pem_slice(self.root_certificate.as_bytes())
            .map_err(|_| Failure::usage("the root certificate of your login is not valid; log in again"))
    }
}

/// A login by its name, or why it cannot be read.
pub(crate) type Kept = (ContextName, Result<Context, Failure>);

/// The logins of one folder.
pub(crate) struct Contexts {
    folder: PathBuf,
}

impl Contexts {
    /// Ours.
    pub(crate) fn ours() -> Result<Self, Failure> {
        Ok(Self { folder: folder()? })
    }

    /// The name of the one that is meant: chosen for this command, or else in use.
    pub(crate) fn meant(&self) -> Result<ContextName, Failure> {
        match CHOSEN.get() {
            Some(name) => Ok(name.clone()),
            None => self.current()?.ok_or_else(|| self.not_logged_in()),
        }
    }

    /// Every login by its name, sorted. One that cannot be read is told and does not hide the others.
    pub(crate) fn all(&self) -> Result<Vec<Kept>, Failure> {
        let place = self.folder.join(CONTEXTS);
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|error| Failure::file("read", &place, &error))?,
        };
        let stem = |path: PathBuf| {
            let toml = path.extension().is_some_and(|extension| extension == "toml");
            path.file_stem().filter(|_| toml).and_then(|stem| stem.to_str()?.parse::<ContextName>().ok())
        };
        let mut names: Vec<_> = entries.flatten().filter_map(|entry| stem(entry.path())).collect();
        names.sort();
        Ok(names.into_iter().map(|name| (name.clone(), self.read(&name))).collect())
    }

    /// The name of the one in use; `None` when there is none.
    pub(crate) fn current(&self) -> Result<Option<ContextName>, Failure> {
        let path = self.folder.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file("read", &path, &error)),
        }
    }

    /// One login.
    pub(crate) fn read(&self, name: &ContextName) -> Result<Context, Failure> {
        let path = self.path(name);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.no_such(name),
            _ => Failure::file("read", &path, &error),
        })?;
        toml::from_str(&text).map_err(|error| {
            Failure::usage(format!("{} is not valid, log in again: {}", path.display(), error.message()))
        })
    }

    /// Uses one from now on.
    pub(crate) fn make_current(&self, name: &ContextName) -> Result<(), Failure> {
        self.read(name)?;
        let path = self.folder.join(CURRENT);
        private_file::replace(&path, format!("{name}\n").as_bytes())
            .map_err(|error| Failure::file("write", &path, &error))
    }

    /// Gives one another name.
    pub(crate) fn rename(&self, from: &ContextName, to: &ContextName) -> Result<(), Failure> {
        let context = self.read(from)?;
        if self.path(to).exists() {
            let what =
                format!("there is a context `{to}` already; choose another name, or remove that one first");
            return Err(Failure::new(Exit::NotMet, what));
        }
        let was_current = self.current()?.as_ref() == Some(from);
        self.write(to, &context)?;
        if was_current {
            self.make_current(to)?;
        }
        self.forget(from)
    }

    /// Removes one. The token stays valid at its collector until it is revoked there.
    pub(crate) fn remove(&self, name: &ContextName) -> Result<Context, Failure> {
        let context = self.read(name)?;
        self.forget(name)?;
        if self.current()?.as_ref() == Some(name) {
            let path = self.folder.join(CURRENT);
            fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, &error))?;
        }
        Ok(context)
    }

    /// Forgets what opens the collector. Which collector it was, and who we were there, stays for the next login.
    pub(crate) fn log_out(&self, name: &ContextName) -> Result<(), Failure> {
        let login = self.read(name)?;
        self.write(name, &Context { token: String::new(), session: false, rights: String::new(), ..login })
            .map(drop)
    }

    /// Takes away a login at the same collector that was begun and not finished: this one is in its place. One that was
    /// logged out knows what the collector is called, and keeps its name.
    fn forget_begun(&self, login: &Context) -> Result<(), Failure> {
        let is_begun = |known: &Context| {
            known.url == login.url && known.token.is_empty() && known.collector == unnamed(&known.url)
        };
        let all = self.all()?.into_iter();
        let mut begun = all.filter(|(_, known)| known.as_ref().is_ok_and(is_begun));
        begun.try_for_each(|(name, _)| self.forget(&name))
    }

    fn forget(&self, name: &ContextName) -> Result<(), Failure> {
        let path = self.path(name);
        fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, &error))
    }

    fn write(&self, name: &ContextName, context: &Context) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        let text = toml::to_string(context)
            .map_err(|error| Failure::new(Exit::NotMet, format!("cannot write the login: {error}")))?;
        private_file::create_folder(&self.folder.join(CONTEXTS))
            .and_then(|()| private_file::replace(&path, text.as_bytes()))
            .map_err(|error| Failure::file("write", &path, &error))?;
        Ok(path)
    }

    /// Another login of the same person at the same collector.
    fn beside(&self, login: &Context, name: &ContextName) -> Result<Option<ContextName>, Failure> {
        let mut all = self.all()?.into_iter();
        let is_other = |known: &Context| known.is_of_whom(login) && !known.token.is_empty();
        Ok(all.find(|(of, known)| of != name && known.as_ref().is_ok_and(is_other)).map(|(of, _)| of))
    }

    /// What a new login is called: as the one that it takes the place of, else by the collector, else by both,
    /// else with a number.
    fn name_for(&self, login: &Context) -> Result<ContextName, Failure> {
        let known = self.all()?;
        let gone = |known: &Context| known.gives_way_to(login);
        if let Some((name, _)) = known.iter().find(|(_, known)| known.as_ref().is_ok_and(gone)) {
            return Ok(name.clone());
        }
        let by_both = format!("{}-{}", login.collector, login.person);
        let numbered = (2_u32..).map(|number| format!("{by_both}-{number}"));
        let candidates = [login.collector.clone(), by_both.clone()].into_iter().chain(numbered);
        let mut names = candidates.map(|text| ContextName::made_of(&text));
        let free = names.find(|name| known.iter().all(|(taken, _)| taken != name));
        free.ok_or_else(|| Failure::usage("no name is free for this login; give one with --context NAME"))
    }

    fn path(&self, name: &ContextName) -> PathBuf {
        self.folder.join(CONTEXTS).join(format!("{name}.toml"))
    }

    fn names(&self) -> Vec<String> {
        self.all().unwrap_or_default().into_iter().map(|(name, _)| name.to_string()).collect()
    }

    fn no_such(&self, name: &ContextName) -> Failure {
        let names = self.names();
        let mend = match dogwatch_triage::filter::nearest(name.as_str(), names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "log in first: dogwatch login LINK".to_owned(),
            None => format!("there are: {}", names.join(", ")),
        };
        Failure::new(Exit::NotFound, format!("there is no context `{name}`; {mend}"))
    }

    /// Says how to get one in use.
    pub(crate) fn not_logged_in(&self) -> Failure {
        let names = self.names();
        let what = if names.is_empty() {
            "you are not logged in: `dogwatch login LINK` takes an invitation or the set-up link, `dogwatch login \
             https://HOST:7443 --ca-file ROOT.pem` a password, with `--oidc` your identity provider"
                .to_owned()
        } else {
            format!("no context is in use; choose one of {}: dogwatch context use NAME", names.join(", "))
        };
        Failure::new(Exit::NotAllowed, what)
    }

    /// For tests: the logins of another folder.
    #[cfg(test)]
    fn in_folder(folder: &std::path::Path) -> Self {
        Self { folder: folder.to_owned() }
    }
}

/// What a collector is called before anybody has logged in there.
pub(crate) fn unnamed(url: &str) -> &str {
    url.trim_start_matches("https://")
}

/// A certificate as PEM text.
pub(crate) fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let body = STANDARD.encode(certificate.as_ref());
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|&byte| char::from(byte)));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Where logins are kept, and what goes with them.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOGWATCH_CONFIG_DIR")
        .or_else(|| set("XDG_CONFIG_HOME").map(|folder| folder.join("dogwatch")))
        .or_else(|| set("APPDATA").map(|folder| folder.join("dogwatch")))
        .or_else(|| set("HOME").map(|folder| folder.join(".config/dogwatch")))
        .ok_or_else(|| Failure::usage("no home folder to keep the login in; set DOGWATCH_CONFIG_DIR"))
}

/// Writes a file of that folder; it is whole or untouched, and nobody else's to read.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), private_file::create_folder)?;
    private_file::replace(path, bytes)
}

#[cfg(test)]
mod tests;
