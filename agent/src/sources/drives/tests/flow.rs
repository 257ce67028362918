//! Looks at a machine whose smartctl answers from files, and at this one with the real smartctl.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new(scan: &str, answer: &str) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.says(scan, answer);
        let script = "#!/bin/sh\necho \"$*\" >> ${0%/*}/calls\ncase \"$*\" in --scan*) cat ${0%/*}/scan;; *) cat ${0%/*}/answer;; esac\n";
        let tool = machine.0.path().join("smartctl");
        fs::write(&tool, script).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    fn says(&self, scan: &str, answer: &str) {
        fs::write(self.0.path().join("scan"), scan).unwrap();
        fs::write(self.0.path().join("answer"), answer).unwrap();
    }

    fn knows(&self, name: &str) {
        let folder = self.0.path().join("sys/block").join(name);
        fs::create_dir_all(folder.join("device")).unwrap();
        fs::write(folder.join("size"), "1000\n").unwrap();
    }

    fn shows(&self, name: &str) {
        fs::create_dir_all(self.0.path().join("dev")).unwrap();
        fs::write(self.0.path().join("dev").join(name), "").unwrap();
    }

    fn inspector(&self) -> Inspector {
        let mut inspector = Inspector::new(self.0.path(), &StateDir::new(self.0.path()));
        inspector.tool = self.0.path().join("smartctl").display().to_string();
        inspector
    }
}

const ONE: &str = r#"{"smartctl":{"exit_status":0},"devices":[{"name":"/dev/sda","info_name":"/dev/sda [SAT]","type":"sat","protocol":"ATA"}]}"#;

#[tokio::test]
async fn a_drive_that_sleeps_is_not_woken_and_what_it_said_stands() {
    let machine = Machine::new(ONE, &document(0, SATA));
    machine.knows("sda");
    let mut inspector = machine.inspector();
    let awake = inspector.look().await;
    assert_eq!((awake.drives.len(), awake.result), (1, ScanResult::Ok));
    let asleep = r#"{"smartctl":{"messages":[{"string":"Device is in STANDBY mode, exit(2)","severity":"information"}],"exit_status":2}}"#;
    machine.says(ONE, asleep);
    assert_eq!(inspector.look().await, awake);
    let calls = fs::read_to_string(machine.0.path().join("calls")).unwrap();
    let asked: Vec<&str> = calls.lines().filter(|call| call.contains("/dev/sda")).collect();
    assert_eq!(asked, ["-n standby -j -a -d sat /dev/sda"; 2]);
}

#[tokio::test]
async fn without_the_right_to_ask_it_is_permission_and_no_judgement() {
    let scan = ONE.replace(r#""protocol":"ATA""#, r#""protocol":"ATA","open_error":"Permission denied""#);
    let machine = Machine::new(&scan, "");
    machine.knows("sda");
    let seen = machine.inspector().look().await;
    assert_eq!(seen.result, ScanResult::Unsupported);
    assert_eq!(seen.reason.as_deref(), Some("permission: /dev/sda: Permission denied"));
    assert_eq!(seen.drives, [Drive { device: "/dev/sda".into(), ..Drive::default() }]);
}

#[tokio::test]
async fn a_sandbox_that_hides_the_drives_is_no_machine_without_drives() {
    let machine = Machine::new(r#"{"smartctl":{"exit_status":0}}"#, "");
    let seen = machine.inspector().look().await;
    assert_eq!((seen.result, seen.drives.len()), (ScanResult::Ok, 0), "there is none");
    machine.knows("sda");
    let seen = machine.inspector().look().await;
    assert_eq!(seen.result, ScanResult::Unsupported);
    assert!(seen.reason.unwrap().starts_with("permission: "));
    machine.shows("sda");
    let seen = machine.inspector().look().await;
    let expected = (ScanResult::Unsupported, Some("no drive here tells of its health"));
    assert_eq!((seen.result, seen.reason.as_deref()), expected);
}

#[tokio::test]
async fn one_drive_that_cannot_be_asked_does_not_hide_the_others() {
    let scan = ONE.replace(
        "]}",
        r#",{"name":"/dev/sdb","type":"scsi","protocol":"SCSI","open_error":"Unknown USB bridge [0x1:0x2]"}]}"#,
    );
    let machine = Machine::new(&scan.replace("[SAT,", "[SAT],"), &document(0, SATA));
    machine.knows("sda");
    machine.knows("sdb");
    let seen = machine.inspector().look().await;
    assert_eq!((seen.result, seen.drives.len()), (ScanResult::Partial, 2));
    assert_eq!(seen.reason.as_deref(), Some("/dev/sdb: Unknown USB bridge [0x1:0x2]"));
    assert_eq!((seen.drives[0].passed, seen.drives[1].passed), (Some(true), None));
}

#[tokio::test]
async fn a_machine_without_smartctl_is_unsupported_and_its_drives_are_named() {
    let machine = Machine::new("", "");
    machine.knows("vda");
    let mut inspector = machine.inspector();
    inspector.tool = "no-such-smartctl".into();
    let seen = inspector.look().await;
    let expected = (ScanResult::Unsupported, Some("smartctl is not installed"));
    assert_eq!((seen.result, seen.reason.as_deref()), expected);
    assert_eq!(seen.drives.len(), 1);
}

#[tokio::test]
async fn a_smartctl_that_talks_rubbish_is_a_failure() {
    let machine = Machine::new("smartctl 6.6 2016-05-31 r4324\n", "");
    let seen = machine.inspector().look().await;
    assert_eq!(seen.result, ScanResult::Failed);
    assert!(seen.reason.unwrap().ends_with("smartctl 6.6 2016-05-31 r4324"));
}

/// The real tool, on devices that are no drives.
#[tokio::test]
async fn the_real_smartctl_is_understood_where_there_is_no_drive_to_ask() {
    let without = std::env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let root = tempfile::tempdir().unwrap();
    let inspector = Inspector::new(root.path(), &StateDir::new(root.path()));
    if without.split_ascii_whitespace().any(|tool| tool == "smartctl")
        || inspector.scan().await == Err(Problem::Missing)
    {
        println!("SKIP the real smartctl: there is none on this machine");
        return;
    }
    inspector.scan().await.unwrap();
    let ask = async |name: &str, kind: &str| {
        let output = inspector.run(&["-n", "standby", "-j", "-a", "-d", kind, name]).await.unwrap();
        (output.code, drive(&output.stdout, name))
    };
    let (code, answer) = ask("/dev/no-such-drive", "sat").await;
    assert_eq!(code, Some(2));
    assert!(matches!(&answer, Answer::Refused(reason) if reason.contains("No such device")), "{answer:?}");
    let (code, answer) = ask("/dev/no-such-drive", "no-such-bus").await;
    assert_eq!(code, Some(1));
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    let (code, answer) = ask("/dev/null", "scsi").await;
    assert!(code.is_some_and(|code| code & 2 != 0), "{code:?}");
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
}
