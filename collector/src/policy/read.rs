//! Reading the policy folder, whole.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use dogwatch_model::{OrgId, Side, TeamId};
use dogwatch_triage::{
    alert,
    matrix::{self, Directory, Matrix, Team},
    rules::RuleSet,
    watch_list::{self, WatchList},
};

use super::{Basis, Draft, Policy, SeenFile, bands};
use crate::access::Sha256;

/// The largest policy file: a matrix of 500 rows is a tenth of it.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What the MSP wants watched.
const WATCH_FILE: &str = "watch.toml";
/// What each org wants watched.
const WATCH_FOLDER: &str = "watch";

/// A fault of a policy file.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be; the text has its name and place.
    #[error("{0}")]
    Content(String),
}

/// All faults as one error, a line each.
pub fn all_faults(faults: &[PolicyFault]) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}

/// Every policy file that there is, with its content.
pub(super) fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, PolicyFault> {
    let mut paths = ["rules.toml", "directory.toml", WATCH_FILE].map(|name| folder.join(name)).to_vec();
    let (orgs, watch) = (folder.join("orgs"), folder.join(WATCH_FOLDER));
    paths.extend(tomls(&orgs).map_err(|source| PolicyFault::Read { path: orgs, source })?);
    match tomls(&watch) {
        Ok(found) => paths.extend(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(PolicyFault::Read { path: watch, source }),
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match read_file(&path) {
            Ok(content) => files.push((path, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(PolicyFault::Read { path, source }),
        }
    }
    Ok(files)
}

fn tomls(folder: &Path) -> io::Result<impl Iterator<Item = PathBuf> + use<>> {
    let paths = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|ext| ext == "toml")))
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    std::fs::read(path)
}

/// Reads and validates the folder, whole.
///
/// # Errors
/// Every fault of every file, each with file, place and cure.
pub fn read(folder: &Path, basis: &Basis) -> Result<Policy, Vec<PolicyFault>> {
    let files = files(folder).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut texts = BTreeMap::new();
    for (path, content) in files {
        match String::from_utf8(content) {
            Ok(text) => drop(texts.insert(path, text)),
            Err(_) => faults.push(PolicyFault::Content(format!(
                "{}: it is not UTF-8 text",
                path.file_name().unwrap_or_default().display()
            ))),
        }
    }
    let text_of = |path: &Path| texts.get(path).map_or("", String::as_str);
    // As people call it: `policy/rules.toml`, wherever the collector keeps it.
    let base = folder.parent().unwrap_or(folder);
    let name_of = |path: &Path| path.strip_prefix(base).unwrap_or(path).display().to_string();

    // A collector that runs goes on running: what was taken before is told, not refused.
    for (path, text) in &texts {
        matrix::illegible(text, &name_of(path)).iter().for_each(|fault| tracing::warn!("{fault}"));
    }
    let rules_path = folder.join("rules.toml");
    let rules = RuleSet::layer(text_of(&rules_path), &name_of(&rules_path))
        .map_err(|errors| faults.extend(errors.iter().map(|e| PolicyFault::Content(e.to_string()))))
        .ok();
    let directory_path = folder.join("directory.toml");
    let directory = Directory::parse(text_of(&directory_path), &name_of(&directory_path))
        .map_err(|error| faults.push(PolicyFault::Content(error.to_string())))
        .ok();
    let (mut orgs, mut drafts) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in texts.iter().filter(|(path, _)| path.parent().is_some_and(|p| p.ends_with("orgs"))) {
        let version = super::agreed::version_of(text, text_of(&directory_path));
        match Matrix::parse(text, &name_of(path), version, directory.as_ref()) {
            Ok(matrix) if path.file_stem().is_some_and(|stem| stem == matrix.org().as_str()) => {
                let draft = Draft { file: name_of(path), text: text.clone(), matrix: matrix.clone() };
                drafts.insert(matrix.org().clone(), draft);
                orgs.insert(matrix.org().clone(), matrix);
            }
            Ok(matrix) => faults.push(PolicyFault::Content(format!(
                "{}: it is the matrix of org `{}`; name the file {1}.toml, or mend `id` under [org]",
                name_of(path),
                matrix.org()
            ))),
            Err(error) => faults.push(PolicyFault::Content(error.to_string())),
        }
    }
    let watch = watch_list(folder, &texts, &orgs, &name_of).map_err(|found| faults.extend(found)).ok();
    let ownerless = ownerless().map_err(|error| faults.push(PolicyFault::Content(error.to_string()))).ok();
    match (rules, watch, directory, ownerless) {
        (Some(rules), Some(watch), Some(directory), Some(ownerless)) if faults.is_empty() => {
            let alerts = alert::Policy { reopen_window: basis.reopen_window, ..alert::Policy::default() };
            let telemetry = bands::with_rules(basis.telemetry.clone(), &rules);
            let directory_text = text_of(&directory_path).to_owned();
            let seen = |(path, text): (&PathBuf, &String)| {
                let sha256 = Sha256::of(text.as_bytes());
                (name_of(path), SeenFile { org: org_of(folder, path), sha256 })
            };
            let files = texts.iter().map(seen).collect();
            Ok(Policy {
                rules,
                orgs,
                drafts,
                directory,
                directory_text,
                files,
                alerts,
                watch,
                telemetry,
                ownerless,
            })
        }
        _ => Err(faults),
    }
}

/// The org that a file is about, where it is about one.
fn org_of(folder: &Path, path: &Path) -> Option<OrgId> {
    let about_one = path.parent().is_some_and(|parent| parent != folder);
    path.file_stem().filter(|_| about_one)?.to_str()?.parse().ok()
}

/// The MSP's watch list and the orgs'.
fn watch_list(
    folder: &Path,
    texts: &BTreeMap<PathBuf, String>,
    orgs: &BTreeMap<OrgId, Matrix>,
    name_of: &impl Fn(&Path) -> String,
) -> Result<WatchList, Vec<PolicyFault>> {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for (path, text) in texts {
        let name = name_of(path);
        if *path == folder.join(WATCH_FILE) {
            files.push((None, name, text));
        } else if path.parent() == Some(&folder.join(WATCH_FOLDER)) {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            match orgs.keys().find(|org| org.as_str() == stem) {
                Some(org) => files.push((Some(org), name, text)),
                None => faults.push(PolicyFault::Content(format!(
                    "{name}: there is no org `{stem}` with a valid policy/orgs/{stem}.toml"
                ))),
            }
        }
    }
    let files: Vec<_> =
        files.iter().map(|(org, name, text)| watch_list::File { org: *org, name, text }).collect();
    match WatchList::read(&files) {
        Ok(list) if faults.is_empty() => Ok(list),
        Ok(_) => Err(faults),
        Err(errors) => {
            faults.extend(errors.iter().map(|error| PolicyFault::Content(error.to_string())));
            Err(faults)
        }
    }
}

/// What decides for an org whose matrix file went away while it has endpoints.
fn ownerless() -> Result<Matrix, dogwatch_model::IdError> {
    let team = Team {
        id: TeamId::new("last-resort")?,
        name: "Last resort: this org has no matrix file".into(),
        side: Side::Msp,
        contact: None,
        channels: Vec::new(),
        email: None,
        rota: None,
    };
    Ok(Matrix::empty(OrgId::new("none")?, team, "none".into()))
}
