//! An image, a launchctl that records what it is asked, and the property list read by a reader of its own.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn plan(root: &Path) -> Plan {
    Plan { root: root.to_owned(), program: "/usr/local/bin/dogwatch-agent".into(), sight: Sight::Plain }
}

/// A launchd that knows the daemon when the file `loaded` is there.
fn recorded(root: &Path) -> Launchd {
    let tool = root.join("launchctl");
    let script = "#!/bin/sh\nfolder=$(dirname \"$0\")\necho \"$*\" >>\"$folder/asked\"\n\
                  case $1 in print) [ -e \"$folder/loaded\" ] ;; bootstrap) touch \"$folder/loaded\" ;; esac\n";
    fs::write(&tool, script).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    Launchd { root: root.to_owned(), launchctl: Some(Tool::new(tool)) }
}

#[tokio::test]
async fn a_daemon_is_loaded_once_started_after_and_unloaded_when_it_goes() {
    let root = tempfile::tempdir().unwrap();
    let launchd = recorded(root.path());
    assert!(launchd.start().await.unwrap_err().to_string().contains("service install"));
    launchd.install(&plan(root.path())).await.unwrap();
    launchd.start().await.unwrap();
    launchd.start().await.unwrap();
    launchd.uninstall().await.unwrap();
    assert!(!launchd.plist().exists());
    let asked = fs::read_to_string(root.path().join("asked")).unwrap();
    let asked: Vec<&str> = asked.lines().collect();
    let bootstrap = format!("bootstrap system {}", launchd.plist().display());
    let print = "print system/dogwatch.agent";
    let expected = [
        print,
        "enable system/dogwatch.agent",
        print,
        &bootstrap,
        print,
        "kickstart system/dogwatch.agent",
        print,
        "bootout system/dogwatch.agent",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn an_image_is_given_a_list_that_another_reader_understands() {
    let root = tempfile::tempdir().unwrap();
    let odd = Plan { program: "/Applications/A & B/dogwatch-agent".into(), ..plan(root.path()) };
    install(&odd).await.unwrap();
    let list = Launchd::of(root.path()).plist();
    let script = "import plistlib,sys; p = plistlib.load(open(sys.argv[1], 'rb')); \
                  print(p['Label'], p['ProgramArguments'], p['KeepAlive'], p['ProcessType'], oct(p['Umask']))";
    if !Path::new("/usr/bin/python3").exists() {
        println!("SKIP the property list by plistlib: python3 is not installed");
        return;
    }
    let printed = Tool::new("/usr/bin/python3").run(&["-c", script, &list.to_string_lossy()]).await.unwrap();
    let expected = "dogwatch.agent ['/Applications/A & B/dogwatch-agent', 'run'] True Background 0o77\n";
    assert_eq!(printed, expected);
}

#[tokio::test]
async fn full_sight_is_apples_to_give() {
    let root = tempfile::tempdir().unwrap();
    let error = install(&Plan { sight: Sight::Full, ..plan(root.path()) }).await.unwrap_err().to_string();
    assert!(error.contains("Full Disk Access"), "{error}");
}
