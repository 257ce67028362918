//! Where we are logged in: one file, readable by its owner alone.
//!
//! `$DOGWATCH_CONFIG_DIR/context.toml`, else `$XDG_CONFIG_HOME/dogwatch/context.toml`, else
//! `~/.config/dogwatch/context.toml` (`%APPDATA%\dogwatch` on Windows).

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};

const FILE: &str = "context.toml";

/// A login, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// `https://host:port`.
    pub(crate) url: String,
    /// Who we are there, to be read by people.
    pub(crate) person: String,
    /// What the collector is called, to be read by people.
    pub(crate) collector: String,
    /// The bearer token.
    pub(crate) token: String,
    /// The one root certificate to trust, PEM.
    pub(crate) root_certificate: String,
}

impl Context {
    /// The login in force.
    pub(crate) fn load() -> Result<Self, Failure> {
        let path = folder()?.join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::new(
                Exit::NotAllowed,
                "you are not logged in; run `dogwatch login LINK` with the link that `dogwatch-collector init` or \
                 `dogwatch token create` printed",
            ),
            _ => Failure::file("read", &path, &error),
        })?;
        toml::from_str(&text).map_err(|error| {
            Failure::usage(format!("{} is not valid, log in again: {}", path.display(), error.message()))
        })
    }

    /// Keeps the login; the file is whole or untouched, and nobody else's to read.
    pub(crate) fn save(&self) -> Result<PathBuf, Failure> {
        let folder = folder()?;
        let path = folder.join(FILE);
        let text = toml::to_string(self)
            .map_err(|error| Failure::new(Exit::NotMet, format!("cannot write the login: {error}")))?;
        create_folder(&folder)
            .and_then(|()| replace(&path, text.as_bytes()))
            .map_err(|error| Failure::file("write", &path, &error))?;
        Ok(path)
    }

    /// The root certificate.
    pub(crate) fn root(&self) -> Result<CertificateDer<'static>, Failure> {
        CertificateDer::from_pem_slice(self.root_certificate.as_bytes())
            .map_err(|_| Failure::usage("the root certificate of your login is not valid; log in again"))
    }
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

#[cfg(unix)]
fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Writes a file of that folder; it is whole or untouched, and nobody else's to read.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), create_folder)?;
    replace(path, bytes)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&fresh).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&fresh, path)).inspect_err(|_| {
        let _ = fs::remove_file(&fresh);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_survives_its_pem() {
        let certificate = CertificateDer::from(vec![7; 100]);
        let text = to_pem(&certificate);
        assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        assert_eq!(CertificateDer::from_pem_slice(text.as_bytes()).unwrap(), certificate);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone_and_is_replaced_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
