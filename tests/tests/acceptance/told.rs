//! Telling people, against programs that others wrote: a mail server, the webhook standard's library, schemas.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dogwatch_tests::harness::{
    Lab, PATIENCE, port,
    program::{Finished, Running},
    settings::Settings,
    tool, wait,
};
use serde_json::{Value, json};

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home & Söhne"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"
CHANNELS

[[tool]]
id = "rmm"
function = "agent"
owner = "msp-noc"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

/// An alert that stands as long as its machine is there.
const RULE: &str = "[rules.lab]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"it is <b>here</b>\"\ncritical = { when = \"online\" }\n";

const GROUPING: &str = "[grouping]\nwait = \"0s\"\ninterval = \"200ms\"\nurgent = \"0s\"\n\n";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";

/// Debian's Python: the one whose packages `tests/run.sh` installs.
const PYTHON: &str = "/usr/bin/python3";

/// A lab whose team is reached by these keys of the matrix, with this `notify.toml`.
fn lab(channels: &str, notify: &str) -> Lab {
    lab_with(channels, notify, &[])
}

/// The same with more files beside it.
fn lab_with(channels: &str, notify: &str, beside: &[(&str, String)]) -> Lab {
    let lab = Lab::with(&Settings { rules: RULE.to_owned(), ..Settings::default() });
    beside.iter().for_each(|(name, content)| lab.collector().write(name, content));
    lab.matrix(&MATRIX.replace("CHANNELS", channels));
    lab.channels(notify);
    lab
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/told").join(name)
}

/// A receiver that runs until it is dropped.
fn receiver(lab: &Lab, arguments: &[&str]) -> Running {
    let log = lab.folder().join(format!("receiver-{}.log", arguments[1]));
    let running = Running::start(Command::new(PYTHON).arg(script("receiver.py")).args(arguments), &log);
    let text = || fs::read_to_string(&log).unwrap_or_default();
    wait::wait_for("the receiver", PATIENCE, text, |text| text.contains("ready"));
    running
}

