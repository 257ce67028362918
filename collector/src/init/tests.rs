//! A new collector as its administrator meets it.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use clap::Parser;
use dogwatch_triage::matrix::Matrix;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    init: Init,
}

fn options(folder: &Path, more: &[&str]) -> Init {
    let folder = folder.join("collector");
    let fixed = ["init", "--data-dir", folder.to_str().unwrap()];
    Cli::parse_from(fixed.iter().chain(more)).init
}

fn made(folder: &Path, more: &[&str]) -> (DataDir, String) {
    let options = options(folder, more);
    let mut said = Vec::new();
    make(&options, Timestamp::now(), &mut said).unwrap();
    (DataDir::new(&options.data_dir), String::from_utf8(said).unwrap())
}

#[test]
fn a_new_collector_has_files_that_its_own_readers_take() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = made(
        folder.path(),
        &["--name", "Acme \"MSP\" @NAME@", "--host", "rmm.acme.example", "--org", "acme", "--port", "8443"],
    );
    let config = Config::read(&data.config_file()).unwrap();
    assert_eq!(config.name, "Acme \"MSP\" @NAME@");
    assert_eq!(config.people.listen.to_string(), "0.0.0.0:8443");
    assert_eq!(config.people.address, "rmm.acme.example:8443");
    assert_eq!(config.agents.address, "rmm.acme.example:7444");

    let authority = Authority::open(&data.authority(), Timestamp::now()).unwrap();
    assert_eq!(authority.trust_domain(), "acme-msp-name");
    let matrix = std::fs::read_to_string(data.policy().join("orgs/acme.toml")).unwrap();
    assert!(Matrix::parse(&matrix, "acme.toml", "1".to_owned(), None).is_ok());
    let rules = std::fs::read_to_string(data.policy().join("rules.toml")).unwrap();
    assert!(rules.parse::<toml::Table>().unwrap().is_empty(), "only comments");
}

#[test]
fn what_the_configuration_shows_commented_out_is_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = made(folder.path(), &["--host", "localhost"]);
    let text = std::fs::read_to_string(data.config_file()).unwrap();
    let all_shown: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(all_shown.len() < text.len(), "something was commented out");
    let shown: Config = crate::config::parse_toml(Path::new("shown"), &all_shown).unwrap();
    assert_eq!(format!("{shown:?}"), format!("{:?}", Config::default()));
}

#[test]
fn the_setup_link_stands_alone_on_its_line_and_its_code_is_nowhere_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (data, said) = made(folder.path(), &["--host", "rmm.acme.example"]);
    let link = said.lines().last().unwrap();
    let (page, fragment) = link.split_once('#').unwrap();
    let (code, root) = fragment.split_once('.').unwrap();
    assert_eq!(page, "https://rmm.acme.example:7443/setup");
    let authority = Authority::open(&data.authority(), Timestamp::now()).unwrap();
    assert_eq!(root, authority.root_sha256().to_string());
    let hash = std::fs::read_to_string(data.authority().join(SETUP_HASH_FILE)).unwrap();
    assert_eq!(hash.trim(), Sha256::of(code.as_bytes()).to_string());
    for file in [data.config_file(), data.authority().join(SETUP_HASH_FILE)] {
        assert!(!std::fs::read_to_string(&file).unwrap().contains(code), "{}", file.display());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(data.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn without_a_host_it_listens_on_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, said) = made(folder.path(), &[]);
    let config = Config::read(&data.config_file()).unwrap();
    assert_eq!(config.people.listen.to_string(), "127.0.0.1:7443");
    assert_eq!(config.people.address, "localhost:7443");
    assert!(said.contains("server certificate for localhost, 127.0.0.1, ::1"), "{said}");
}

#[test]
fn an_ipv6_host_gets_its_brackets() {
    let folder = tempfile::tempdir().unwrap();
    let (data, said) = made(folder.path(), &["--host", "2001:db8::7", "--listen", "::"]);
    let config = Config::read(&data.config_file()).unwrap();
    assert_eq!(config.people.listen.to_string(), "[::]:7443");
    assert_eq!(config.people.address, "[2001:db8::7]:7443");
    assert!(said.lines().last().unwrap().starts_with("https://[2001:db8::7]:7443/setup#"));
}

#[test]
fn a_folder_that_is_not_empty_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = made(folder.path(), &[]);
    let before = std::fs::read(data.authority().join("root.crt")).unwrap();
    let refusal = |options: &Init| make(options, Timestamp::now(), &mut Vec::new()).unwrap_err().to_string();
    let again = refusal(&options(folder.path(), &[]));
    assert!(again.contains("holds a collector already") && again.contains("setup-code"), "{again}");
    assert_eq!(std::fs::read(data.authority().join("root.crt")).unwrap(), before);

    std::fs::remove_file(data.config_file()).unwrap();
    let unfinished = refusal(&options(folder.path(), &[]));
    assert!(unfinished.contains("is not empty"), "{unfinished}");
}

#[test]
fn a_mistake_in_the_options_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [
        &["--host", "https://rmm.acme.example"][..],
        &["--host", "rmm.acme.example:7443"],
        &["--port", "9000", "--agent-port", "9000"],
        &["--name", " "],
    ] {
        let options = options(folder.path(), wrong);
        assert!(make(&options, Timestamp::now(), &mut Vec::new()).is_err(), "{wrong:?}");
        assert!(!options.data_dir.exists(), "{wrong:?}");
    }
}
