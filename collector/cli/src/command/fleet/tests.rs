//! Tables as people see them.

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::contact_tests as collector;

fn screen(format: Format) -> Screen {
    Screen { format, colour: false, terminal: false, zone: TimeZone::UTC }
}

fn answer() -> Value {
    json!({
        "as_of": "2026-11-22T12:00:00Z", "total": 3, "matched": 2, "unjudged": 1,
        "endpoints": [
            {
                "id": "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11", "name": "srv-01", "org": "acme", "site": "toronto",
                "class": "server", "state": "active", "online": true, "last_seen": "2026-11-22T11:59:56Z",
                "health": {
                    "cpu": { "used_percent": 12.34 }, "memory": { "used_percent": 61.5 },
                    "disks": [{ "mount": "/", "used_percent": 41.0 }, { "mount": "/var", "used_percent": 93.4 }],
                },
                "patch": { "missing": { "total": 14, "security": 3 }, "reboot": { "pending": true } },
                "backup": { "worst": "failed" }, "alerts": { "open": 2 }, "tags": ["lab", "a,b"],
            },
            {
                "id": "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d12", "name": "lap-07", "org": "acme", "site": "toronto",
                "class": "laptop", "state": "active", "online": false, "planned_offline": true,
                "last_seen": "2026-11-19T12:00:00Z", "alerts": { "open": 0 },
            },
        ],
    })
}

fn listing() -> Listing<'static> {
    Listing { rows: "endpoints", name: "name", columns: COLUMNS, wide: WIDE, csv: CSV }
}

fn rendered(listing: &Listing<'_>, format: Format) -> String {
    let answer = answer();
    listing.render(&answer, output::as_of(&answer), &screen(format)).unwrap()
}

#[test]
fn the_fleet_is_a_plain_table_in_which_the_unknown_is_a_dash() {
    assert_eq!(
        rendered(&listing(), Format::Table),
        "\
NAME    ORG   SITE     CLASS   STATE   SEEN  CPU   MEM   DISK  UPDATES  SECURITY  REBOOT  BACKUP  ALERTS
srv-01  acme  toronto  server  online  4s    12 %  62 %  93 %  14       3         yes     failed  2
lap-07  acme  toronto  laptop  away    3d    –     –     –     –        –         –       –       0
"
    );
}

#[test]
fn columns_that_were_asked_for_are_shown_by_their_path() {
    let wanted = ["name", "health.disks[].mount", "health.disks.used_percent", "last_seen"];
    let columns = wanted.map(|path| Column::wanted(path).unwrap());
    let listing = Listing { columns: &columns, wide: &[], ..listing() };
    assert_eq!(
        rendered(&listing, Format::Table),
        "\
NAME    HEALTH.DISKS[].MOUNT  HEALTH.DISKS.USED_PERCENT  LAST_SEEN
srv-01  /,/var                41.0 %,93.4 %              2026-11-22 11:59
lap-07  –                     –                          2026-11-19 12:00
"
    );
}

#[test]
fn a_column_that_is_no_field_is_refused() {
    let refused = Column::wanted("health.disk").err().unwrap().to_string();
    assert_eq!(refused, "no field `health.disk`; did you mean `health.disks`?");
    assert!(Column::wanted("labels.rack").is_ok());
}

#[test]
fn machine_output_has_utc_instants_and_nothing_where_nothing_is_known() {
    let listing = Listing { csv: &["name", "last_seen", "patch.missing.total", "tags"], ..listing() };
    assert_eq!(
        rendered(&listing, Format::Csv),
        "name,last_seen,patch.missing.total,tags\r\n\
         srv-01,2026-11-22T11:59:56Z,14,\"lab,a,b\"\r\n\
         lap-07,2026-11-19T12:00:00Z,,\r\n"
    );
    assert_eq!(rendered(&listing, Format::Name), "srv-01\nlap-07\n");
    assert_eq!(serde_json::from_str::<Value>(&rendered(&listing, Format::Json)).unwrap(), answer());
}

#[test]
fn yaml_quotes_what_would_be_read_as_something_else() {
    let value = json!({ "version": "12", "on": true, "name": "no", "list": [1, "a: b"], "none": {} });
    let text = screen(Format::Yaml).whole(&value).unwrap();
    assert_eq!(text, "list:\n- 1\n- \"a: b\"\nname: \"no\"\nnone: {}\n\"on\": true\nversion: \"12\"\n");
}

#[test]
fn the_remark_counts_what_could_not_be_judged() {
    assert_eq!(remark(&answer(), true), "2 of 3 endpoints match; 1 could not be judged for want of a fact");
    assert_eq!(remark(&json!({ "total": 1, "matched": 1, "unjudged": 0 }), false), "1 endpoint");
    assert!(remark(&json!({ "total": 0 }), false).contains("dogwatch join-token create"));
}

#[test]
fn a_fleet_of_several_pages_becomes_one_answer() {
    let pki = collector::pki("127.0.0.1");
    let pages = [
        r#"{"as_of":"2026-11-22T12:00:00Z","total":3,"next":"b","endpoints":[{"name":"a"},{"name":"b"}]}"#,
        r#"{"as_of":"2026-11-22T12:00:01Z","total":3,"endpoints":[{"name":"c"}]}"#,
    ];
    let (url, server) = collector::serve(&pki, pages.map(collector::json).to_vec());
    let client = Client::new(url, &pki.root, None);
    let asked = Asked { filter: Some("online".into()), ..Asked::default() };
    let answer = fetch(&client, &asked, "active", None).unwrap();
    assert_eq!(rendered_names(&answer), ["a", "b", "c"]);
    assert_eq!(answer.get("next"), None);
    let heard = server.join().unwrap();
    assert!(heard[0].starts_with("GET /api/v1/fleet?state=active&filter=online HTTP/1.1"), "{}", heard[0]);
    assert!(heard[1].starts_with("GET /api/v1/fleet?state=active&filter=online&cursor=b "), "{}", heard[1]);
}

fn rendered_names(answer: &Value) -> Vec<&str> {
    answer["endpoints"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[test]
fn only_what_is_shown_is_asked_for() {
    let asked = |columns: &[&str]| Asked {
        columns: columns.iter().map(|path| (*path).to_owned()).collect(),
        ..Asked::default()
    };
    let shown = |format, columns: &[&str]| fields(&listing(), &asked(columns), &screen(format));
    assert_eq!(shown(Format::Json, &[]), None);
    assert_eq!(shown(Format::Name, &[]).as_deref(), Some("name"));
    assert_eq!(shown(Format::Yaml, &["name", "os"]).as_deref(), Some("name,os"));
    let table = shown(Format::Table, &[]).unwrap();
    assert!(
        table.starts_with("name,org,site,class,online,") && table.ends_with(",state,online,planned_offline")
    );
    for fields in [table, shown(Format::Wide, &[]).unwrap(), shown(Format::Csv, &[]).unwrap()] {
        assert!(dogwatch_triage::filter::Fields::compile(&fields).is_ok(), "{fields}");
    }
}
