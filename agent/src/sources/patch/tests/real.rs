//! The real dnf, zypper and pacman on a machine in a folder, with a repository of our own: three packages that can be
//! upgraded, two of them with advisories.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use dogwatch_model::{Confidence, PatchStatus, ScanResult, Update, UpdateClass, UpdateSeverity, UpdateState};

use super::{ids, machine::Machine};

const UPDATE_INFO: &str = include_str!("updateinfo.xml");

/// Whether the tools are here; says what is left out when not.
fn has(tools: &[&str]) -> bool {
    let without = env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let missing = tools.iter().find(|tool| {
        without.split_ascii_whitespace().any(|name| name == **tool)
            || !["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(tool).is_file())
    });
    if let Some(tool) = missing {
        println!("SKIP patch sources with {}: there is no {tool} on this machine", tools.join(", "));
    }
    missing.is_none()
}

/// Runs a tool in the environment that the agent gives its tools.
fn run(folder: &Path, tool: &str, arguments: &[&str]) {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(folder).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
}

fn build(folder: &Path, into: &str, name: &str, epoch: &str, version: &str) {
    let spec = format!(
        "Name: {name}\n{epoch}\nVersion: {version}\nRelease: 1\nSummary: Tiny\nLicense: MIT\nBuildArch: noarch\n\
        %description\nTiny.\n%files\n"
    );
    fs::write(folder.join("tiny.spec"), spec).unwrap();
    let (top, rpms) = (folder.join("build"), folder.join(into));
    let top = format!("_topdir {}", top.display());
    let rpms = format!("_rpmdir {}", rpms.display());
    run(folder, "rpmbuild", &["-bb", "--quiet", "--define", &top, "--define", &rpms, "tiny.spec"]);
}

/// Old packages that are installed on the machine, and a repository with newer ones.
fn rpm_machine() -> Machine {
    let machine = Machine::new();
    let folder = machine.root();
    for (name, epoch, old, new) in [
        ("tiny-ssl", "", "1.0", "1.2"),
        ("tiny-shell", "Epoch: 1", "2.0", "2.1"),
        ("tiny-editor", "", "3.0", "3.1"),
    ] {
        build(folder, "old", name, epoch, old);
        build(folder, "repo", name, epoch, new);
    }
    fs::write(folder.join("updateinfo.xml"), UPDATE_INFO).unwrap();
    run(folder, "createrepo_c", &["-q", "repo"]);
    run(folder, "modifyrepo_c", &["updateinfo.xml", "repo/repodata"]);
    let root = folder.display().to_string();
    let old = folder.join("old/noarch");
    let packages = fs::read_dir(old).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    let packages: Vec<String> = packages.collect();
    let mut install = vec!["--root", &root, "-i", "--nodeps", "--justdb"];
    install.extend(packages.iter().map(String::as_str));
    run(folder, "rpm", &install);
    machine
}

fn repository(machine: &Machine, folder: &str, scheme: &str) {
    let base = machine.root().join("repo");
    let text = format!(
        "[tiny]\nname=Tiny\nbaseurl={scheme}{}\nenabled=1\ngpgcheck=0\ntype=rpm-md\n",
        base.display()
    );
    machine.file(&format!("{folder}/tiny.repo"), &text);
}

fn update<'a>(status: &'a PatchStatus, id: &str) -> &'a Update {
    status.updates.iter().flatten().find(|update| update.id == id).unwrap()
}

