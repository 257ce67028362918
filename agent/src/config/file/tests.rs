//! What the file may say, and how its faults are told.

use std::collections::BTreeSet;

use super::*;

const EXAMPLE: &str = include_str!("../../../agent.toml.example");
const SCHEMA: &str = include_str!("../../../agent.schema.json");

#[test]
fn a_full_file_is_applied() {
    let text = "[log]\nformat = \"json\"\nfilter = \"warn,dogwatch_agent=debug\"\n\
                [narrow]\ndisable = [\"patch\"]\nsample_at_least_seconds = 30\n\
                [allow]\nfiles = [\"/var/log/app/*.log\"]\ntargets = [\"db.example:5432\"]\n\
                [[backup.repository]]\nproduct = \"borg\"\nname = \"etc\"\nlocation = \"/srv/borg\"\n\
                [proxy]\nurl = \"none\"\n[spool]\nmax_bytes = 10_000_000\n\
                [health]\nnetwork_mounts = [\"/mnt/share/\"]\n";
    let config = Config::with_state_dir("/nowhere").with(parse(text).unwrap());
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(config.log_filter, "warn,dogwatch_agent=debug");
    assert!(!config.allows(SourceName::Patch));
    assert_eq!(config.narrowing.sample_at_least, Duration::from_secs(30));
    assert!(config.allow.permits_file(Path::new("/var/log/app/web.log")));
    assert!(config.allow.permits_target("db.example", 5432));
    assert_eq!(config.repositories[0].name, "etc");
    assert_eq!(config.proxy, ProxyChoice::Direct);
    assert_eq!(config.spool.bytes(), 10_000_000);
    assert_eq!(config.network_mounts, ["/mnt/share"]);
    // What a file no longer says no longer holds.
    let config = config.with(parse("").unwrap());
    assert!(config.allows(SourceName::Patch) && config.repositories.is_empty());
    assert!(config.network_mounts.is_empty());
    assert_eq!(config.spool.bytes(), 64 << 20);
}

#[test]
fn every_fault_has_its_line_and_what_to_do() {
    for (text, expected_line, expected) in [
        ("[log]\nformat = \"text\"\n\n[narrow]\ndisabel = []\n", 5, "did you mean `disable`?"),
        ("\n[narow]\n", 2, "did you mean `narrow`?"),
        ("[narrow]\ndisable = [\n  \"health\",\n  \"pach\",\n]\n", 4, "did you mean `patch`?"),
        ("[log]\nfilter = \"dogwatch=loud\"\n", 2, "is no log filter such as"),
        ("[log]\n\nformat = \"xml\"\n", 3, "expected `text` or `json`"),
        ("[spool]\nmax_bytes = 5\n", 2, "5 bytes are not between"),
        ("[spool]\nmax_bytes = \"64M\"\n", 2, "invalid type: string"),
        ("[allow]\nfiles = [\n\"/ok\",\n\"relative\"]\n", 4, "`relative` is not an absolute path"),
        ("[allow]\ntargets = [\"db\"]\n", 2, "`db` is not of the form host:port"),
        ("# proxy\n[proxy]\nurl = \"ftp://proxy\"\n", 2, "`url` is neither"),
        ("[health]\nnetwork_mounts = [\"mnt\"]\n", 2, "`mnt` is not an absolute path"),
        ("[proxy]\nno_proxy = []\n", 1, "missing field `url`"),
        ("[[backup.repository]]\nproduct = \"restik\"\n", 2, "did you mean `restic`?"),
        (
            "[[backup.repository]]\nproduct = \"borg\"\nname = \"a\"\nlocation = \"/a\"\n\n\
             [[backup.repository]]\nproduct = \"borg\"\nname = \"b\"\nlocation = \"\"\n",
            6,
            "`location` is empty",
        ),
        ("[log]\nformat = \n", 2, ""),
        ("[log\n", 1, ""),
        ("[log]\n[log]\n", 2, "duplicate key"),
    ] {
        let (line, message) = parse(text).unwrap_err();
        assert!(message.contains(expected), "{text}: {message}");
        assert_eq!(line, expected_line, "{text}: {message}");
    }
}

