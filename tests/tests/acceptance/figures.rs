//! The collector's own figures, read by a strict reader of OpenMetrics that others wrote.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use dogwatch_tests::harness::{Lab, PATIENCE, settings::Settings, tool, wait};
use serde_json::{Value, json};

/// An alert that stands as long as its machine is there.
const RULE: &str = "[rules.lab]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"it is here\"\ncritical = { when = \"online\" }\n";

/// Every sample, as the reader understood it.
#[track_caller]
fn read(library: &Path, exposition: &str) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/figures/judge.py");
    let mut reader = Command::new("/usr/bin/python3")
        .arg(script)
        .env("PYTHONPATH", library)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    reader.stdin.take().expect("a pipe").write_all(exposition.as_bytes()).expect("it reads");
    let read = reader.wait_with_output().expect("it ends");
    assert!(read.status.success(), "not OpenMetrics:\n{exposition}");
    serde_json::from_slice(&read.stdout).expect("samples")
}

/// The sum of the samples of a name that have these labels.
fn sum(samples: &[Value], name: &str, labels: &Value) -> f64 {
    let fits = |sample: &&Value| {
        let wanted = labels.as_object().into_iter().flatten();
        sample[0] == name && wanted.into_iter().all(|(label, value)| sample[1][label] == *value)
    };
    samples.iter().filter(fits).filter_map(|sample| sample[2].as_f64()).sum()
}

#[test]
fn a_strict_reader_finds_every_figure_and_nobodys_name() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tests/python");
    if tool::find("python3", "figures").is_none() || !library.join("prometheus_client").is_dir() {
        return;
    }
    let lab = Lab::with(&Settings { rules: RULE.to_owned(), ..Settings::default() });
    let _machine = lab.online("canary-machine");
    lab.wait_for_alert("lab", PATIENCE, |alert| alert["condition"] == json!("firing"));
    let api = lab.collector().api();
    let samples = wait::wait_for(
        "reports to be counted",
        PATIENCE,
        || read(&library, &api.text("/metrics").expect("figures")),
        |samples| sum(samples, "dogwatch_reports_total", &json!({ "what": "taken" })) > 0.0,
    );
    let is = |name: &str, labels: Value| sum(&samples, name, &labels);
    assert_eq!(is("dogwatch_build_info", json!({ "version": env!("CARGO_PKG_VERSION") })), 1.0);
    assert_eq!(is("dogwatch_endpoints", json!({ "state": "active", "online": "true" })), 1.0);
    assert!(is("dogwatch_alerts_open", json!({ "work": "unclaimed" })) >= 1.0);
    assert!(is("dogwatch_commit_seconds_count", json!({})) > 0.0);
    assert!(is("dogwatch_rows_written_total", json!({ "what": "alerts" })) >= 1.0);
    let fleet = json!({ "route": "/api/v1/fleet", "class": "2xx", "method": "GET" });
    assert!(is("dogwatch_http_requests_total", fleet) >= 1.0);
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"] {
        assert!(is(name, json!({})) > 0.0, "{name}");
    }
    assert!(samples.len() < 1_000, "so many figures whatever the fleet's size: {}", samples.len());
    let exposition = api.text("/metrics").expect("figures");
    for name in ["canary-machine", "home", "main", "ann"] {
        assert!(!exposition.split(['"', ' ', '\n']).any(|word| word == name), "{name} is nobody's business");
    }
}

#[test]
fn totals_over_every_org_are_for_who_sees_every_org() {
    let lab = Lab::start();
    let internal = lab.api_of("omar", "internal", "internal-it");
    let refused = internal.text("/metrics").expect_err("one org is not all");
    assert!(refused.to_string().contains("403"), "{refused}");
    let scraper = lab.person_token("prometheus", "viewer");
    let mut api = lab.collector().api().clone();
    api.sign_in(&scraper);
    assert!(api.text("/metrics").is_ok_and(|text| text.ends_with("# EOF\n")));
}
