//! An org is taken out while the core works: whole, piece by piece, and no longer than whoever asks may.

use super::*;
use crate::{
    access::{Bond, Change, Invitation, OrgStanding, Register, Scope, Seal, Session},
    core::Desk,
};

const TEXT: &[u8] = b"internal:kim";

/// A core that runs by itself, over what the sim has made so far; and its people's side.
fn running(sim: Sim) -> (CoreHandle, Desk) {
    let Sim { core, handle, queue, .. } = sim;
    std::thread::spawn(move || core.run(queue));
    (handle.clone(), Desk::new(handle))
}

/// The owner's token.
fn token_of_kim(handle: &CoreHandle, now: Timestamp) -> Sha256 {
    let hash = Sha256::of(TEXT);
    let token = ApiToken::new(hash, person(Side::Internal), now);
    handle.shared.write().unwrap().access.tokens.insert(hash, token);
    hash
}

/// The rows of a kind.
fn rows(text: &str, kind: &str) -> Vec<serde_json::Value> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.filter(|line| line["kind"] == kind).map(|line| line["row"].clone()).collect()
}

#[tokio::test]
async fn an_export_holds_every_row_and_the_whole_chain_with_what_vouches_for_it() {
    let mut sim = Sim::new();
    sim.join_token(10_000);
    let now = sim.now;
    for key in 0..2_500_u32 {
        sim.enrol(&key.to_be_bytes()).unwrap();
    }
    let (handle, desk) = running(sim);
    let folder = tempfile::tempdir().unwrap();
    let key = crate::authority::audit_key::AuditKey::open_or_make(folder.path()).unwrap();
    handle.sign_audit_with(Arc::new(key));
    let token = token_of_kim(&handle, now);
    let mut taken = desk.take_out(token, org(), Timestamp::now);
    let (mut text, mut pieces, mut longest) = (String::new(), 0, 0);
    while let Some(piece) = taken.next().await {
        let piece = piece.unwrap();
        (pieces, longest) = (pieces + 1, longest.max(piece.len()));
        text += core::str::from_utf8(&piece).unwrap();
    }
    assert!(pieces > 5 && longest < 2 * 1024 * 1024, "{pieces} pieces of at most {longest} bytes");
    let mut names: Vec<_> = rows(&text, "endpoint").iter().map(|row| row["id"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 2_500);
    let audit = rows(&text, "audit");
    let seqs: Vec<u64> = audit.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=2_501).collect::<Vec<_>>(), "a join token and every machine");
    let vouched = rows(&text, "audit_checkpoint");
    assert_eq!(vouched.last().unwrap()["seq"], 2_501);
    let end: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&end["counts"]["endpoint"], &end["counts"]["audit"]), (&2_500.into(), &2_501.into()));
    let before = &text[..text[..text.len() - 1].rfind('\n').unwrap() + 1];
    assert_eq!(end["sha256"], Sha256::of(before.as_bytes()).to_string());
}

#[tokio::test]
async fn a_token_that_ends_takes_the_rest_of_its_export_along() {
    let mut sim = Sim::new();
    sim.join_token(1);
    sim.enrol(b"key").unwrap();
    let now = sim.now;
    let (handle, desk) = running(sim);
    let token = token_of_kim(&handle, now);
    let mut taken = desk.take_out(token, org(), Timestamp::now);
    assert!(taken.next().await.unwrap().is_ok());
    handle.shared.write().unwrap().access.tokens.get_mut(&token).unwrap().revoked_at = Some(now);
    let refused = taken.next().await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("`export` on home has ended"), "{refused}");
    assert!(taken.next().await.is_none());
}

/// The whole file.
async fn whole(desk: &Desk, token: Sha256) -> String {
    let mut taken = desk.take_out(token, org(), Timestamp::now);
    let mut text = String::new();
    while let Some(piece) = taken.next().await {
        text += core::str::from_utf8(&piece.unwrap()).unwrap();
    }
    text
}

/// What an org has of each kind of way in; gives the hashes, which are nobody's to see.
fn ways_in(access: &mut Register, now: Timestamp) -> [Sha256; 3] {
    let [seal, invitation, session] =
        ["sealed", "invited", "session"].map(|text| Sha256::of(text.as_bytes()));
    let kim = person(Side::Internal).key();
    let standing = OrgStanding { second_factor_for_all: true, ..OrgStanding::default() };
    access.apply(&[
        Change::Seal(Seal {
            id: "s1".into(),
            hash: seal,
            side: Side::Internal,
            scope: Scope::Org(org()),
            made_by: kim.clone(),
            made_at: now,
            broken_at: None,
        }),
        Change::Invitation(
            invitation,
            Some(Invitation {
                to: kim.clone(),
                by: kim.clone(),
                maker: None,
                expires_at: now,
                through_seal: false,
            }),
        ),
        Change::Bond(Bond {
            person: kim,
            provider: "entra".into(),
            issuer: "https://login.example".into(),
            subject: "42".into(),
            since: now,
            last_login: now,
            until: now,
            adopted: true,
            grants: Default::default(),
        }),
        Change::Org(org(), standing),
        Change::Token(ApiToken {
            id: "t2".into(),
            session: Some(Session { browser: true }),
            used_at: Some(now),
            ..ApiToken::new(session, person(Side::Internal), now)
        }),
    ]);
    [seal, invitation, session]
}

#[tokio::test]
async fn an_export_tells_of_every_way_in_and_of_no_hash() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let now = sim.now;
    let (handle, desk) = running(sim);
    let token = token_of_kim(&handle, now);
    let hashes = ways_in(&mut handle.shared.write().unwrap().access, now);
    let text = whole(&desk, token).await;
    let one = |kind: &str| rows(&text, kind).remove(0);
    assert_eq!((&one("seal")["id"], &one("seal")["made_by"]["id"]), (&"s1".into(), &"kim".into()));
    assert_eq!(one("bond")["subject"], "42");
    assert_eq!(one("invitation")["to"]["id"], "kim");
    assert_eq!(one("org_standing")["second_factor_for_all"], true);
    let join = one("join_token");
    assert_eq!((&join["approval"], &join["created_side"]), (&false.into(), &"msp".into()));
    let session = rows(&text, "token").into_iter().find(|row| row["id"] == "t2").unwrap();
    assert!(session["used_at"].is_string() && session["session"]["browser"] == true, "{session}");
    for hash in hashes {
        assert!(!text.contains(&hash.to_string()), "{hash}");
    }
}

#[tokio::test]
async fn an_export_has_no_word_of_an_msp_that_has_left() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let now = sim.now;
    let (handle, desk) = running(sim);
    let token = token_of_kim(&handle, now);
    let everywhere = |text: &str| {
        let of_all =
            |kind: &str, field: &str| rows(text, kind).iter().filter(|row| row[field] == "*").count();
        (of_all("person", "home"), of_all("grant", "scope"))
    };
    assert_eq!(everywhere(&whole(&desk, token).await), (5, 5), "a guest's people are the org's to see");
    let standing = OrgStanding { left: [(Side::Msp, now)].into(), ..OrgStanding::default() };
    handle.shared.write().unwrap().access.apply(&[Change::Org(org(), standing)]);
    let text = whole(&desk, token).await;
    assert_eq!(everywhere(&text), (0, 0));
    assert!(rows(&text, "org_standing")[0]["left"]["msp"].is_string(), "since when it has left");
}
