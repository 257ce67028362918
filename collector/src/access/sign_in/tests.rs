//! First logins, later ones, leavers, and names that somebody else has.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, PersonId, TeamId};
use jiff::SignedDuration;

use super::*;
use crate::{
    access::{Approval, Role},
    identity::ProviderId,
};

fn at(hours: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn of_group(group: &str, role: Role, scope: &str) -> GroupGrant {
    let team = Some(TeamId::new("it").unwrap());
    GroupGrant { group: group.into(), verbs: role.verbs(), scope: scope.parse().unwrap(), team }
}

fn proved(subject: &str, name: &str, groups: &[GroupGrant]) -> Proved {
    Proved {
        provider: ProviderId::parse("acme-id").unwrap(),
        issuer: "https://id.example".into(),
        subject: subject.into(),
        principal: Principal::new(
            PersonId::new(name).unwrap(),
            Side::Internal,
            &"acme".parse().unwrap(),
            Verbs::ALL,
        ),
        adopts: false,
        grants: groups.to_vec(),
        lasts: SignedDuration::from_hours(24),
    }
}

fn may(register: &Register, who: &Principal, verb: Verb, now: Timestamp) -> bool {
    register.reach(who, now).may(verb, &"acme".parse().unwrap(), None)
}

#[test]
fn groups_are_rights_for_as_long_as_somebody_is_in_them() {
    let mut register = Register::default();
    let in_it = proved("u-1", "sam", &[of_group("it", Role::Member, "acme")]);
    let first = register.sign_in(&in_it, at(0)).unwrap();
    assert_eq!(first.news.iter().map(|(act, _)| *act).collect::<Vec<_>>(), ["person.come", "grant.give"]);
    assert!(may(&register, &in_it.principal, Verb::Claim, at(1)));
    assert!(!may(&register, &in_it.principal, Verb::Configure, at(1)));

    let again = register.sign_in(&in_it, at(20)).unwrap();
    assert_eq!((again.grants.len(), &again.grants[0].id), (1, &first.grants[0].id), "prolonged, not doubled");
    assert!(may(&register, &in_it.principal, Verb::Claim, at(43)));

    let out = register.sign_in(&proved("u-1", "sam", &[]), at(30)).unwrap();
    assert_eq!(out.grants[0].ended.as_ref().unwrap().why, "no longer in group it of acme-id");
    assert!(!may(&register, &in_it.principal, Verb::Claim, at(30)));
    assert!(may(&register, &in_it.principal, Verb::View, at(30)), "a person of the org still sees it");

    let back = register.sign_in(&in_it, at(31)).unwrap();
    assert_ne!(back.grants[0].id, first.grants[0].id);
    assert!(may(&register, &in_it.principal, Verb::Claim, at(31)));
}

#[test]
fn who_does_not_come_back_is_out_with_every_token_they_made() {
    let mut register = Register::default();
    let sam = proved("u-1", "sam", &[of_group("it", Role::Member, "acme")]);
    register.sign_in(&sam, at(0)).unwrap();
    let just_before = at(24) - SignedDuration::from_nanos(1);
    assert!(may(&register, &sam.principal, Verb::View, just_before));
    assert!(!may(&register, &sam.principal, Verb::View, at(24)));
    assert!(register.reach(&sam.principal, at(24)).anywhere().is_empty());
    register.sign_in(&sam, at(50)).unwrap();
    assert!(may(&register, &sam.principal, Verb::Claim, at(50)));
}

#[test]
fn what_people_ended_stays_ended_until_the_group_was_left() {
    let mut register = Register::default();
    let sam = proved("u-1", "sam", &[of_group("it", Role::Member, "acme")]);
    let id = register.sign_in(&sam, at(0)).unwrap().grants[0].id.clone();
    let ended = Ended { by: sam.principal.key(), at: at(1), why: "not any more".into() };
    register.grants.get_mut(&id).unwrap().ended = Some(ended);
    register.sign_in(&sam, at(2)).unwrap();
    assert!(!may(&register, &sam.principal, Verb::Claim, at(2)));
    register.sign_in(&proved("u-1", "sam", &[]), at(3)).unwrap();
    register.sign_in(&sam, at(4)).unwrap();
    assert!(may(&register, &sam.principal, Verb::Claim, at(4)));
}

#[test]
fn a_group_that_stands_for_something_else_gives_that_and_nothing_of_before() {
    let mut register = Register::default();
    let sam = proved("u-1", "sam", &[of_group("it", Role::Member, "acme")]);
    register.sign_in(&sam, at(0)).unwrap();
    let narrower = proved("u-1", "sam", &[of_group("it", Role::Member, "acme/main")]);
    let changed = register.sign_in(&narrower, at(1)).unwrap();
    assert_eq!(changed.grants.len(), 2, "one ended, one given");
    assert!(!may(&register, &sam.principal, Verb::Claim, at(1)));
    let main = "main".parse().unwrap();
    assert!(register.reach(&sam.principal, at(1)).may(Verb::Claim, &"acme".parse().unwrap(), Some(&main)));
}

#[test]
fn a_name_is_never_taken_over() {
    let mut register = Register::default();
    register.sign_in(&proved("u-1", "sam", &[]), at(0)).unwrap();
    let told = register.sign_in(&proved("u-2", "sam", &[]), at(1)).unwrap_err();
    assert!(told.what.contains("somebody else"), "{}", told.what);
    let elsewhere = Proved { issuer: "https://evil.example".into(), ..proved("u-1", "sam", &[]) };
    assert!(register.sign_in(&elsewhere, at(1)).is_err());
    // The name may change there: who it is stays.
    let renamed = register.sign_in(&proved("u-1", "samantha", &[]), at(2)).unwrap();
    assert_eq!(renamed.person.id.as_str(), "sam");
}

#[test]
fn a_person_of_before_is_adopted_only_where_the_file_names_them() {
    let mut register = Register::default();
    let kim = new_person(&proved("", "kim", &[]), at(0));
    register.people.insert(kim.key(), kim);
    let told = register.sign_in(&proved("u-1", "kim", &[]), at(0)).unwrap_err();
    assert!(told.what.contains("`adopt`"), "{}", told.what);
    let named = Proved { adopts: true, ..proved("u-1", "kim", &[]) };
    assert!(register.sign_in(&named, at(0)).unwrap().bond.adopted);
    assert!(may(&register, &named.principal, Verb::View, at(99)), "they can come in another way");
    assert!(register.sign_in(&Proved { adopts: true, ..proved("u-2", "kim", &[]) }, at(1)).is_err());
}

#[test]
fn nobody_comes_to_another_side_or_while_they_are_kept_out() {
    let mut register = Register::default();
    let sam = proved("u-1", "sam", &[]);
    register.sign_in(&sam, at(0)).unwrap();
    let as_msp = Principal { side: Side::Msp, org: None, ..sam.principal.clone() };
    assert!(register.sign_in(&Proved { principal: as_msp, ..sam.clone() }, at(1)).is_err());
    register.people.get_mut(&sam.principal.key()).unwrap().disabled_at = Some(at(1));
    assert!(register.sign_in(&sam, at(2)).is_err());
}

#[test]
fn an_approval_beyond_ones_home_outlives_the_next_login() {
    let mut register = Register::default();
    let mut kim = proved("u-1", "kim", &[of_group("it", Role::Admin, "acme")]);
    kim.principal = Principal { side: Side::Msp, org: Some("globex".parse().unwrap()), ..kim.principal };
    let id = register.sign_in(&kim, at(0)).unwrap().grants[0].id.clone();
    let grant = register.grants.get_mut(&id).unwrap();
    grant.approvals.insert("acme".parse().unwrap(), Approval { by: kim.principal.key(), at: at(0) });
    grant.reviewed_at = Some(at(1));
    assert!(register.grants[&id].verbs.has(Verb::View), "seeing is what is given");
    let again = register.sign_in(&kim, at(2)).unwrap();
    assert!(again.news.is_empty(), "{:?}", again.news);
    assert_eq!(register.grants[&id].approvals.len(), 1);
    assert_eq!(register.grants[&id].reviewed_at, Some(at(1)));
    assert!(register.grants[&id].is_in_force(at(3)));
}

#[test]
fn who_was_invited_and_never_came_is_no_owner_to_leave_an_org_with() {
    let mut register = Register::default();
    let owner = proved("u-1", "sam", &[of_group("heads", Role::Admin, "acme")]);
    let signed = register.sign_in(&owner, at(0)).unwrap();
    let ghost = new_person(&proved("", "ghost", &[]), at(0));
    let approval = Approval { by: owner.principal.key(), at: at(0) };
    let approvals = BTreeMap::from([("acme".parse().unwrap(), approval)]);
    let of_sam = Grant { approvals, ..signed.grants[0].clone() };
    let of_ghost = Grant { id: "g-ghost".into(), to: ghost.key(), ..of_sam.clone() };
    register.apply(&[Change::Person(ghost), Change::Grant(of_sam), Change::Grant(of_ghost)]);
    let out = proved("u-1", "sam", &[]);
    // Their bond has lapsed meanwhile: the login itself is what they come in by.
    for hours in [2, 99] {
        assert_eq!(register.sign_in(&out, at(hours)).unwrap().news[0].0, "grant.keep");
    }
    register.sign_in(&proved("u-2", "eve", &[]), at(100)).unwrap();
    let to = proved("u-2", "eve", &[]).principal.key();
    let of_eve = Grant { to, ..register.grants["g-ghost"].clone() };
    register.grants.insert(of_eve.id.clone(), of_eve);
    assert_eq!(register.sign_in(&out, at(101)).unwrap().news[0].0, "grant.end");
}

#[test]
fn the_last_owner_stays_one_and_risky_verbs_wait_for_the_other_sides_word() {
    let mut register = Register::default();
    let owner = proved("u-1", "sam", &[of_group("heads", Role::Admin, "acme")]);
    let signed = register.sign_in(&owner, at(0)).unwrap();
    assert_eq!(signed.grants[0].expires_at, None);
    assert!(!may(&register, &owner.principal, Verb::Export, at(1)), "nobody has approved it");
    let acme: OrgId = "acme".parse().unwrap();
    let approve = |register: &mut Register, signed: &SignedIn| {
        let grant = register.grants.get_mut(&signed.grants[0].id).unwrap();
        let by = signed.bond.person.clone();
        grant.approvals.insert(acme.clone(), Approval { by, at: at(0) });
    };
    approve(&mut register, &signed);
    assert_eq!(register.owners(&acme, at(1)).count(), 1);
    let kept = register.sign_in(&proved("u-1", "sam", &[]), at(2)).unwrap();
    assert_eq!(kept.news[0].0, "grant.keep");

    let other = proved("u-2", "eve", &[of_group("heads", Role::Admin, "acme")]);
    let eve = register.sign_in(&other, at(3)).unwrap();
    let kept = register.sign_in(&proved("u-1", "sam", &[]), at(4)).unwrap();
    assert_eq!(kept.news[0].0, "grant.keep", "who waits for an approval is no owner yet");
    approve(&mut register, &eve);
    let ended = register.sign_in(&proved("u-1", "sam", &[]), at(5)).unwrap();
    assert_eq!(ended.news[0].0, "grant.end");
}
