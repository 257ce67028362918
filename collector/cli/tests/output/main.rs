//! All that the program prints, as people and scripts get it: the real program against a collector that answers from a
//! recording, in every format. What changes in it is seen in review as a changed snapshot.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod collector;
mod hostile;

use std::{
    io::{Seek as _, Write as _},
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

fn dogwatch(config: &Path, args: &[&str], input: &str) -> Output {
    let mut given = tempfile::tempfile().unwrap();
    given.write_all(input.as_bytes()).unwrap();
    given.rewind().unwrap();
    Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(args)
        .stdin(given)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/output"))
        .env_clear()
        .env("DOGWATCH_CONFIG_DIR", config)
        .env("TZ", "UTC")
        .output()
        .unwrap()
}

/// What was typed, what came out, and how it ended.
fn told(config: &Path, args: &[&str]) -> String {
    typed(config, args, "")
}

/// The same with what stands on standard input.
fn typed(config: &Path, args: &[&str], input: &str) -> String {
    let output = dogwatch(config, args, input);
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

        /// What is typed for each of them.
        const SHOWN: &[&[&str]] = &[$(&[$($arg),+]),+];
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
    endpoint_revoke: "endpoint" "revoke" "srv-01";
    endpoint_retire: "endpoint" "retire" "srv-01";
    fleet_summary: "fleet" "summary" "--by" "os.family,site";
    queue: "queue";
    alert_show: "alert" "show" "1042";
    alert_claim: "alert" "claim" "1042";
    alert_handoff: "alert" "handoff" "1042" "--to" "it" "--tried" "restarted" "--state" "fails" "--why" "the share is yours";
    alert_open: "alert" "open" "--tool" "backup" "--endpoint" "srv-01" "the tape drive clicks";
    who: "who" "backup" "--at" "2026-11-22T12:00:00Z";
    who_week: "who" "backup" "--at" "2026-11-22 12:00 America/Toronto" "--week";
    who_alert: "who" "--alert" "1042";
    who_offline: "who" "backup" "--file" "acme.toml" "--at" "2026-11-22T12:00:00Z";
    ownership_show: "ownership" "show";
    ownership_history: "ownership" "history";
    ownership_lint: "ownership" "lint" "acme.toml";
    ownership_lint_online: "ownership" "lint";
    ownership_propose: "ownership" "propose" "acme.toml" "--note" "days go to IT";
    ownership_sign: "ownership" "sign" "77ab01c2d3e4";
    ownership_withdraw: "ownership" "withdraw" "77ab01c2d3e4";
    ownership_diff: "ownership" "diff" "acme.toml";
    ownership_replay: "ownership" "replay" "acme.toml";
    view_list: "view" "list";
    view_show: "view" "show" "patching";
    view_save: "view" "save" "patching" "os:windows" "patch.missing.critical:>0";
    view_delete: "view" "delete" "patching";
    window_list: "window" "list";
    window_add: "window" "add" "patch night" "--starts" "2026-12-05 22:00 America/Toronto" "--for" "2h" "--every" "monthly 2nd tue +4" "--org" "acme";
    window_end: "window" "end" "w1";
    audit: "audit" "--org" "acme";
    join_token_create: "join-token" "create" "--org" "acme" "--site" "attic" "--uses" "25" "--expires" "8h";
    join_token_list: "join-token" "list";
    join_token_revoke: "join-token" "revoke" "jt-1";
    token_create: "token" "create" "--person" "prometheus" "--service" "--org" "acme" "--verbs" "view,intake";
    token_list: "token" "list";
    token_revoke: "token" "revoke" "t-1";
    rules_list: "rules" "list";
    rules_watched: "rules" "list" "--endpoint" "srv-01";
    rules_test: "rules" "test" "--endpoint" "srv-01";
    rules_check: "rules" "check" "rules.toml";
    org_list: "org" "list";
    org_create: "org" "create" "acme" "--name" "Acme Ltd";
    org_show: "org" "show" "acme";
    org_second_factor: "org" "second-factor" "acme";
    access_list: "access" "list";
    access_due: "access" "list" "--due";
    access_people: "access" "people";
    access_invite: "access" "invite" "omar" "--side" "internal" "--org" "acme" "--role" "admin";
    access_grant: "access" "grant" "kim" "configure" "--scope" "acme" "--reason" "patch project";
    access_approve: "access" "approve" "4f1c2a9b01" "--org" "acme";
    access_refuse: "access" "refuse" "4f1c2a9b01" "--org" "acme";
    access_review: "access" "review" "4f1c2a9b01" "--again" "90d";
    access_revoke: "access" "revoke" "4f1c2a9b01" "--why" "left the team";
    access_disable: "access" "disable" "kim";
    access_enable: "access" "enable" "kim";
    access_break_glass: "access" "break-glass" "--scope" "acme";
    access_break_glass_list: "access" "break-glass" "list";
    access_break_glass_revoke: "access" "break-glass" "revoke" "5ea1";
    access_check: "access" "check" "kim" "export" "--scope" "acme";
    report_boundary: "report" "boundary" "--month" "2026-11";
    report_month: "report" "month" "--month" "2026-11";
    report_patch: "report" "patch";
    report_backup: "report" "backup";
    report_review: "report" "review";
    context_list: "context" "list";
    context_show: "context" "show";
}

/// A spreadsheet holds one table, and says which others there are.
#[test]
fn report_tables() {
    let config = recorded().logged_in();
    let mut all = String::new();
    for report in ["boundary", "month"] {
        for table in ["groups", "sides", "sla", "drift", "burden"] {
            all += &told(config.path(), &["report", report, "--table", table, "-o", "csv"]);
        }
        all += &told(config.path(), &["report", report, "--table", "sla"]);
        all += &told(config.path(), &["report", report, "--table", "sla", "-o", "json"]);
    }
    all += &told(config.path(), &["report", "month", "--table", "figures"]);
    all += &told(config.path(), &["report", "boundary", "--table", "figures"]);
    insta::assert_snapshot!("report_tables", all);
}

/// What each act on an alert says that it did.
#[test]
fn alert_acts() {
    let config = recorded().logged_in();
    let mut all = String::new();
    for args in [
        &["release", "1042"][..],
        &["assign", "1042", "lee"],
        &["withdraw", "1042"],
        &["accept", "1042"],
        &["decline", "1042", "the share is in your data centre", "--not-ours"],
        &["wait", "1042", "vendor", "a disk is on its way", "--until", "2d"],
        &["resume", "1042"],
        &["snooze", "1042", "after the move", "--until", "2d"],
        &["snooze", "1042", "--reason", "after the move", "--until", "2d"],
        &["snooze", "1042", "after the move", "--reason", "twice said", "--until", "2d"],
        &["snooze", "1042", "--until", "2d"],
        &["close", "1042", "--reason", "volume grown"],
        &["wake", "1042"],
        &["open", "--tool", "backup", "--site", "toronto", "--org", "acme", "the tape robot clicks"],
        &["open", "--tool", "backup", "the tape robot clicks"],
        &["acknowledge", "1042"],
        &["comment", "1042", "waiting for a new disk"],
        &["prioritise", "1042", "P1", "payroll runs tonight"],
        &["link", "1042", "1040"],
        &["merge", "1042", "1040"],
        &["feedback", "1042", "noise", "it happens at every reboot"],
        &["close", "1042", "volume grown"],
        &["reopen", "1042", "it fails again"],
        &["handoff", "1042"],
    ] {
        all += &told(config.path(), &[&["alert"], args].concat());
    }
    insta::assert_snapshot!("alert_acts", all);
}

/// Filters of the fleet and of the queue, without a collector.
#[test]
fn filters() {
    let config = recorded().logged_in();
    let mut all = String::new();
    for args in [
        &["fleet", "os:windows -tag:lab srv", "--explain"][..],
        &["queue", "priority:P1,P2 tool:backup opened:>1h -assignee:kim nightly", "--explain"],
        &["queue", "priority == \"P1\" && age(opened) > duration(\"1h\")", "--explain"],
        &["fleet", "-tag:lab", "--explain"],
        &["queue", "-assignee:kim", "priority:P1", "--explain", "-o", "table"],
        &["queue", "pri:P9", "--explain"],
        &["queue", "prioriti:P1", "--explain"],
        &["queue", "work == \"claimd\"", "--explain"],
        &["queue", "next_breach > now", "--explain"],
        &["queue", "--schema"],
        &["fleet", "--schema", "-o", "name"],
        &["fleet", "@patching", "--explain"],
        &["fleet", "@patching", "site:toronto", "--explain"],
        &["fleet", "site:toronto", "@patching", "--explain"],
        &["fleet", "@patching", "site:", "--explain"],
        &["fleet", "@grave"],
        &["queue", "@grave", "work:unclaimed", "--explain"],
        &["queue", "@patching"],
        &["queue", "@nothing"],
        &["report", "patch", "--filter", "@grave"],
    ] {
        all += &told(config.path(), args);
    }
    insta::assert_snapshot!("filters", all);
}

/// By a link, by an invitation, and what is kept when somebody is cut off in the middle.
#[test]
fn logging_in() {
    let nobody = tempfile::tempdir().unwrap();
    let (url, root) = (&recorded().url, &recorded().root_sha256);
    let (link, invitation) = (format!("{url}/#dwt_x.{root}"), format!("{url}/invite#c0de.{root}"));
    let mut all = typed(nobody.path(), &["login", &link], "");
    all += &typed(nobody.path(), &["context", "list"], "");
    let newcomer = tempfile::tempdir().unwrap();
    let password = "correct horse battery\n";
    let cut_off = recorded_without_login();
    let (away, its_root) = (&cut_off.url, &cut_off.root_sha256);
    let their_link = format!("{away}/invite#c0de.{its_root}");
    let first = typed(newcomer.path(), &["login", &their_link], &format!("{password}{password}"));
    let next = typed(newcomer.path(), &["fleet"], "");
    all += &(first + &next).replace(away, "https://other.example:7443").replace(its_root, "ROOT");
    let whole = tempfile::tempdir().unwrap();
    all += &typed(whole.path(), &["login", &invitation], &format!("{password}{password}000000\n"));
    all += &typed(whole.path(), &["context", "list"], "");
    all += &typed(whole.path(), &["login", &format!("{url}/#dwt_x.{}", "0".repeat(64))], "");
    for address in ["localhost:7443", "http://localhost:7443"] {
        all += &typed(whole.path(), &["login", address], "");
    }
    all += &beside_another(whole.path(), (url, root));
    for folder in [nobody.path(), newcomer.path(), whole.path()] {
        all = all.replace(&folder.display().to_string(), "CONFIG");
    }
    insta::assert_snapshot!("logging_in", all.replace(root, "ROOT"));
}

/// A link that opens less than the login that is there takes nothing away.
fn beside_another(config: &Path, (url, root): (&str, &str)) -> String {
    let path = config.join("contexts/acme-msp.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("rights = \"admin\""), "{text}");
    std::fs::write(&path, text.replace("rights = \"admin\"", "rights = \"viewer\"")).unwrap();
    let mut all = typed(config, &["login", "-"], &format!("{url}/#dwt_z.{root}\n"));
    all += &typed(config, &["context", "list"], "");
    all
}

