//! Answers of smartctl, real ones where it is installed.
//!
//! What real drives said is in `recorded/`, its origin noted there. The short documents here are written after it, with
//! one thing changed at a time; the bits are those of smartctl(8).

#[cfg(unix)]
mod flow;

use super::{smartctl::drive, *};

fn document(exit: u32, rest: &str) -> String {
    format!(
        r#"{{"json_format_version":[1,0],"smartctl":{{"version":[7,3],"argv":["smartctl"],"exit_status":{exit}}}{rest}}}"#
    )
}

fn told(text: &str) -> Drive {
    match drive(text, "/dev/sda") {
        Answer::Told(drive) => *drive,
        other => panic!("{other:?}"),
    }
}

const SATA: &str = r#","device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_name":"ST4000NM0035-1V4107",
"serial_number":"ZC1AAAAA","rotation_rate":7200,"smart_status":{"passed":true},
"ata_smart_attributes":{"revision":10,"table":[
{"id":5,"name":"Reallocated_Sector_Ct","value":100,"worst":100,"thresh":10,"when_failed":"","raw":{"value":0,"string":"0"}},
{"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,"when_failed":"","raw":{"value":0,"string":"0"}},
{"id":198,"name":"Offline_Uncorrectable","value":100,"worst":100,"thresh":0,"when_failed":"","raw":{"value":0,"string":"0"}}]},
"power_on_time":{"hours":20718},"power_cycle_count":30,"temperature":{"current":33}"#;

#[test]
fn a_healthy_sata_disk_has_no_problems() {
    let expected = Drive {
        device: "/dev/sda".into(),
        model: Some("ST4000NM0035-1V4107".into()),
        serial: Some("ZC1AAAAA".into()),
        passed: Some(true),
        problems: vec![],
        celsius: Some(33.0),
        wear_percent: None,
        media_errors: Some(0),
        power_on_hours: Some(20_718),
    };
    assert_eq!(told(&document(0, SATA)), expected);
}

#[test]
fn a_failing_disk_says_so_in_words() {
    let failing = SATA
        .replace(r#""passed":true"#, r#""passed":false"#)
        .replace(r#""id":5,"name":"Reallocated_Sector_Ct","value":100,"worst":100,"thresh":10,"when_failed":"","raw":{"value":0"#, r#""id":5,"name":"Reallocated_Sector_Ct","value":3,"worst":3,"thresh":10,"when_failed":"now","raw":{"value":3920"#)
        .replace(r#""id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,"when_failed":"","raw":{"value":0"#, r#""id":197,"name":"Current_Pending_Sector","value":90,"worst":90,"thresh":0,"when_failed":"","raw":{"value":16"#);
    let drive = told(&document(0b1101_1000, &failing));
    assert_eq!((drive.passed, drive.media_errors), (Some(false), Some(3920)));
    let expected = [
        "the drive says that it is failing",
        "an attribute that foretells failure is at its threshold",
        "the drive's error log has entries",
        "a self-test found errors",
        "sectors that cannot be read now: 16",
    ];
    assert_eq!(drive.problems, expected);
}

#[test]
fn every_bit_that_speaks_of_the_drive_has_its_words() {
    for bit in 0..8_u32 {
        let problems = told(&document(1 << bit, SATA)).problems;
        assert_eq!(problems.len(), usize::from(bit >= 2), "bit {bit}: {problems:?}");
    }
}

#[test]
fn solid_state_disks_tell_their_wear() {
    let attribute = r#","model_name":"S","rotation_rate":0,"ata_smart_attributes":{"table":[
        {"id":177,"name":"Wear_Leveling_Count","value":93,"raw":{"value":120}}]}"#;
    assert_eq!(told(&document(0, attribute)).wear_percent, Some(7.0));
    let turning = attribute.replace(r#""rotation_rate":0"#, r#""rotation_rate":7200"#);
    assert_eq!(told(&document(0, &turning)).wear_percent, None);
    let told_by_7_4 = r#","model_name":"S","rotation_rate":0,"endurance_used":{"current_percent":12}"#;
    assert_eq!(told(&document(0, told_by_7_4)).wear_percent, Some(12.0));
}

const NVME: &str = r#","device":{"name":"/dev/nvme0","type":"nvme","protocol":"NVMe"},"model_name":"Example SSD 1TB",
"serial_number":"S4EV","smart_status":{"passed":true,"nvme":{"value":0}},"nvme_smart_health_information_log":{
"critical_warning":0,"temperature":41,"available_spare":100,"available_spare_threshold":10,"percentage_used":3,
"media_errors":0,"num_err_log_entries":22,"power_on_hours":3149,"unsafe_shutdowns":12},
"temperature":{"current":41},"power_on_time":{"hours":3149}"#;

#[test]
fn nvme_tells_wear_spare_and_media_errors() {
    let drive = told(&document(0, NVME));
    assert_eq!(
        (drive.wear_percent, drive.media_errors, drive.power_on_hours),
        (Some(3.0), Some(0), Some(3149))
    );
    assert!(drive.problems.is_empty());
    let worn = NVME
        .replace(r#""available_spare":100"#, r#""available_spare":4"#)
        .replace(r#""percentage_used":3"#, r#""percentage_used":134"#)
        .replace(r#""critical_warning":0"#, r#""critical_warning":9"#)
        .replace(r#""media_errors":0"#, r#""media_errors":17"#);
    let drive = told(&document(0b1000, &worn));
    assert_eq!((drive.wear_percent, drive.media_errors), (Some(134.0), Some(17)));
    let expected =
        ["the drive says that it is failing", "spare blocks are nearly used up", "the drive is read-only"];
    assert_eq!(drive.problems, expected);
}

#[test]
fn a_sas_disk_behind_a_raid_controller_has_a_name_of_its_own() {
    let scanned = include_str!("recorded/smartctl-7.1-scan-megaraid.json");
    let labels: Vec<String> = smartctl::scan(scanned).unwrap().iter().map(Found::label).collect();
    assert_eq!(labels, ["/dev/bus/0 [megaraid,0]", "/dev/bus/0 [megaraid,1]"]);
    let sas = r#","device":{"name":"/dev/bus/0","type":"megaraid,0","protocol":"SCSI"},"scsi_vendor":"EXAMPLE",
        "scsi_product":"AL15SEB24","scsi_model_name":"EXAMPLE AL15SEB24","serial_number":"X1","rotation_rate":10000,
        "smart_status":{"passed":true},"scsi_grown_defect_list":5,"scsi_error_counter_log":{
        "read":{"total_uncorrected_errors":2},"write":{"total_uncorrected_errors":1},"verify":{"total_uncorrected_errors":0}},
        "power_on_time":{"hours":12437,"minutes":29},"temperature":{"current":32,"drive_trip":65}"#;
    let drive = told(&document(0, sas));
    assert_eq!((drive.model.as_deref(), drive.media_errors), (Some("EXAMPLE AL15SEB24"), Some(5)));
    assert_eq!(drive.problems, ["errors that could not be corrected: 3"]);
}

#[test]
fn what_was_not_asked_is_not_judged() {
    let failed = |exit: u32, message: &str| {
        format!(
            r#"{{"smartctl":{{"messages":[{{"string":"{message}","severity":"error"}}],"exit_status":{exit}}},"device":{{"name":"/dev/sda"}}}}"#
        )
    };
    let usb = "/dev/sdb: Unknown USB bridge [0x1234:0x5678 (0x100)]";
    assert_eq!(drive(&failed(1, usb), "/dev/sda"), Answer::Refused(usb.into()));
    let asleep = failed(2, "Device is in STANDBY mode, exit(2)").replace("error\"", "information\"");
    assert_eq!(drive(&asleep, "/dev/sda"), Answer::Asleep);
    assert!(matches!(drive("", "/dev/sda"), Answer::Refused(_)));
    assert!(matches!(drive(r#"{"smartctl":[]}"#, "/dev/sda"), Answer::Refused(_)));
}

/// What a recorded drive comes to, in one line.
fn gist(text: &str) -> String {
    let drive = told(text);
    format!(
        "{:?} celsius {:?} wear {:?} errors {:?} hours {:?}: {}",
        drive.passed,
        drive.celsius,
        drive.wear_percent,
        drive.media_errors,
        drive.power_on_hours,
        drive.problems.join("; ")
    )
}

#[test]
fn recorded_disks_that_fail_are_told_to() {
    assert_eq!(
        gist(include_str!("recorded/smartctl-7.1-ata-failing-behind-usb.json")),
        "Some(false) celsius Some(25.0) wear None errors Some(1975) hours Some(65592): the drive says that it is failing; \
         an attribute that foretells failure is at its threshold; the drive's error log has entries; a self-test found \
         errors; sectors that cannot be read now: 8"
    );
    assert_eq!(
        gist(include_str!("recorded/smartctl-7.3-nvme-backup-failed.json")),
        "Some(false) celsius Some(40.0) wear Some(0.0) errors Some(0) hours Some(18376): the drive says that it is \
         failing; the backup of its volatile memory failed"
    );
    assert_eq!(
        gist(include_str!("recorded/smartctl-7.4-scsi-defects.json")),
        "Some(true) celsius Some(33.0) wear None errors Some(260) hours Some(102880): errors that could not be \
         corrected: 536"
    );
}

#[test]
fn makers_count_wear_in_many_ways() {
    let wear = |text: &str| told(text).wear_percent;
    assert_eq!(wear(include_str!("recorded/smartctl-7.3-ata-ssd-intel-worn.json")), Some(85.0));
    assert_eq!(wear(include_str!("recorded/smartctl-7.1-ata-ssd-dell.json")), Some(0.0));
    let silicon_motion = include_str!("recorded/smartctl-7.3-ata-ssd-silicon-motion.json");
    assert_eq!(wear(silicon_motion), Some(4.0), "the value stays at 100, the raw number counts");
    assert_eq!(wear(include_str!("recorded/smartctl-7.3-ata-ssd-kingston.json")), Some(26.0));
    assert_eq!(wear(include_str!("recorded/smartctl-7.3-scsi-ssd-without-model.json")), Some(11.0));
}

#[test]
fn a_number_that_other_makers_count_bad_sectors_by_is_none() {
    let kingston = include_str!("recorded/smartctl-7.3-ata-ssd-kingston.json");
    let other = kingston
        .replace(r#""raw": {"string": "0", "value": 0}"#, r#""raw": {"string": "7", "value": 7}"#)
        .replace(
            r#"{"id": 231"#,
            r#"{"id": 198, "name": "Host_Reads_GiB", "value": 100, "raw": {"value": 52311}}, {"id": 231"#,
        );
    assert_ne!(kingston, other);
    assert_eq!(told(&other).problems, [""; 0]);
}

#[test]
fn a_volume_of_a_raid_controller_has_nothing_to_tell_and_no_problem() {
    assert_eq!(
        gist(include_str!("recorded/smartctl-7.3-raid-volume.json")),
        "None celsius None wear None errors None hours None: "
    );
}

#[test]
fn recorded_refusals_say_why() {
    let usb = include_str!("recorded/smartctl-7.5-unknown-usb-bridge.json");
    let expected = "/dev/sdb: Unknown USB bridge [0x048d:0x1234 (0x200)]";
    assert_eq!(drive(usb, "/dev/sdb"), Answer::Refused(expected.into()));
    let windows = include_str!("recorded/smartctl-7.0-windows-not-opened.json");
    assert!(
        matches!(drive(windows, "/dev/sda"), Answer::Refused(reason) if reason.ends_with("Open failed, Error=5"))
    );
}
