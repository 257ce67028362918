//! A Debian with pending updates, whatever the machine's own state: the real apt on files of our own.
//!
//! An `APT_CONFIG` file points apt at a status file with old versions installed and at two local flat repositories:
//! the distribution's and its security suite's. `apt-get update` reads them once; nothing is ever installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::digest;

use super::program::Finished;

/// The made-up Debian.
#[derive(Debug)]
pub struct Debian {
    folder: PathBuf,
}

/// A package that is installed, and the newer version that a suite has.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// What is installed.
    pub installed: &'static str,
    /// What can be had.
    pub available: &'static str,
    /// Whether the security suite has it.
    pub security: bool,
}

/// What waits in a lab's Debian: one of each class.
pub const PACKAGES: [Package; 2] = [
    Package { name: "libtowline3", installed: "3.0.15-1", available: "3.0.17-1~deb13u2", security: true },
    Package { name: "bosun", installed: "1:2.4-1", available: "1:2.5-2", security: false },
];

impl Debian {
    /// Makes it, and lets apt read its repositories.
    #[track_caller]
    pub fn new(folder: &Path) -> Self {
        for below in ["state/lists/partial", "cache/archives/partial", "etc/parts", "main", "security"] {
            fs::create_dir_all(folder.join(below)).expect("a lab's folder can be written");
        }
        let debian = Self { folder: folder.to_owned() };
        debian.write("status", &PACKAGES.map(|package| stanza(&package, package.installed, true)).concat());
        debian.repository("main", "Debian", "stable", false);
        debian.repository("security", "Debian-Security", "stable-security", true);
        debian.write("sources.list", &debian.sources());
        debian.write("apt.conf", &debian.configuration());
        Finished::of(Command::new("apt-get").arg("update").env("APT_CONFIG", debian.apt_config())).succeeds();
        debian
    }

    /// What the environment's `APT_CONFIG` has to name.
    pub fn apt_config(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.join(name), content).expect("a lab's folder can be written");
    }

    fn sources(&self) -> String {
        let folder = self.folder.display();
        format!("deb [trusted=yes] file:{folder}/main ./\ndeb [trusted=yes] file:{folder}/security ./\n")
    }

    fn configuration(&self) -> String {
        let folder = self.folder.display();
        format!(
            r#"Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "{folder}/etc/parts";
Dir::Etc::Parts "{folder}/etc/parts";
Dir::Etc::Main "{folder}/etc/none";
Dir::Etc::Preferences "{folder}/etc/none";
Dir::Etc::PreferencesParts "{folder}/etc/parts";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
"#
        )
    }

    /// A flat repository: a package index, and a release file that names its hash.
    fn repository(&self, name: &str, label: &str, suite: &str, security: bool) {
        let offered = PACKAGES.iter().filter(|package| package.security == security);
        let index: String = offered.map(|package| stanza(package, package.available, false)).collect();
        let hash = digest::digest(&digest::SHA256, index.as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let size = index.len();
        self.write(&format!("{name}/Packages"), &index);
        self.write(
            &format!("{name}/Release"),
            &format!(
                "Origin: Debian\nLabel: {label}\nSuite: {suite}\nVersion: 13\nCodename: trixie\n\
                 Date: Sat, 01 Nov 2025 00:00:00 UTC\nArchitectures: amd64\nSHA256:\n {hash} {size} Packages\n"
            ),
        );
    }
}

fn stanza(package: &Package, version: &str, installed: bool) -> String {
    let Package { name, .. } = package;
    let mut text = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: Lab <lab@localhost>\n\
         Section: misc\nPriority: optional\nDescription: made up for a test\n"
    );
    if installed {
        text += "Status: install ok installed\n";
    } else {
        let hash = "0".repeat(64);
        text += &format!("Filename: ./{name}.deb\nSize: 1024\nSHA256: {hash}\n");
    }
    text + "\n"
}
