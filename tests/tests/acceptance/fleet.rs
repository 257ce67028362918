//! `dogwatch fleet` shows the machine with exactly the names that other people's scripts rely on.

use std::collections::BTreeSet;

use dogwatch_tests::harness::{Lab, debian::Debian, tool};
use serde_json::{Value, json};

/// Every name that an endpoint's JSON may have. Names below `labels` are people's own.
const NAMES: &str = "
id name org site class criticality tags labels
online last_seen enrolled_at score score_confidence
agent.version agent.policy_version agent.self.rss_bytes agent.self.cpu_percent
os.family os.name os.version os.build os.kernel os.arch
hardware.vendor hardware.model hardware.serial hardware.cpus hardware.memory_bytes
net.hostname net.addresses net.macs
health.cpu.used_percent health.cpu.load1 health.cpu.count
health.memory.used_percent health.memory.total_bytes health.memory.available_bytes health.memory.swap_used_percent
health.disks[].mount health.disks[].fs health.disks[].total_bytes health.disks[].free_bytes
health.disks[].used_percent health.disks[].inodes_free_percent health.disks[].read_only health.disks[].full_in
health.uptime health.boot_at health.clock_offset health.reboot_pending health.temperatures
services[].name services[].state services[].expected
checks[].name checks[].kind checks[].state checks[].detail
patch.source patch.scanned_at patch.result patch.metadata_age
patch.missing.total patch.missing.security patch.missing.critical patch.missing.important
patch.missing.moderate patch.missing.low patch.missing.unspecified
patch.oldest_missing_security
patch.reboot.pending patch.reboot.reasons patch.reboot.since
patch.updates[].id patch.updates[].package patch.updates[].installed patch.updates[].available
patch.updates[].class patch.updates[].severity patch.updates[].cves patch.updates[].kbs
patch.updates[].first_seen_missing patch.updates[].state
backup.scanned_at backup.worst backup.oldest
backup.jobs[].name backup.jobs[].product backup.jobs[].kind backup.jobs[].result
backup.jobs[].last_success backup.jobs[].last_attempt backup.jobs[].age backup.jobs[].rpo
backup.jobs[].rpo_met backup.jobs[].consecutive_failures backup.jobs[].state backup.jobs[].bytes
backup.jobs[].restore_test.at backup.jobs[].restore_test.result backup.jobs[].restore_test.age
security.disk_encrypted security.firewall security.antimalware.product security.antimalware.fresh
security.secure_boot
alerts.open alerts.critical alerts.warning alerts.info
";

/// Names that have come since: rules need them. A name more is a decision; it is written down here.
const NAMES_SINCE: &str = "
state planned_offline health.sampled_at health.disks[].device
patch.error patch.scan_seconds patch.auto_update patch.last_install_at
patch.updates[].origin patch.updates[].missing patch.updates[].missing_for
agent.sources[].name agent.sources[].result agent.sources[].reason agent.sources[].since
agent.events[].kind agent.events[].detail agent.events[].at agent.events[].age
os.kernel_installed os.end_of_life net.domain
patch.last_install_result
patch.updates[].source patch.updates[].title patch.updates[].advisory patch.updates[].size_bytes
patch.updates[].published_at patch.updates[].last_attempt patch.updates[].result_code
patch.updates[].reboot_required patch.updates[].superseded_by
patch.sources[].source patch.sources[].result patch.sources[].error patch.sources[].scanned_at
patch.sources[].known_at patch.sources[].metadata_age patch.sources[].scan_seconds
health.cpu.steal_percent health.cpu.iowait_percent
health.pressure.cpu_some_percent health.pressure.memory_some_percent
health.pressure.memory_full_percent health.pressure.io_some_percent
health.pressure.io_full_percent
health.interfaces[].name health.interfaces[].received_bytes
health.interfaces[].sent_bytes health.interfaces[].errors health.interfaces[].drops
health.battery.charge_percent health.battery.discharging health.battery.health_percent
health.users health.top.by_cpu[].pid health.top.by_cpu[].name
health.top.by_cpu[].cpu_percent health.top.by_cpu[].rss_bytes
health.top.by_memory[].pid health.top.by_memory[].name health.top.by_memory[].cpu_percent
health.top.by_memory[].rss_bytes
drives incidents health.interfaces drives[].device drives[].model drives[].serial drives[].passed
drives[].problems drives[].celsius drives[].wear_percent
drives[].media_errors drives[].power_on_hours
incidents[].kind incidents[].subject incidents[].detail incidents[].at
incidents[].age
services[].enabled checks[].value checks[].certificate_expires_at checks[].certificate_days_left
backup.jobs[].exit_code backup.jobs[].message backup.jobs[].first_seen backup.jobs[].every
backup.jobs[].target backup.jobs[].encrypted backup.jobs[].offsite backup.jobs[].immutable
backup.jobs[].versions_kept backup.jobs[].oldest_version backup.jobs[].next_expected
backup.jobs[].size_anomaly backup.jobs[].problem backup.jobs[].forgotten_at backup.jobs[].schedule backup.jobs[].last_check.at backup.jobs[].last_check.result
backup.jobs[].restore_test.kind backup.jobs[].restore_test.duration backup.jobs[].restore_test.rto_met
backup.jobs[].restore_test.by backup.jobs[].restore_test.evidence
";

