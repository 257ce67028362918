//! What an org takes out of the collector: its own, and not a word of another's.

use std::collections::BTreeSet;

use http::{StatusCode, header};
use serde_json::Value;

use super::{
    leveled,
    world::{Hidden, World},
};

/// The kinds of rows that a file has, and the file.
async fn taken_out(world: &World, org: &str, who: &str) -> (BTreeSet<String>, String) {
    let path = format!("/api/v1/orgs/{org}/export");
    let answer = world.collector().get(&path, Some(&World::token(who))).await;
    assert_eq!(answer.status, StatusCode::OK, "{who}: {}", answer.text);
    let name = answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(name, format!("attachment; filename=\"{org}.jsonl\""));
    let rows = answer.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let kinds = rows.filter_map(|row| row["kind"].as_str().map(str::to_owned)).collect();
    (kinds, answer.text)
}

/// A file without what differs whenever something was done at another instant: times, and hashes and signatures over them.
fn unsealed(file: &str) -> String {
    let of_seal = |byte: char| byte.is_ascii_alphanumeric() || "+/=".contains(byte);
    let text = leveled(file);
    let words = text.split_inclusive(|byte| !of_seal(byte));
    words.map(|word| if word.len() > SEAL_LENGTH { "…" } else { word }).collect()
}

/// Hashes and signatures are longer, names and numbers shorter.
const SEAL_LENGTH: usize = 40;

#[tokio::test]
async fn an_orgs_file_is_the_same_whatever_else_the_collector_keeps() {
    let (with, without) = (World::with(Hidden::Org), World::without(Hidden::Org));
    let (kinds, file) = taken_out(&with, "globex", "admin").await;
    let (_, other) = taken_out(&without, "globex", "admin").await;
    assert_eq!(unsealed(&file), unsealed(&other));
    for word in with.canaries() {
        assert!(!file.contains(word), "{word}: {file}");
    }
    // Everything that an org has is in what was compared, and in the file of the one that was not there.
    let (theirs, hidden) = taken_out(&with, "zebra", "owner").await;
    assert_eq!(kinds, theirs);
    for kind in [
        "endpoint",
        "alert",
        "matrix_version",
        "matrix_file",
        "window",
        "person",
        "grant",
        "token",
        "join_token",
        "seal",
        "bond",
        "invitation",
    ] {
        let rows: Vec<&str> =
            hidden.lines().filter(|line| line.contains(&format!("\"kind\":\"{kind}\""))).collect();
        assert!(rows.iter().any(|row| row.contains("zebra")), "{kind}: {rows:?}");
    }
}

#[tokio::test]
async fn whoever_is_limited_to_a_site_takes_no_org_out() {
    let world = World::with(Hidden::Site);
    for who in ["onsite", "granted", "yak", "viewer"] {
        let answer = world.collector().get("/api/v1/orgs/globex/export", Some(&World::token(who))).await;
        assert!([403, 404].contains(&answer.status.as_u16()), "{who}: {}", answer.text);
    }
}
