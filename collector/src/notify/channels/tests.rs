//! Files as people write them, good and bad.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const GOOD: &str = r#"
[smtp]
host = "mail.example.org"
security = "starttls"
user = "dogwatch"
password_file = "smtp-password"
from = "Dogwatch <dogwatch@example.org>"

[[channel]]
id = "noc-chat"
kind = "slack"
url = "https://hooks.example.org/services/T0/B0/secret"

[[channel]]
id = "psa"
kind = "webhook"
org = "acme"
url = "https://psa.example.org/hook"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

[[channel]]
id = "pager"
kind = "pagerduty"
routing_key = "0123456789abcdef0123456789abcdef"

[[channel]]
id = "board"
kind = "email"
to = ["board@example.org"]

[heartbeat]
url = "https://beat.example.org/ping"
every = "1m"

[grouping]
wait = "10s"
"#;

fn read(text: &str) -> Result<Channels, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = Channels::path(folder.path());
    std::fs::write(folder.path().join("smtp-password"), "hunter2hunter2\n").unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Channels::read(&path).map_err(|error| error.to_string())
}

fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    read(&GOOD.replacen(from, to, 1)).map(|_| ()).unwrap_err()
}

#[test]
fn a_whole_file_is_understood_and_none_is_no_channel() {
    let channels = read(GOOD).unwrap();
    assert_eq!(channels.channels.len(), 4);
    assert_eq!(channels.smtp.as_ref().map(|smtp| smtp.port), Some(587));
    assert_eq!(channels.timing.wait, jiff::SignedDuration::from_secs(10));
    assert_eq!(channels.timing.repeat, Timing::default().repeat);
    let missing = Channels::read(Path::new("/nonexistent/notify.toml")).unwrap();
    assert!(missing.channels.is_empty() && missing.smtp.is_none());
}

#[test]
fn no_secret_is_ever_shown() {
    let shown = format!("{:?}", read(GOOD).unwrap());
    for secret in ["hunter2", "MfKQ9r8", "0123456789abcdef", "/services/"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = Channels::path(folder.path());
    std::fs::write(&path, GOOD).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Channels::read(&path).unwrap_err().to_string().contains("chmod 600"));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known() {
    let error = refused("secret = \"whsec", "secert = \"whsec");
    assert!(error.contains("notify.toml:19:") && error.contains("did you mean `secret`"), "{error}");
}

#[test]
fn what_is_wrong_with_a_channel_is_said_at_its_line() {
    let error = refused("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hunter2");
    assert!(
        error.contains("notify.toml:14:") && error.contains("whsec_") && !error.contains("hunter2"),
        "{error}"
    );
    assert!(refused("id = \"psa\"", "id = \"noc-chat\"").contains("two channels `noc-chat`"));
    assert!(refused("id = \"board\"", "id = \"email\"").contains("choose another id"));
    assert!(refused("to = [\"board@example.org\"]", "to = [\"board\"]").contains("no mail address"));
    let error = refused("kind = \"slack\"", "kind = \"slak\"");
    assert!(error.contains("notify.toml:11:8: `kind`") && !error.contains("slak`"), "{error}");
}

#[test]
fn whatever_is_wrong_its_words_are_not_repeated() {
    let secret = "31337424242";
    for (from, to) in [
        ("url = \"https://psa.example.org/hook\"", "url = 31337424242"),
        ("kind = \"slack\"", "kind = \"https://hooks.example.org/31337424242\""),
        ("kind = \"slack\"", "https31337424242 = \"slack\""),
        ("kind = \"slack\"", "secret31337424242 = \"slack\""),
        ("kind = \"slack\"", "kind = 31337424242 31337424242"),
        ("kind = \"slack\"", "kind = \"slack\"\nkind = \"31337424242\""),
        ("id = \"psa\"", "id = \"Psa31337424242\""),
        ("org = \"acme\"", "org = \"Acme 31337424242\""),
        ("to = [\"board@example.org\"]", "to = [\"31337424242\"]"),
        ("to = [\"board@example.org\"]", "to = [\n  \"secret=x\", 31337424242]"),
        ("password_file = \"smtp-password\"", "password_file = \"31337424242\""),
        ("password_file = \"smtp-password\"", "password_env = \"V31337424242\""),
        ("from = \"Dogwatch <dogwatch@example.org>\"", "from = \"31337424242\""),
        ("host = \"mail.example.org\"", "host = \"mail.example.org\"\nca_file = \"31337424242\""),
        ("url = \"https://beat.example.org/ping\"", "url = \"31337424242://beat\""),
        ("every = \"1m\"", "every = \"31337424242 moons\""),
        ("wait = \"10s\"", "wait = 31337424242"),
        ("wait = \"10s\"", "[templates]\nchat_text = \"{{ x31337424242 }}\""),
        ("wait = \"10s\"", "[retry]\nfirst = \"31337424242h\"\nmost = \"1s\""),
    ] {
        let error = refused(from, to);
        assert!(error.contains("notify.toml") && !error.contains(secret), "{to}: {error}");
    }
    let error = refused("url = \"https://psa.example.org/hook\"", "url = 31337424242");
    assert!(error.contains("notify.toml:18:7: `url`: not what this key takes"), "{error}");
}

#[test]
fn plain_http_private_addresses_and_unsecured_mail_are_refused_by_default() {
    let url = "https://hooks.example.org/services/T0/B0/secret";
    assert!(refused(url, "http://hooks.example.org/x").contains("https://"));
    for inside in [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://10.1.2.3:8443/x",
    ] {
        let error = refused(url, inside);
        assert!(error.contains("not a public address") && error.contains("allow_private"), "{error}");
    }
    assert!(refused(url, "https://user:pass@hooks.example.org/x").contains("user"));
    assert!(refused("security = \"starttls\"", "security = \"none\"").contains("localhost"));
}

#[test]
fn mail_without_a_server_and_templates_that_fail_are_refused() {
    let without = GOOD.replacen("[smtp]", "[unknown]", 1);
    assert!(read(&without).unwrap_err().contains("unknown"));
    let (_, rest) = GOOD.split_once("[[channel]]").unwrap();
    let error = read(&format!("[[channel]]{rest}")).map(|_| ()).unwrap_err();
    assert!(error.contains("`board`") && error.contains("[smtp]"), "{error}");
    let error =
        read(&format!("{GOOD}\n[templates]\nchat_text = \"{{{{ nothing }}}}\"\n")).map(|_| ()).unwrap_err();
    assert!(error.contains("chat_text"), "{error}");
}

#[test]
fn the_example_is_valid() {
    let channels = read(include_str!("../../../notify.example.toml")).unwrap();
    assert_eq!(channels.channels.len(), 5);
    assert!(channels.heartbeat.is_some());
    assert_eq!((channels.timing, channels.backoff), (Timing::default(), Backoff::default()));
}