fn assert_advisories(status: &PatchStatus, source: &str) {
    assert_eq!((status.source.as_str(), status.result, &status.error), (source, ScanResult::Ok, &None));
    assert!(status.metadata_at.is_some() && status.last_install_at.is_some());
    let ssl = update(status, &format!("{source}:tiny-ssl.noarch"));
    assert_eq!((ssl.installed.as_deref(), ssl.available.as_deref()), (Some("1.0-1"), Some("1.2-1")));
    assert_eq!((ssl.class, ssl.severity), (UpdateClass::Security, UpdateSeverity::Critical));
    assert_eq!(ssl.cves, ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"]);
    assert_eq!(ssl.advisory.as_deref(), Some("TINY-SA-2026:0001"));
    assert_eq!(ssl.title.as_deref(), Some("tiny-ssl security update"));
    assert!(ssl.published_at.is_some());
    let shell = update(status, &format!("{source}:tiny-shell.noarch"));
    assert_eq!((shell.class, shell.installed.as_deref()), (UpdateClass::Regular, Some("1:2.0-1")));
    assert_eq!(shell.advisory.as_deref(), Some("TINY-BA-2026:0003"));
    let editor = update(status, &format!("{source}:tiny-editor.noarch"));
    assert_eq!((editor.class, &editor.advisory), (UpdateClass::Regular, &None));
}

#[tokio::test]
async fn dnf_tells_advisories_locks_and_what_is_excluded() {
    if !has(&["dnf", "rpm", "rpmbuild", "createrepo_c"]) {
        return;
    }
    let machine = rpm_machine();
    repository(&machine, "etc/yum.repos.d", "file://");
    machine.file("usr/bin/dnf", "");
    let root = machine.root().display().to_string();
    let mut scanner = machine.real_scanner();

    let error = scanner.scan().await.error.unwrap();
    assert!(error.starts_with("there is no package index"), "{error}");

    run(machine.root(), "dnf", &["--installroot", &root, "-q", "makecache"]);
    let status = scanner.scan().await;
    assert_advisories(&status, "dnf");
    assert_eq!(update(&status, "dnf:tiny-ssl.noarch").origin.as_deref(), Some("tiny"));
    assert!(update(&status, "dnf:tiny-ssl.noarch").size_bytes.is_some());

    machine.file("etc/dnf/dnf.conf", "[main]\nexcludepkgs=tiny-ssl\n");
    let status = scanner.scan().await;
    let ssl = update(&status, "dnf:tiny-ssl.noarch");
    assert_eq!((ssl.state, ssl.severity), (UpdateState::Declined, UpdateSeverity::Critical));

    // Our own process is alive, so the lock counts.
    machine.file("var/cache/dnf/metadata_lock.pid", &std::process::id().to_string());
    let status = scanner.scan().await;
    let error = status.error.clone().unwrap();
    assert!(error.contains("lock"), "{error}");
    assert_eq!((status.result, ids(&status).len()), (ScanResult::Failed, 3));
}

#[tokio::test]
async fn zypper_tells_patches_and_locks() {
    if !has(&["zypper", "rpm", "rpmbuild", "createrepo_c"]) {
        return;
    }
    let machine = rpm_machine();
    repository(&machine, "etc/zypp/repos.d", "dir://");
    machine.file("usr/bin/zypper", "");
    let root = machine.root().display().to_string();
    run(machine.root(), "zypper", &["--root", &root, "--non-interactive", "refresh"]);
    let mut scanner = machine.real_scanner();
    let status = scanner.scan().await;
    assert_advisories(&status, "zypper");
    assert_eq!(update(&status, "zypper:tiny-ssl.noarch").reboot_required, Some(true));

    machine.file(
        "etc/zypp/locks",
        "\ntype: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: tiny-ssl\n",
    );
    let status = scanner.scan().await;
    assert_eq!(update(&status, "zypper:tiny-ssl.noarch").state, UpdateState::Declined);

    machine.file("run/zypp.pid", &std::process::id().to_string());
    machine.file("run/reboot-needed", "");
    let status = scanner.scan().await;
    let error = status.error.clone().unwrap();
    assert!(error.contains("System management is locked"), "{error}");
    assert_eq!(status.result, ScanResult::Failed);
    let reboot = status.reboot.unwrap();
    assert!(reboot.pending && reboot.since.is_some() && reboot.confidence == Confidence::Strong);
}

#[tokio::test]
async fn pacman_tells_what_its_databases_have() {
    if !has(&["pacman", "tar"]) {
        return;
    }
    let machine = Machine::new();
    let desc = |name: &str, version: &str, more: &str| {
        format!("%NAME%\n{name}\n\n%VERSION%\n{version}\n\n%DESC%\nTiny\n\n%ARCH%\nany\n\n{more}")
    };
    machine.file("var/lib/pacman/local/ALPM_DB_VERSION", "9\n");
    for name in ["tiny", "held", "newest"] {
        let local = format!("var/lib/pacman/local/{name}-1.0-1");
        machine.file(&format!("{local}/desc"), &desc(name, "1.0-1", ""));
        machine.file(&format!("{local}/files"), "%FILES%\n");
        let version = if name == "newest" { "1.0-1" } else { "1.1-1" };
        let file = format!("%FILENAME%\n{name}-{version}-any.pkg.tar.zst\n\n%CSIZE%\n4000\n\n");
        machine.file(&format!("db/{name}-{version}/desc"), &desc(name, version, &file));
    }
    machine.file(
        "etc/pacman.conf",
        "[options]\nArchitecture = auto\nIgnorePkg = held\nSigLevel = Never\n\
        [core]\nServer = file:///nowhere\n",
    );
    machine.file("usr/bin/pacman", "");
    let mut scanner = machine.real_scanner();
    let error = scanner.scan().await.error.unwrap();
    assert!(error.starts_with("there is no package index"), "{error}");

    fs::create_dir_all(machine.root().join("var/lib/pacman/sync")).unwrap();
    run(
        &machine.root().join("db"),
        "tar",
        &["-czf", "../var/lib/pacman/sync/core.db", "tiny-1.1-1", "held-1.1-1", "newest-1.0-1"],
    );
    // Somebody else's transaction does not stand in the way.
    machine.file("var/lib/pacman/db.lck", "");
    let status = scanner.scan().await;
    assert_eq!((status.source.as_str(), status.result), ("pacman", ScanResult::Ok), "{:?}", status.error);
    assert_eq!(ids(&status), ["pacman:held", "pacman:tiny"]);
    assert_eq!(update(&status, "pacman:held").state, UpdateState::Declined);
    assert_eq!(update(&status, "pacman:tiny").available.as_deref(), Some("1.1-1"));
}