/// What people change of their own account, with their answers as lines.
#[test]
fn own_account() {
    let config = recorded().logged_in();
    let (old, new, code) = ("the one that I have\n", "correct horse battery\n", "000000\n");
    let mut all = String::new();
    for format in ["table", "json", "csv", "name"] {
        let answers = format!("{old}{new}{new}{code}");
        all += &typed(config.path(), &["account", "password", "-o", format], &answers);
        all += &typed(config.path(), &["account", "recovery-codes", "-o", format], &format!("{old}{code}"));
    }
    let nowhere = tempfile::tempdir().unwrap();
    all += &typed(nowhere.path(), &["account", "password"], old);
    for answers in ["", old, &format!("{old}short\n"), &format!("{old}{new}{old}")] {
        all += &typed(config.path(), &["account", "password"], answers);
    }
    all += &typed(config.path(), &["account", "recovery-codes"], old);
    insta::assert_snapshot!("own_account", all);
}

/// What bash puts on the line when somebody presses Tab, by the script that we gave it.
#[cfg(unix)]
#[test]
fn bash_completes_names_that_the_collector_knows() {
    let story = Recorded::serve_also(&serde_json::json!({
        "GET orgs": { "orgs": [{ "org": "acme" }, { "org": "globex" }] },
        "GET fleet": { "endpoints": [{ "name": "srv-01" }, { "name": "srv-$(touch x)" }] },
    }));
    let config = story.logged_in();
    let folder = Path::new(env!("CARGO_BIN_EXE_dogwatch")).parent().unwrap();
    let completed = |line: &str| {
        let script = format!(
            "source <(dogwatch completions bash); COMP_WORDS=({line}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))\n\
             _dogwatch_named dogwatch \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env("PATH", path).env("DOGWATCH_CONFIG_DIR", config.path());
        String::from_utf8(bash.output().unwrap().stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("dogwatch org show ''"), "acme globex");
    assert_eq!(completed("dogwatch who backup --org gl"), "globex");
    assert_eq!(completed("dogwatch endpoint show s"), "srv-01");
    assert_eq!(completed("dogwatch alert show 1"), "1042");
    assert_eq!(completed("dogwatch alert cla"), "claim");
}

/// A session ends with its login, a token that somebody made only for who says so, and where the collector is away nobody is
/// left in doubt.
#[test]
fn logging_out() {
    let story = Recorded::serve_also(&serde_json::json!({
        "GET whoami": { "kind": "token", "person": "kim" },
        "POST logout": { "ended": "t-0" },
    }));
    let over = Recorded::serve_also(
        &serde_json::json!({ "POST logout": { "status": 401, "detail": "it is over" } }),
    );
    let of_a_session = |folder: &Path| {
        let path = folder.join("contexts/acme-msp.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("session = true\n{text}")).unwrap();
    };
    let config = story.logged_in();
    let mut all = told(config.path(), &["logout"]);
    all += &told(config.path(), &["logout", "--revoke"]);
    for args in [&["fleet"][..], &["logout"], &["context", "list", "-o", "wide"], &["context", "show"]] {
        all += &told(config.path(), args);
    }
    for collector in [story.logged_in(), over.logged_in(), story.logged_in_at("https://127.0.0.1:1")] {
        of_a_session(collector.path());
        all += &told(collector.path(), &["logout"]);
        all += &told(collector.path(), &["context", "show"]);
    }
    let away = story.logged_in_at("https://127.0.0.1:1");
    all += &told(away.path(), &["logout", "--revoke"]);
    all += &told(away.path(), &["context", "show"]);
    for url in [&story.url, &over.url] {
        all = all.replace(url, "https://collector.example:7443");
    }
    insta::assert_snapshot!("logging_out", all);
}

/// A collector where the second step of a login goes nowhere.
fn recorded_without_login() -> Recorded {
    Recorded::serve_also(&serde_json::json!({
        "POST login": { "status": 401, "detail": "person, password or code are wrong" },
    }))
}

/// What `--watch` writes where no terminal shows it: the whole, and again when a change was told; until it is told to stop.
#[test]
fn watching() {
    let two = |online| {
        serde_json::json!({ "as_of": "2026-11-22T12:00:00Z", "total": 1, "matched": 1, "unjudged": 0, "endpoints": [
            { "name": "srv-01", "org": "acme", "site": "toronto", "state": "active", "online": online },
        ]})
    };
    let over = serde_json::json!({ "status": 401, "detail": "your token was revoked" });
    let events = "event: hello\ndata: {}\n\nid: 1\nevent: endpoint\ndata: {\"kind\":\"endpoint\"}\n\n";
    let story = Recorded::serve_also(&serde_json::json!({
        "GET fleet": { "in_turn": [two(true), two(false), over] },
        "GET events": { "events": events },
        "GET tokens": { "in_turn": [
            { "tokens": [] }, { "tokens": [{ "id": "t-1", "person": "omar", "side": "internal", "state": "valid" }] }, over,
        ]},
    }));
    let config = story.logged_in();
    let mut all = told(config.path(), &["fleet", "--watch"]);
    all += &told(config.path(), &["token", "list", "--watch"]);
    insta::assert_snapshot!("watching", all);
}

/// An org without anything in it, as it is taken out.
fn export_of_nothing() -> String {
    let head = "{\"format\":\"dogwatch-org-export/2\",\"org\":\"acme\"}\n";
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, head.as_bytes());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{head}{{\"counts\":{{}},\"sha256\":\"{sum}\"}}\n")
}

/// What is taken out into files: nobody else's to read, never over another file, and nothing of what was refused.
#[test]
fn taking_out() {
    let out = tempfile::tempdir().unwrap();
    let left =
        || std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let file = out.path().join("acme.jsonl");
    let to = file.to_str().unwrap();
    let story = Recorded::serve_also(&serde_json::json!({
        "GET whoami": { "person": "kim", "collector": { "audit_key": { "public_key": "the-key-of-its-audit" } } },
        "GET orgs/acme/export": { "jsonl": export_of_nothing() },
        "GET orgs/acme/offboard": { "in_turn": [
            { "status": 400, "detail": "acme is its own side's; only its guest, `msp`, can leave" },
            { "org": "acme", "side": "msp", "tokens": 1, "grants": 1, "people": 2 },
        ]},
        "POST orgs/acme/offboard": { "in_turn": [
            { "status": 403, "detail": "only an owner of acme may say goodbye to the MSP" },
            { "status": 503, "detail": "the collector is stopping; ask again" },
            { "org": "acme", "side": "msp", "tokens": 1, "grants": 1, "people": 2, "join_tokens": 0, "views": 1,
              "proposals": 1, "items_released": 1, "messages_dropped": 0, "work_goes_to": "internal-it" },
        ]},
    }));
    let config = story.logged_in();
    let own = ["org", "offboard", "acme", "--side", "internal", "--yes", "acme", "--export", to];
    let mut all = told(config.path(), &own);
    assert_eq!(left(), Vec::<std::path::PathBuf>::new(), "what would be refused takes nothing out");
    all += &told(config.path(), &["org", "offboard", "acme"]);
    let goodbye = ["org", "offboard", "acme", "--yes", "acme", "--export", to];
    all += &told(config.path(), &goodbye);
    assert_eq!(left(), Vec::<std::path::PathBuf>::new(), "a refused goodbye leaves nothing");
    all += &told(config.path(), &goodbye);
    assert_eq!(left(), std::slice::from_ref(&file), "what nobody knows to be refused keeps its data");
    all += &told(config.path(), &goodbye);
    all += &told(config.path(), &[&goodbye[..], &["--force"]].concat());
    all += &told(config.path(), &["org", "export", "acme", to]);
    all += &told(config.path(), &["audit", "--org", "acme", "--export", to]);
    all += &told(config.path(), &["audit", "--verify", to, "--key", "nonsense"]);
    assert_eq!(left(), std::slice::from_ref(&file));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    insta::assert_snapshot!(
        "taking_out",
        all.replace(to, "acme.jsonl").replace(&story.url, "https://collector.example:7443")
    );
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
        &["who", "backup", "--file", "acme.toml", "--at", "9999-12-31T23:59:59Z"],
        &["fleet", "--state", "foo"],
        &["token", "create", "--verbs", "view,fly"],
        &["token", "create", "--expires", "9999d"],
        &["join-token", "create", "--org", "acme", "--site", "attic", "--expires", "31d"],
    ] {
        all += &told(config.path(), args);
    }
    insta::assert_snapshot!("faults", all);
}

/// Who gives a risky verb hears who approves it, and how.
#[test]
fn what_waits_for_an_owner() {
    let grant = |scope| serde_json::json!({ "like": "POST access/grants/4f1c2a9b01/refuse", "verbs": ["export"], "scope": scope });
    let made = serde_json::json!({ "in_turn": [grant("acme"), grant("*")] });
    let more = serde_json::json!({
        "POST access/grants": made, "GET orgs/acme": { "org": "acme", "owners": ["olga", "omar"] },
        "POST access/grants/4f1c2a9b01/refuse": { "id": "4f1c2a9b01", "to": { "org": null, "id": "kim" }, "approvals": null },
    });
    let story = Recorded::serve_also(&more);
    let config = story.logged_in();
    let mut all = String::new();
    for scope in ["acme", "*"] {
        all += &told(
            config.path(),
            &["access", "grant", "kim", "export", "--scope", scope, "--reason", "reports"],
        );
    }
    insta::assert_snapshot!("what_waits_for_an_owner", all);
}

/// A token that nobody asked to end says that it does, and why.
#[test]
fn tokens_with_an_end_of_their_makers() {
    let made = serde_json::json!({
        "id": "t-2", "token": "dwt_shown-once", "person": "prometheus", "side": "msp", "org": "acme", "site": "attic",
        "may": ["intake"], "created_at": "2026-11-22T12:00:00Z", "expires_at": "2027-02-20T12:00:00.171227811Z",
        "ends_with_maker": true,
    });
    let story = Recorded::serve_also(&serde_json::json!({ "POST tokens": made }));
    let config = story.logged_in();
    let create = ["token", "create", "--person", "prometheus", "--service", "--verbs", "intake"];
    let mut all = told(config.path(), &[&create[..], &["--never-expires"]].concat());
    all += &told(config.path(), &create);
    all += &told(config.path(), &["token", "create", "--person", "prometheus"]);
    insta::assert_snapshot!("tokens_with_an_end_of_their_makers", all);
}

/// What becomes of logins on this computer.
#[test]
fn contexts() {
    let config = recorded().logged_in();
    let mut all = String::new();
    for args in [
        &["context", "use", "lab"][..],
        &["context", "rename", "lab", "laboratory"],
        &["context", "remove", "laboratory"],
        &["context", "remove", "laboratory"],
        &["context", "list"],
    ] {
        all += &told(config.path(), args);
    }
    insta::assert_snapshot!("contexts", all);
}

/// Commands of which no snapshot tells, and why.
const NOT_SHOWN: [(&str, &str); 2] = [
    ("completions", "clap writes it, and shells try it out in tests of its own"),
    ("watch", "it is drawn, and compared as a screen where it is"),
];

#[test]
fn every_command_has_a_snapshot_of_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/snapshots");
    let told: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("output__helps.snap"))
        .map(|path| std::fs::read_to_string(path).unwrap() + "\n")
        .collect();
    let shown = |path: &str| {
        let line = format!("$ dogwatch {path}");
        told.lines()
            .any(|told| told.strip_prefix(&line).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
    };
    let (_, leaves) = help_of_all();
    assert!(leaves.len() > 50, "{leaves:?}");
    let named = |path: &String| NOT_SHOWN.iter().any(|(name, _)| name == path);
    let lacking: Vec<_> = leaves.iter().filter(|path| !shown(path) && !named(path)).collect();
    assert!(lacking.is_empty(), "add these to `shown!`, or name them with the reason: {lacking:?}");
    let gone: Vec<_> = NOT_SHOWN.iter().filter(|(path, _)| !leaves.iter().any(|leaf| leaf == path)).collect();
    assert!(gone.is_empty(), "no commands any more: {gone:?}");
}

/// The help of the program and of every command.
#[test]
fn helps() {
    insta::assert_snapshot!("helps", help_of_all().0);
}

/// Every help, and every command that has none inside it.
fn help_of_all() -> (String, Vec<String>) {
    let config = recorded().logged_in();
    let mut waiting = vec![vec![]];
    let (mut all, mut leaves) = (String::new(), Vec::new());
    while let Some(path) = waiting.pop() {
        let help = told(config.path(), &[&path[..], &["--help"]].concat());
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = commands.take_while(|line| line.starts_with("  ")).filter_map(|line| {
            line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split_whitespace().next()
        });
        let inner: Vec<_> = names.filter(|name| *name != "help").map(str::to_owned).collect();
        if inner.is_empty() {
            leaves.push(path.join(" "));
        }
        for name in inner.into_iter().rev() {
            waiting.push([&path[..], &[&*name.leak()]].concat());
        }
        all += &help;
    }
    (all, leaves)
}
