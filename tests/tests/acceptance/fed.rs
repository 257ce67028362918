//! Other tools feed the queue: a real Alertmanager over TLS, and the vendor's own client of the Events API.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dogwatch_tests::harness::{
    Lab, ORG, PATIENCE, port,
    program::{Finished, Running},
    tool, wait,
};
use serde_json::{Value, json};

/// Debian's Python: the one for which `tests/run.sh` fetches libraries.
const PYTHON: &str = "/usr/bin/python3";

/// A token for a program that feeds the queue and may do nothing else.
fn feeder(lab: &Lab, name: &str) -> String {
    let order = json!({ "person": name, "side": "msp", "org": ORG, "verbs": ["intake"] });
    lab.token_of(&order)
}

/// A real Alertmanager that tells the lab's collector.
struct Alertmanager {
    url: String,
    _running: Running,
}

impl Alertmanager {
    #[track_caller]
    fn start(lab: &Lab, program: &Path) -> Self {
        let folder = lab.folder().join("alertmanager");
        fs::create_dir_all(&folder).expect("a lab's folder can be written");
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).expect("a lab's folder can be written");
            path.display().to_string()
        };
        let token = write("token", feeder(lab, "alertmanager"));
        let root = lab.collector().path("authority/root.crt").display().to_string();
        let address = lab.collector().people_address();
        let config = write(
            "alertmanager.yml",
            format!(
                "route:\n  receiver: dogwatch\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 1s\n  repeat_interval: 1h\n\
                 receivers:\n- name: dogwatch\n  webhook_configs:\n  - url: https://{address}/api/v1/intake/alertmanager?repeat=1h\n    \
                 http_config:\n      authorization: {{ credentials_file: {token} }}\n      tls_config: {{ ca_file: {root} }}\n"
            ),
        );
        let port = port::free();
        let running = Running::start(
            Command::new(program)
                .arg(format!("--config.file={config}"))
                .arg(format!("--storage.path={}", folder.join("data").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--cluster.listen-address="),
            &folder.join("alertmanager.log"),
        );
        let alertmanager = Self { url: format!("http://127.0.0.1:{port}"), _running: running };
        wait::wait_for(
            "Alertmanager",
            PATIENCE,
            || alertmanager.amtool(&["config", "show"]).code,
            |code| *code == Some(0),
        );
        alertmanager
    }

    fn amtool(&self, arguments: &[&str]) -> Finished {
        Finished::of(Command::new("amtool").arg(format!("--alertmanager.url={}", self.url)).args(arguments))
    }

    /// An alert as Prometheus would send it.
    #[track_caller]
    fn alert(&self, labels: &[&str], more: &[&str]) {
        self.amtool(&[&["alert", "add"], labels, more].concat()).succeeds();
    }
}

fn items(lab: &Lab, rule: &str) -> Vec<Value> {
    let mut items = lab.alerts(rule);
    items.sort_by_key(|item| item["title"].to_string());
    items
}

#[test]
fn a_real_alertmanager_feeds_its_alerts_into_the_queue_and_ends_them() {
    let Some(program) = tool::find("prometheus-alertmanager", "a real Alertmanager") else { return };
    let lab = Lab::start();
    let _machine = lab.online("srv-01");
    let alertmanager = Alertmanager::start(&lab, &program);
    let disk = ["alertname=DiskFull", "instance=srv-01:9100", "severity=critical"];
    let site = ["alertname=DiskFull", "instance=elsewhere:9100", "severity=warning"];
    alertmanager.alert(&disk, &["--annotation=summary=/ is <b>full</b>"]);
    alertmanager.alert(&site, &["--annotation=summary=x is full"]);
    let both = wait::wait_for(
        "two items",
        PATIENCE,
        || items(&lab, "intake-alertmanager"),
        |items| items.len() == 2,
    );
    assert_eq!(
        (&both[0]["endpoint_name"], &both[0]["title"]),
        (&json!("srv-01"), &json!("/ is <b>full</b>"))
    );
    assert_eq!((&both[0]["severity"], &both[0]["told_every"]), (&json!("critical"), &json!("PT1H")));
    assert!(both[0]["owner"]["team"].is_string(), "the matrix routes it: {both:#?}");
    assert_eq!((both[1].get("endpoint"), &both[1]["severity"]), (None, &json!("warning")));
    let number = both[1]["number"].to_string();
    lab.admin().run(&["alert", "claim", &number]).succeeds();

    alertmanager.alert(&disk, &["--end=2020-01-01T00:00:00Z"]);
    alertmanager.alert(&site, &["--end=2020-01-01T00:00:00Z"]);
    let both = wait::wait_for(
        "their ends",
        PATIENCE,
        || items(&lab, "intake-alertmanager"),
        |items| items.iter().all(|item| item["condition"] == json!("cleared")),
    );
    assert_eq!(both[0]["work"], json!("done"), "nobody had touched it");
    assert_eq!(both[1]["work"], json!("claimed"), "somebody has it");
    assert!(items(&lab, "intake-trouble").is_empty(), "every message was taken whole");
}

#[test]
fn the_vendors_own_client_triggers_acknowledges_and_resolves() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tests/python");
    if tool::find("python3", "the vendor's client").is_none() || !library.join("pagerduty").is_dir() {
        return;
    }
    let lab = Lab::start();
    let _machine = lab.online("srv-01");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/fed/sender.py");
    let address = format!("https://{}/api/v1/intake/events", lab.collector().people_address());
    let key = feeder(&lab, "raid-watch");
    let send = |action: &str| {
        let mut sender = Command::new(PYTHON);
        sender.arg(&script).args([&address, action]).env("ROUTING_KEY", &key).env("PYTHONPATH", &library);
        sender.env("SSL_CERT_FILE", lab.collector().path("authority/root.crt"));
        let sent = Finished::of(&mut sender).succeeds();
        assert_eq!(sent.stdout.trim(), "raid-md0", "{sent:#?}");
    };
    send("trigger");
    let item = lab.wait_for_alert("intake-events", PATIENCE, |_| true);
    assert_eq!((&item["endpoint_name"], &item["title"]), (&json!("srv-01"), &json!("RAID degraded")));
    send("acknowledge");
    lab.wait_for_alert("intake-events", PATIENCE, |item| item["acknowledged_by"]["person"] == "raid-watch");
    send("resolve");
    lab.wait_for_alert("intake-events", PATIENCE, |item| item["work"] == json!("done"));
    let item = lab.item(item["number"].as_u64().expect("a number")).expect("an item");
    assert!(!item.to_string().contains(&key), "no item holds a key");
}
