//! The packages: built from the programs under test, installed into an empty root, used there, and purged without a trace.
//!
//! No root is needed and nothing of the machine is touched: `fakeroot` plays the owner, and the maintainer's scripts run
//! as they do when an image is filled (`DPKG_ROOT`), where there is no systemd to talk to.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use dogwatch_tests::harness::{
    program::{Finished, built},
    tool,
};

const PROGRAMS: [&str; 3] = ["dogwatch", "dogwatch-agent", "dogwatch-collector"];

/// Where a package may put files, and with which mode: programs, and what is read.
const PLACES: [(&str, u32); 5] = [
    ("usr/bin/", 0o755),
    ("usr/lib/systemd/system/", 0o644),
    ("usr/share/man/man1/", 0o644),
    ("usr/share/", 0o644),
    ("var/lib/dpkg/", 0o644),
];

/// Builds the packages of one kind from the programs under test.
fn packages(kind: &str, folder: &Path) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let programs = built("dogwatch").parent().unwrap().to_owned();
    Finished::of(
        Command::new("sh")
            .arg(root.join("packaging/package.sh"))
            .args([kind, "--fast", "--bin-dir"])
            .arg(programs)
            .arg("--out")
            .arg(folder),
    )
    .succeeds();
    let mut made: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    made.sort();
    assert_eq!(made.len(), PROGRAMS.len(), "{made:?}");
    made
}

/// An empty root, of which dpkg knows that nothing is installed.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for below in ["info", "updates", "triggers"] {
            fs::create_dir_all(folder.path().join("var/lib/dpkg").join(below)).unwrap();
        }
        fs::write(folder.path().join("var/lib/dpkg/status"), "").unwrap();
        Self(folder)
    }

    /// Has dpkg do something here. The libraries are the machine's and not this root's.
    fn dpkg(&self, arguments: &[&str], about: &[impl AsRef<std::ffi::OsStr>]) {
        let mut command = Command::new("fakeroot");
        command.args(["--", "dpkg", "--log=/dev/null", "--force-depends", "--force-script-chrootless"]);
        command.arg(format!("--root={}", self.0.path().display())).args(arguments).args(about);
        // Where dpkg looks for its own tools; some of them are only in root's path.
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Finished::of(&mut command).succeeds();
    }

    /// Every file below, by its path from here, with its mode.
    fn files(&self) -> BTreeMap<String, u32> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let about = entry.metadata().unwrap();
                if about.is_dir() {
                    folders.push(entry.path());
                } else {
                    let path = entry.path().strip_prefix(self.0.path()).unwrap().display().to_string();
                    files.insert(path, about.permissions().mode() & 0o7777);
                }
            }
        }
        files
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

/// Whether something is of ours, whoever put it there; what dpkg itself keeps of names it has met aside.
fn is_ours(path: &str) -> bool {
    path.contains("dogwatch") || path.contains("/man1/") || path.contains("systemd")
}

/// The programs run, their pages unpack, shells understand the completions.
fn is_usable(root: &Root) {
    for program in PROGRAMS {
        let said =
            Finished::of(Command::new(root.at(&format!("usr/bin/{program}"))).arg("--version")).succeeds();
        assert!(said.stdout.starts_with(program), "{said:?}");
        let page = root.at(&format!("usr/share/man/man1/{program}.1.gz"));
        let text = Finished::of(Command::new("gzip").arg("-dc").arg(page)).succeeds().stdout;
        assert!(text.contains(&format!(".TH {program} 1")), "{text}");
    }
    let completion = root.at("usr/share/bash-completion/completions/dogwatch");
    Finished::of(Command::new("bash").arg("-n").arg(&completion)).succeeds();
    assert!(fs::read_to_string(completion).unwrap().contains("_dogwatch"));
    let unit = fs::read_to_string(root.at("usr/lib/systemd/system/dogwatch-agent.service")).unwrap();
    assert!(unit.contains("ExecStart=/usr/bin/dogwatch-agent run"), "{unit}");
}