/// What every machine that the agent runs on can tell.
const ALWAYS: &str = "
id name org site class criticality online last_seen enrolled_at agent.version os.family os.kernel os.arch
net.hostname health.cpu.used_percent health.cpu.count health.memory.used_percent health.memory.total_bytes
health.uptime health.boot_at health.clock_offset backup.jobs[].name backup.jobs[].result backup.jobs[].state
backup.jobs[].last_success alerts.open
";

#[test]
fn this_machine_is_in_the_fleet_with_exactly_the_names_of_the_contract() {
    let lab = Lab::start();
    let mut agent = lab.enrol("srv-01");
    let with_apt = tool::find("apt-get", "the names of patch status").is_some();
    if with_apt {
        agent.look_for_updates(&Debian::new(&lab.folder().join("debian")));
    }
    agent.start();
    agent.backup_run("nightly", &["true"]).succeeds();
    lab.wait_for_endpoint("srv-01", |endpoint| {
        let told = |part| endpoint.get(part).is_some();
        told("os")
            && told("health")
            && (told("patch") || !with_apt)
            && endpoint["health"]["cpu"].get("used_percent").is_some()
            && endpoint["backup"]["jobs"][0]["result"] == json!("success")
    });

    let answer = lab.admin().json(&["fleet"]);
    let [endpoint] = &answer["endpoints"].as_array().expect("a list of endpoints")[..] else {
        panic!("not exactly one endpoint: {answer:#}");
    };
    assert_eq!(endpoint["name"], json!("srv-01"));
    assert_eq!(endpoint["online"], json!(true));
    assert_eq!(endpoint["os"]["family"], json!("linux"));

    let mut names = BTreeSet::new();
    collect_names("", endpoint, &mut names);
    let contract: BTreeSet<String> =
        NAMES.split_whitespace().chain(NAMES_SINCE.split_whitespace()).map(str::to_owned).collect();
    let strange: Vec<&String> = names.difference(&contract).collect();
    assert!(strange.is_empty(), "not in the contract: {strange:?}");
    let lacking: Vec<&str> = ALWAYS.split_whitespace().filter(|name| !names.contains(*name)).collect();
    assert!(lacking.is_empty(), "every machine tells these: {lacking:?}, of {endpoint:#}");
}

#[test]
fn a_machine_that_has_told_nothing_has_no_facts_and_no_nulls() {
    let lab = Lab::start();
    let _never_started = lab.enrol("srv-02");
    let endpoint = lab.wait_for_endpoint("srv-02", |_| true);
    let mut names = BTreeSet::new();
    collect_names("", &endpoint, &mut names);
    assert_eq!(endpoint["online"], json!(false));
    for group in ["os", "hardware", "net", "health", "services", "patch", "backup", "security", "last_seen"] {
        assert!(endpoint.get(group).is_none(), "{group} was never told: {endpoint:#}");
    }
    assert!(names.contains("enrolled_at"), "{names:?}");
}

/// The names of a JSON document down to its leaves, lists marked with `[]`.
fn collect_names(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Null => panic!("{path} is null; what is not known is absent"),
        Value::Object(members) if path != "labels" => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect_names(&format!("{path}{dot}{name}"), member, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().for_each(|item| collect_names(&format!("{path}[]"), item, into));
        }
        // An empty list of things with names has no names to compare.
        Value::Array(items) if items.is_empty() && NAMES.contains(&format!(" {path}[]")) => {}
        _ => {
            into.insert(path.to_owned());
        }
    }
}