#[test]
fn what_is_far_from_everything_gets_no_suggestion() {
    let (_, message) = parse("[watchtower]\n").unwrap_err();
    assert!(!message.contains("did you mean"), "{message}");
}

#[test]
fn a_named_file_must_exist_and_the_default_one_need_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    assert!(matches!(ConfigFile::new(Some(&path)).read(), Err(ConfigError::File(_))));
    let unnamed = ConfigFile { path, named: false };
    assert!(unnamed.read().unwrap().text.is_none());
}

/// The keys that the parser knows in a table, from its own complaint.
fn known_keys(table: &str) -> BTreeSet<String> {
    let (_, complaint) = parse(&format!("{table}\nzzz = 1\n")).unwrap_err();
    let keys: BTreeSet<String> = complaint.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(complaint.starts_with("unknown field `zzz`") && !keys.is_empty(), "{complaint}");
    keys
}

const TABLES: [(&str, &str); 8] = [
    ("", "/properties"),
    ("[log]", "/properties/log/properties"),
    ("[narrow]", "/properties/narrow/properties"),
    ("[allow]", "/properties/allow/properties"),
    ("[[allow.log]]", "/properties/allow/properties/log/items/properties"),
    ("[[backup.repository]]", "/properties/backup/properties/repository/items/properties"),
    ("[proxy]", "/properties/proxy/properties"),
    ("[spool]", "/properties/spool/properties"),
];

#[test]
fn the_shipped_schema_knows_the_parsers_keys_and_no_others() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    for (table, at) in TABLES {
        let properties = schema.pointer(at).and_then(|found| found.as_object());
        let shipped: BTreeSet<String> = properties.unwrap().keys().cloned().collect();
        assert_eq!(shipped, known_keys(table), "{table}");
    }
    let names = |at: &str| schema.pointer(at).unwrap().as_array().unwrap().clone();
    let sources: Vec<&str> = SourceName::ALL.iter().map(|source| source.as_str()).collect();
    assert_eq!(names("/properties/narrow/properties/disable/items/enum"), sources);
    let products: Vec<&str> = super::super::Product::ALL.iter().map(|product| product.as_str()).collect();
    let product = "/properties/backup/properties/repository/items/properties/product/enum";
    assert_eq!(names(product), products);
}

/// The shipped example says nothing; with the comment signs of its settings gone it says everything, and is valid.
#[test]
fn the_shipped_example_shows_every_key() {
    let bare = Config::with_state_dir("/nowhere");
    let as_shipped = bare.with(parse(EXAMPLE).unwrap());
    assert!(as_shipped.disabled.is_empty() && as_shipped.repositories.is_empty());
    let is_setting = |line: &str| {
        let text = line.strip_prefix('#').unwrap_or_default();
        text.starts_with(|c: char| c == '[' || c.is_ascii_lowercase())
    };
    let active: String = EXAMPLE
        .lines()
        .map(|line| if is_setting(line) { &line[1..] } else { line })
        .flat_map(|line| [line, "\n"])
        .collect();
    parse(&active).unwrap_or_else(|(line, message)| panic!("line {line}: {message}"));
    let shown: toml::Table = toml::from_str(&active).unwrap();
    for (table, _) in TABLES.iter().skip(1) {
        let name = table.trim_matches(['[', ']']);
        let keys = match name.split_once('.') {
            None => shown[name].as_table().unwrap().keys().cloned().collect::<BTreeSet<_>>(),
            Some((outer, inner)) => {
                let all = shown[outer][inner].as_array().unwrap().iter();
                all.flat_map(|one| one.as_table().unwrap().keys().cloned()).collect()
            }
        };
        assert_eq!(keys, known_keys(table), "{table}");
    }
}