#[test]
fn debian_packages_install_hold_what_they_should_and_purge_without_a_trace() {
    let tools = ["dpkg-deb", "fakeroot", "objdump"];
    if tools.iter().any(|name| tool::find(name, "packages for Debian").is_none()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = packages("deb", folder.path());
    for package in &made {
        let owners = Finished::of(Command::new("dpkg-deb").arg("-c").arg(package)).succeeds().stdout;
        assert!(owners.lines().all(|line| line.contains(" root/root ")), "{owners}");
        let control = Finished::of(Command::new("dpkg-deb").arg("-f").arg(package)).succeeds().stdout;
        assert!(control.contains("Depends: libc6 (>= 2."), "{control}");
    }
    let root = Root::new();
    root.dpkg(&["--install"], &made);
    let installed = root.files();
    for (path, mode) in installed.iter().filter(|(path, _)| is_ours(path)) {
        let place = PLACES.iter().find(|(place, _)| path.starts_with(place));
        let (_, expected) = place.unwrap_or_else(|| panic!("{path} is not where files of packages belong"));
        let is_script = path.starts_with("var/lib/dpkg/info/") && *mode == 0o755;
        assert!(mode == expected || is_script, "{path} has mode {mode:o}");
    }
    let held = |path: &str| assert!(installed.contains_key(path), "{path} is not in {installed:#?}");
    for path in [
        "usr/lib/systemd/system/dogwatch-agent.service",
        "usr/lib/systemd/system/dogwatch-agent-sleep.service",
        "usr/lib/systemd/system/dogwatch-collector.service",
        "usr/share/man/man1/dogwatch-fleet-summary.1.gz",
        "usr/share/man/man1/dogwatch-agent-doctor.1.gz",
        "usr/share/man/man1/dogwatch-collector-serve.1.gz",
        "usr/share/bash-completion/completions/dogwatch",
        "usr/share/zsh/vendor-completions/_dogwatch",
        "usr/share/fish/vendor_completions.d/dogwatch.fish",
        "usr/share/dogwatch/completions/dogwatch.ps1",
        "usr/share/doc/dogwatch-agent/examples/agent.toml",
        "usr/share/doc/dogwatch-collector/copyright",
    ] {
        held(path);
    }
    is_usable(&root);
    is_purged(&root);
}

/// What the services and people made later: removed packages leave it, purged ones do not.
fn is_purged(root: &Root) {
    let later = [
        "var/lib/private/dogwatch-agent/identity.json",
        "var/lib/dogwatch-collector/journal/0",
        "etc/dogwatch/agent.toml",
        "etc/systemd/system/dogwatch-agent.service.d/full-sight.conf",
        "etc/systemd/system/multi-user.target.wants/dogwatch-collector.service",
    ];
    for path in later {
        fs::create_dir_all(root.at(path).parent().unwrap()).unwrap();
        fs::write(root.at(path), "").unwrap();
    }
    root.dpkg(&["--remove"], &PROGRAMS);
    let left = root.files();
    assert!(later.iter().all(|path| left.contains_key(*path)), "{left:#?}");
    assert!(!left.keys().any(|path| path.starts_with("usr/")), "{left:#?}");
    root.dpkg(&["--purge"], &PROGRAMS);
    let left: Vec<String> = root.files().into_keys().filter(|path| is_ours(path)).collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(!root.at("etc/dogwatch").exists());
}

#[test]
fn rpm_packages_hold_the_same_and_go_without_a_trace() {
    if ["rpmbuild", "fakeroot"].iter().any(|name| tool::find(name, "packages of rpm").is_none()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = packages("rpm", folder.path());
    let root = Root(tempfile::tempdir().unwrap());
    let rpm = |arguments: &[&str], about: &[PathBuf]| {
        let mut command = Command::new("fakeroot");
        command.args(["--", "rpm", "--dbpath", "/rpmdb", "--root"]).arg(root.0.path());
        // A shell for scripts is in no empty root.
        command.args(["--nodeps", "--noscripts", "--nosignature"]).args(arguments).args(about);
        Finished::of(&mut command).succeeds()
    };
    rpm(&["--install"], &made);
    let installed = root.files();
    for path in [
        "usr/bin/dogwatch",
        "usr/lib/systemd/system/dogwatch-agent.service",
        "usr/share/man/man1/dogwatch-fleet-summary.1.gz",
        "usr/share/bash-completion/completions/dogwatch",
        "usr/share/zsh/site-functions/_dogwatch",
    ] {
        assert!(installed.contains_key(path), "{path} is not in {installed:#?}");
    }
    is_usable(&root);
    let names: Vec<PathBuf> = PROGRAMS.iter().map(PathBuf::from).collect();
    rpm(&["--erase"], &names);
    let left: Vec<String> = root.files().into_keys().filter(|path| is_ours(path)).collect();
    assert_eq!(left, Vec::<String>::new());
}