fn kept(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The entries about telling in the timeline of the lab's alert.
fn told(lab: &Lab, number: &Value) -> Vec<Value> {
    let shown = lab.collector().api().get(&format!("/api/v1/alerts/{number}")).expect("the alert");
    let timeline = shown["timeline"].as_array().cloned().unwrap_or_default();
    timeline
        .into_iter()
        .filter(|event| event["event"].as_str().is_some_and(|kind| kind.contains("notified")))
        .collect()
}

fn mail_arrives(mode: &str) {
    if tool::find("aiosmtpd", &format!("mail by {mode}")).is_none() {
        return;
    }
    let port = port::free().to_string();
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    let notify = format!(
        "{GROUPING}[smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"{mode}\"\nca_file = \"mail.pem\"\n\
         from = \"Dogwatch <watch@msp.example>\"\n"
    );
    let beside = [("mail.pem", certificate.pem()), ("mail.key", key.serialize_pem())];
    let lab = lab_with("email = \"noc@msp.example\"", &notify, &beside);
    let out = lab.folder().join("mails");
    let path = |name: &str| lab.collector().path(name).display().to_string();
    let _server = receiver(
        &lab,
        &["smtp", &port, mode, &path("mail.pem"), &path("mail.key"), &out.display().to_string()],
    );
    let _agent = lab.online("srv-01");
    let alert = lab.wait_for_alert("lab", PATIENCE, |alert| alert["condition"] == json!("firing"));
    let number = alert["number"].clone();
    let told = wait::wait_for("the last word", PATIENCE, || told(&lab, &number), |told| !told.is_empty());
    assert_eq!(told[0]["result"], json!("delivered"), "{told:?}");
    assert_eq!(told[0]["channel"], json!("email"));
    let mails = kept(&out);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!((&mails[0]["tls"], &mails[0]["to"]), (&json!(true), &json!(["noc@msp.example"])));
    let mail = mails[0]["mail"].as_str().expect("a mail");
    let key = told[0]["key"].as_str().expect("a key");
    assert!(mail.contains(&format!("Message-ID: <{key}@msp.example>")), "{mail}");
    assert!(mail.contains(&format!("References: <alert-home-{number}@msp.example>")), "{mail}");
    assert!(mail.contains("Auto-Submitted: auto-generated"), "{mail}");
    assert!(mail.contains("&lt;b&gt;here"), "what a rule says is no markup: {mail}");
}

#[test]
fn mail_goes_to_a_real_server_by_starttls() {
    mail_arrives("starttls");
}

#[test]
fn mail_goes_to_a_real_server_by_implicit_tls() {
    mail_arrives("implicit");
}

#[test]
fn webhooks_verify_elsewhere_and_chats_and_pagers_get_what_their_schemas_say() {
    if tool::find("jsonschema", "webhooks, chats and pagers").is_none() {
        return;
    }
    let port = port::free().to_string();
    let channel = |kind: &str, more: &str| {
        format!(
            "[[channel]]\nid = \"{kind}\"\nkind = \"{kind}\"\nurl = \"http://127.0.0.1:{port}/{kind}\"\nallow_private = true\n{more}\n\n"
        )
    };
    let notify = [
        GROUPING.to_owned(),
        channel("webhook", &format!("secret = \"{SECRET}\"")),
        channel("slack", ""),
        channel("teams", ""),
        channel("pagerduty", &format!("routing_key = \"{ROUTING_KEY}\"")),
    ]
    .concat();
    let lab = lab("channels = [\"webhook\", \"slack\", \"teams\", \"pagerduty\"]", &notify);
    let out = lab.folder().join("posts");
    let _server = receiver(&lab, &["http", &port, &out.display().to_string()]);
    let _agent = lab.online("srv-01");
    let alert = lab.wait_for_alert("lab", PATIENCE, |alert| alert["condition"] == json!("firing"));
    let number = alert["number"].clone();
    wait::wait_for("four last words", PATIENCE, || told(&lab, &number), |told| told.len() == 4);
    let number_text = number.to_string();
    lab.admin().run(&["alert", "claim", &number_text]).succeeds();
    let posts =
        |kind: &str| kept(&out).into_iter().filter(|post| post["path"] == json!(format!("/{kind}"))).count();
    wait::wait_for("an acknowledgement", PATIENCE, || posts("pagerduty"), |posts| *posts == 2);
    lab.admin().run(&["alert", "close", &number_text, "mended"]).succeeds();
    wait::wait_for("an end", PATIENCE, || (posts("pagerduty"), posts("webhook")), |posts| *posts == (3, 3));

    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tests/python");
    let mut judge = Command::new(PYTHON);
    judge.arg(script("judge.py")).arg(&out).arg(SECRET).arg(script("")).env("PYTHONPATH", &library);
    let judged = Finished::of(&mut judge).succeeds().json();
    let key = format!("dogwatch/home/{number}");
    assert_eq!(judged["pagerduty"], json!([["trigger", key], ["acknowledge", key], ["resolve", key]]));
    assert_eq!((&judged["teams"], &judged["slack"], &judged["webhook"]), (&json!(1), &json!(1), &json!(3)));
    // `tests/run.sh` fetches the library where it may; the text of the standard was checked in any case.
    let has_library = library.join("standardwebhooks").is_dir();
    assert_eq!(judged["library"], json!(if has_library { "verified" } else { "absent" }));
}

#[test]
fn the_heartbeat_beats_while_the_watch_is_awake_and_a_bad_file_changes_nothing() {
    let port = port::free().to_string();
    let notify = format!(
        "[heartbeat]\nurl = \"http://127.0.0.1:{port}/beat\"\nevery = \"1s\"\nallow_private = true\n"
    );
    let lab = lab("", &notify);
    let out = lab.folder().join("beats");
    let _server = receiver(&lab, &["http", &port, &out.display().to_string()]);
    wait::wait_for("two beats", PATIENCE, || kept(&out).len(), |beats| *beats >= 2);
    lab.collector().write("notify.toml", &notify.replace("every", "evry"));
    let log = || lab.collector().log_text();
    wait::wait_for("the refusal", PATIENCE, log, |log| {
        log.contains("notify.toml:3:1") && log.contains("did you mean `every`")
    });
    let before = kept(&out).len();
    wait::wait_for("another beat", PATIENCE, || kept(&out).len(), |beats| *beats > before);
}
