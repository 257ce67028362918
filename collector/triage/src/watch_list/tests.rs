use dogwatch_model::{Class, Expected, Probe};

use super::*;
use crate::specimen::{full_server, row};

fn org(id: &str) -> OrgId {
    OrgId::new(id).unwrap()
}

/// The MSP's text and acme's.
fn list(msp: &str, acme: &str) -> Result<WatchList, Vec<String>> {
    let acme_id = org("acme");
    let files = [
        File { org: None, name: "watch.toml", text: msp },
        File { org: Some(&acme_id), name: "watch/acme.toml", text: acme },
    ];
    WatchList::read(&files).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn resolved(msp: &str, acme: &str) -> Resolved {
    list(msp, acme).unwrap().resolve(&row(&full_server()))
}

fn ports(resolved: &Resolved) -> Vec<(&str, u16)> {
    let port = |check: &dogwatch_model::CheckWatch| match &check.probe {
        Probe::Tcp(target) | Probe::Http { target, .. } => target.port,
        _ => 0,
    };
    resolved.checks.iter().map(|check| (check.name.as_str(), port(check))).collect()
}

#[test]
fn layers_lie_over_each_other_key_by_key_and_conditions_come_last() {
    let msp = "[[check]]\nname = \"web\"\nkind = \"http\"\nevery = \"5m\"\n\
               [[check]]\nname = \"web\"\nwhen = '\"prod\" in tags'\nport = 8443\n";
    let acme = "[[check]]\nname = \"web\"\ntls = true\n[[site.toronto.check]]\nname = \"web\"\nport = 444\n";
    let resolved = resolved(msp, acme);
    let [web] = &resolved.checks[..] else { panic!("{resolved:?}") };
    assert_eq!(web.every_seconds, 300);
    let Probe::Http { target, tls: true, .. } = &web.probe else { panic!("{web:?}") };
    assert_eq!(target.port, 8443, "the condition's value lies over the site's");
    let from: Vec<String> = resolved
        .given
        .iter()
        .map(|given| format!("{}={} {} {}:{}", given.key, given.value, given.layer, given.file, given.line))
        .collect();
    assert_eq!(
        from,
        [
            "every=5m msp watch.toml:4",
            "kind=http msp watch.toml:3",
            "port=8443 msp watch.toml:8",
            "tls=true org acme watch/acme.toml:3",
        ]
    );
    assert_eq!(resolved.given[2].when.as_deref(), Some("\"prod\" in tags"));
}

#[test]
fn a_site_and_a_condition_are_for_those_they_name_alone() {
    let msp = "[[service]]\nname = \"ssh.service\"\nwhen = 'class == \"server\"'\n\
               [[telemetry]]\nwhen = 'class == \"laptop\"'\nsample_every = \"1m\"\n";
    let acme = "[[site.berlin.check]]\nname = \"db\"\nkind = \"tcp\"\nport = 5432\n";
    let list = list(msp, acme).unwrap();
    let mut endpoint = full_server();
    let server = list.resolve(&row(&endpoint));
    assert_eq!(server.services[0].expected, Expected::Running);
    assert!(server.checks.is_empty() && server.intervals.is_empty());
    endpoint.class = Some(Class::Laptop);
    endpoint.site = SiteId::new("berlin").unwrap();
    let laptop = list.resolve(&row(&endpoint));
    assert!(laptop.services.is_empty());
    assert_eq!(ports(&laptop), [("db", 5432)]);
    assert_eq!(laptop.intervals["sample_every"], SignedDuration::from_secs(60));
    endpoint.org = org("other");
    assert!(list.resolve(&row(&endpoint)).checks.is_empty());
}

#[test]
fn a_condition_about_what_is_not_known_does_not_match() {
    let msp = "[[check]]\nname = \"x\"\nkind = \"process\"\nwhen = 'os.family == \"linux\"'\n";
    let list = list(msp, "").unwrap();
    assert!(list.reads().intersects(Reads::INVENTORY));
    let mut endpoint = full_server();
    assert_eq!(list.resolve(&row(&endpoint)).checks.len(), 1);
    endpoint.facts.inventory = None;
    assert!(list.resolve(&row(&endpoint)).checks.is_empty());
}

#[test]
fn what_is_switched_off_is_said_to_be() {
    let msp = "[[check]]\nname = \"x\"\nkind = \"process\"\n";
    let off = resolved(msp, "[[check]]\nname = \"x\"\nenabled = false\n");
    assert!(off.checks.is_empty());
    assert_eq!(off.left_out, [LeftOut { subject: "check x".into(), why: "it is switched off".into() }]);
}

#[test]
fn more_than_an_endpoint_can_watch_is_left_out_and_said() {
    let many: String =
        (0..70).map(|n| format!("[[check]]\nname = \"c{n:02}\"\nkind = \"process\"\n")).collect();
    let resolved = resolved(&many, "");
    assert_eq!((resolved.checks.len(), resolved.left_out.len()), (MAX_CHECKS, 6));
}

#[test]
fn faults_say_where_and_how_to_mend_them() {
    let table: &[(&str, &str)] = &[
        ("[[chek]]\nname = \"x\"\n", "watch.toml:1:3: no key `chek` here; did you mean `check`?"),
        (
            "[[check]]\nname = \"x\"\nkind = \"tcp\"\nprt = 1\nport = 2\n",
            "watch.toml:4:1: no key `prt` here; did you mean `port`?",
        ),
        ("[[check]]\nkind = \"tcp\"\n", "watch.toml:1:1: this check has no `name`"),
        (
            "[[check]]\nname = \"x\"\n",
            "watch.toml:1:1: check `x` has no `kind`: one of process, tcp, http, file, log",
        ),
        (
            "[[check]]\nname = \"x\"\nkind = \"exec\"\n",
            "watch.toml:3:8: `kind` is one of process, tcp, http, file, log",
        ),
        ("[[check]]\nname = \"x\"\nkind = \"tcp\"\n", "watch.toml:1:1: check `x` has no `port`"),
        (
            "[[check]]\nname = \"x\"\nkind = \"tcp\"\nport = 70000\n",
            "watch.toml:4:8: `port` is a number from 1 to 65535",
        ),
        (
            "[[check]]\nname = \"x\"\nkind = \"tcp\"\nport = 1\npath = \"/\"\n",
            "watch.toml:1:1: a check of kind `tcp` has no `path`",
        ),
        (
            "[[check]]\nname = \"x\"\nkind = \"file\"\npath = \"etc/passwd\"\n",
            "watch.toml:1:1: `path` of check `x` is an absolute path, such as \"/var/backups/db.gz\"",
        ),
        (
            "[[check]]\nname = \"x\"\nkind = \"http\"\npath = \"/a b\"\n",
            "watch.toml:1:1: `path` of check `x` begins with a / and is ASCII without spaces",
        ),
        (
            "[[service]]\nname = \"-H\"\n",
            "watch.toml:1:1: `-H` is no name of a service: letters, digits and @ : . _ - alone",
        ),
        (
            "[[service]]\nname = \"a\"\n[[service]]\nname = \"a\"\n",
            "watch.toml:3:1: there is another service a here; put both into one, or give one of them another `when`",
        ),
        (
            "[[telemetry]]\nsample_every = \"10ms\"\n",
            "watch.toml:2:16: `sample_every` is a span of time from 1s to 1h, such as \"5m\"",
        ),
        (
            "[[service]]\nname = \"a\"\nwhen = 'clas == \"server\"'\n",
            "watch.toml:3:9: no field `clas`; did you mean `class`?",
        ),
        ("[[site.x.check]]\n", "watch.toml:1:3: no key `site` here; there are: telemetry, service, check"),
        ("check = 3\n", "watch.toml:1:1: `check` is a list of tables; write [[check]]"),
    ];
    for (text, expected) in table {
        assert_eq!(list(text, "").unwrap_err(), [*expected], "{text}");
    }
}

#[test]
fn an_entry_may_lean_on_the_layers_below_it_and_on_nothing_else() {
    let msp = "[[check]]\nname = \"db\"\nkind = \"tcp\"\nport = 5432\n";
    let condition = "[[check]]\nname = \"db\"\nwhen = '\"big\" in tags'\nevery = \"30s\"\n";
    assert!(list(msp, condition).is_ok());
    let same_condition = format!("{msp}when = '\"big\" in tags'\n");
    assert!(list(&same_condition, condition).is_ok());
    assert_eq!(
        list("", condition).unwrap_err(),
        ["watch/acme.toml:1:1: check `db` has no `kind`: one of process, tcp, http, file, log"]
    );
}

#[test]
fn a_size_is_a_number_or_says_its_unit() {
    for (text, expected) in
        [("10 MiB", Some(10 << 20)), ("5GB", Some(5_000_000_000)), ("1 TiB", Some(1 << 40))]
    {
        assert_eq!(keys::parse_bytes(text), expected, "{text}");
    }
    for bad in ["", "10", "MiB", "10 mib", "99999999999 TiB", "1.5 GiB"] {
        assert_eq!(keys::parse_bytes(bad), None, "{bad}");
    }
}
