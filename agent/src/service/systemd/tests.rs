//! An image that is made, a systemctl that records what it is asked, and the real checks of systemd.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn plan(root: &Path, sight: Sight) -> Plan {
    Plan { root: root.to_owned(), program: "/usr/local/bin/dogwatch-agent".into(), sight }
}

/// A system whose systemctl writes down its arguments and says of the unit what the file `show` holds.
fn recorded(root: &Path) -> Systemd {
    let tool = root.join("systemctl");
    let script = "#!/bin/sh\nfolder=$(dirname \"$0\")\necho \"$*\" >>\"$folder/asked\"\n\
                  case $1 in show) cat \"$folder/show\" ;; start) echo 'no such unit' >&2; exit 5 ;; esac\n";
    fs::write(&tool, script).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(root.join("show"), "LoadState=loaded\nActiveState=active\nSubState=running\n").unwrap();
    Systemd { root: root.to_owned(), systemctl: Some(Tool::new(tool)) }
}

fn asked(root: &Path) -> String {
    fs::read_to_string(root.join("asked")).unwrap()
}

#[tokio::test]
async fn an_image_is_given_a_unit_that_starts_with_it() {
    let root = tempfile::tempdir().unwrap();
    install(&plan(root.path(), Sight::Full)).await.unwrap();
    let unit = fs::read_to_string(root.path().join(OURS).join(UNIT)).unwrap();
    assert!(unit.contains("\nExecStart=/usr/local/bin/dogwatch-agent run "), "{unit}");
    let link = |wish: &str| fs::read_link(root.path().join(OURS).join(wish)).unwrap();
    assert_eq!(
        link("multi-user.target.wants/dogwatch-agent.service"),
        Path::new("/etc/systemd/system/dogwatch-agent.service")
    );
    assert_eq!(
        link("sleep.target.wants/dogwatch-agent-sleep.service"),
        Path::new("/etc/systemd/system/dogwatch-agent-sleep.service")
    );
    let standing = Systemd::of(root.path()).unwrap().standing().await.unwrap();
    assert!(standing.installed && standing.enabled && !standing.running, "{standing:?}");

    install(&plan(root.path(), Sight::Plain)).await.unwrap();
    uninstall(root.path()).await.unwrap();
    let mut left: Vec<_> =
        fs::read_dir(root.path().join(OURS)).unwrap().flatten().map(|entry| entry.file_name()).collect();
    left.sort();
    assert_eq!(left, ["multi-user.target.wants", "sleep.target.wants"]);
    assert!(uninstall(root.path()).await.unwrap().is_empty(), "there is nothing left to do");
}

#[tokio::test]
async fn a_unit_of_a_package_is_used_and_left() {
    let root = tempfile::tempdir().unwrap();
    let packaged = root.path().join(PACKAGED[0]).join(UNIT);
    write(&packaged, "[Service]\n").unwrap();
    install(&plan(root.path(), Sight::Plain)).await.unwrap();
    assert!(!root.path().join(OURS).join(UNIT).exists());
    let wish = Systemd::of(root.path()).unwrap().wish(&unit::AGENT);
    let link = fs::read_link(wish).unwrap();
    assert_eq!(link, Path::new("/usr/lib/systemd/system/dogwatch-agent.service"));
    uninstall(root.path()).await.unwrap();
    assert!(packaged.exists());
}

#[tokio::test]
async fn the_running_system_is_told_in_order() {
    let root = tempfile::tempdir().unwrap();
    let systemd = recorded(root.path());
    systemd.install(&plan(root.path(), Sight::Plain)).await.unwrap();
    systemd.uninstall().await.unwrap();
    let show = format!("show {UNIT} --property={}", show::PROPERTIES);
    let expected = [
        "daemon-reload",
        "enable dogwatch-agent.service",
        "enable dogwatch-agent-sleep.service",
        "disable --now dogwatch-agent-sleep.service",
        &show,
        "disable --now dogwatch-agent.service",
        "daemon-reload",
    ];
    assert_eq!(asked(root.path()).lines().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_systemctl_complains_about_is_handed_on() {
    let root = tempfile::tempdir().unwrap();
    let error = recorded(root.path()).control(&["start", UNIT]).await.unwrap_err().to_string();
    assert_eq!(error, "`systemctl start dogwatch-agent.service` failed: no such unit");
}

/// Against systemd's own checks, where they are installed: the units are sound, the agent's alone and with the drop-in,
/// and as closed as the project promises.
#[tokio::test]
async fn on_this_machine_systemd_finds_nothing_wrong_with_the_unit() {
    if !Path::new("/usr/bin/systemd-analyze").exists() {
        println!("SKIP the unit by systemd-analyze: it is not installed");
        return;
    }
    let analyze = Tool::new("systemd-analyze");
    let root = tempfile::tempdir().unwrap();
    for sight in [Sight::Plain, Sight::Full] {
        // `verify` wants a program that is there.
        let plan = Plan { program: "/usr/bin/true".into(), ..plan(root.path(), sight) };
        install(&plan).await.unwrap();
        for unit in UNITS {
            let unit = root.path().join(OURS).join(unit.name);
            let unit = unit.to_str().unwrap();
            assert_eq!(analyze.run(&["verify", "--man=no", unit]).await.unwrap(), "");
            if sight == Sight::Plain {
                let closed = ["security", "--offline=true", "--threshold=20", "--no-pager", unit];
                analyze.run(&closed).await.unwrap();
            }
        }
    }
}
