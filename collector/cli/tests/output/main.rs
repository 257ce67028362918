//! All that the program prints, as people and scripts get it: the real program against a collector that answers from a
//! recording, in every format. What changes in it is seen in review as a changed snapshot.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod collector;

use std::{
    path::Path,
    process::{Command, Output},
    sync::OnceLock,
};

use collector::Recorded;

/// One collector for all tests of this process.
fn recorded() -> &'static Recorded {
    static RECORDED: OnceLock<Recorded> = OnceLock::new();
    RECORDED.get_or_init(Recorded::serve)
}

fn dogwatch(config: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/output"))
        .env_clear()
        .env("DOGWATCH_CONFIG_DIR", config)
        .env("TZ", "UTC")
        .output()
        .unwrap()
}

/// What was typed, what came out, and how it ended.
fn told(config: &Path, args: &[&str]) -> String {
    let output = dogwatch(config, args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace('\r', "␍");
    let typed: Vec<String> = args
        .iter()
        .map(|arg| if arg.contains([' ', '"']) { format!("'{arg}'") } else { (*arg).to_owned() })
        .collect();
    let mut told = format!("$ dogwatch {}\n{}", typed.join(" "), text(output.stdout));
    let errors = text(output.stderr);
    if !errors.is_empty() {
        told += &format!("--- told beside it\n{errors}");
    }
    match output.status.code() {
        Some(0) => {}
        code => told += &format!("--- exit code {code:?}\n"),
    }
    told.replace(&recorded().url, "https://collector.example:7443") + "\n"
}

const FORMATS: [&str; 6] = ["table", "wide", "json", "yaml", "csv", "name"];

/// Every format of one command in one snapshot.
fn in_every_format(name: &str, args: &[&str]) {
    let config = recorded().logged_in();
    let all = FORMATS.map(|format| told(config.path(), &[args, &["-o", format]].concat()));
    insta::assert_snapshot!(name, all.concat());
}

macro_rules! shown {
    ($($name:ident: $($arg:literal)+;)+) => {
        $(
            #[test]
            fn $name() {
                in_every_format(stringify!($name), &[$($arg),+]);
            }
        )+
    };
}

shown! {
    whoami: "whoami";
    fleet: "fleet";
    fleet_columns: "fleet" "--columns" "name,health.disks[].mount,last_seen";
    endpoint_show: "endpoint" "show" "srv-01";
    endpoint_software: "endpoint" "software" "srv-01";
    endpoint_tag: "endpoint" "tag" "srv-01" "prod" "rack=B12";
    endpoint_set: "endpoint" "set" "srv-01" "--criticality" "high";
    endpoint_move: "endpoint" "move" "srv-01" "ottawa";
    endpoint_approve: "endpoint" "approve" "srv-01";
    endpoint_retire: "endpoint" "retire" "srv-01";
    queue: "queue";
    alert_show: "alert" "show" "1042";
    alert_claim: "alert" "claim" "1042";
    who_offline: "who" "backup" "--file" "acme.toml" "--at" "2026-11-22T12:00:00Z";
    ownership_show: "ownership" "show";
    ownership_history: "ownership" "history";
    ownership_lint: "ownership" "lint" "acme.toml";
    window_list: "window" "list";
    window_end: "window" "end" "w1";
    join_token_list: "join-token" "list";
    join_token_revoke: "join-token" "revoke" "jt-1";
    token_list: "token" "list";
    token_revoke: "token" "revoke" "t-1";
    rules_list: "rules" "list";
    rules_test: "rules" "test" "--endpoint" "srv-01";
    rules_check: "rules" "check" "rules.toml";
    report_patch: "report" "patch";
    report_backup: "report" "backup";
    report_review: "report" "review";
    context_list: "context" "list";
    context_show: "context" "show";
}

/// Whatever is typed without a collector, without a login, or wrongly, ends with its code and a line or two.
#[test]
fn faults() {
    let (empty, config) = (tempfile::tempdir().unwrap(), recorded().logged_in());
    let away = recorded().logged_in_at("https://127.0.0.1:1");
    let mut all = String::new();
    for args in [&["fleet"][..], &["queue"], &["whoami"], &["context", "show"], &["context", "use", "acme"]] {
        all += &told(empty.path(), args);
    }
    for args in [
        &["fleet"][..],
        &["queue"],
        &["alert", "show", "7"],
        &["report", "patch"],
        &["token", "list"],
        &["window", "list"],
        &["rules", "list"],
        &["ownership", "show"],
    ] {
        all += &told(away.path(), args);
    }
    for args in [
        &["endpoint", "show", "srv-99"][..],
        &["fleet", "--columns", "health.disk"],
        &["--context", "labb", "fleet"],
        &["context", "rename", "lab", "../x"],
        &["endpoint", "set", "srv-01"],
        &["endpoint", "tag", "srv-01"],
        &["alert", "show", "x"],
        &["report", "month", "--month", "november"],
        &["rules", "check", "absent.toml"],
    ] {
        all += &told(config.path(), args);
    }
    insta::assert_snapshot!("faults", all);
}

/// The help of the program and of every command.
#[test]
fn helps() {
    let config = recorded().logged_in();
    let mut waiting = vec![vec![]];
    let mut all = String::new();
    while let Some(path) = waiting.pop() {
        let help = told(config.path(), &[&path[..], &["--help"]].concat());
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = commands.take_while(|line| line.starts_with("  ")).filter_map(|line| {
            line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split_whitespace().next()
        });
        let inner: Vec<_> = names.filter(|name| *name != "help").map(str::to_owned).collect();
        for name in inner.into_iter().rev() {
            waiting.push([&path[..], &[&*name.leak()]].concat());
        }
        all += &help;
    }
    insta::assert_snapshot!("helps", all);
}
