//! The rules one by one, as people meet them.

use dogwatch_model::Side;
use jiff::SignedDuration;

use super::cast::{
    account, acme, approve, at, begun, invite, newcomer, noon, owned, principal, program, refuse, set_up,
    token, wanted,
};
use crate::{
    access::{Act, DueKind, GrantState, NewGrant, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

#[test]
fn the_msp_makes_the_first_owner_and_nobody_else_of_that_side() {
    let (mut register, ann, omar) = owned();
    let again = invite(&mut register, (Side::Internal, "forged", "acme"), Verbs::ALL, &ann).unwrap_err();
    assert_eq!(again.code, Code::NotAllowed);
    assert!(again.what.ends_with("ask omar"), "{again}");
    let forged = register.act(&token(newcomer(Side::Internal, "omar", "acme"), Verbs::CREW), &ann, noon());
    assert_eq!(forged.unwrap_err().code, Code::NotAllowed, "nor a token for the owner");
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
}

#[test]
fn the_first_of_a_customers_side_is_its_owner() {
    let (mut register, ann) = set_up(noon());
    let crew = invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &ann).unwrap_err();
    assert!(crew.what.contains("let its first owner in"), "{crew}");
}

#[test]
fn a_guests_risky_verbs_count_where_an_owner_said_so() {
    let (mut register, ann, omar) = owned();
    let may = |register: &Register, verb| register.reach(&ann, noon()).may(verb, &acme(), None);
    assert!(!may(&register, Verb::Export) && may(&register, Verb::Configure));
    let missing = register.missing(&ann, Verb::Export, (&acme(), None), noon());
    assert!(missing.what.contains("omar can: `dogwatch access approve first --org acme`"), "{missing}");
    assert!(register.act(&approve("first"), &ann, noon()).is_err(), "not by oneself");
    register.act(&approve("first"), &omar, noon()).unwrap();
    assert!(may(&register, Verb::Export));
    register.act(&refuse("first"), &omar, noon()).unwrap();
    assert!(!may(&register, Verb::Export));
}

#[test]
fn there_is_nothing_to_refuse_where_nothing_needs_approval() {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    let refused = register.act(&refuse("g-sam"), &omar, noon()).unwrap_err();
    assert_eq!(refused.code, Code::Invalid);
    assert!(
        refused.what.starts_with("nothing to refuse: no verb of grant g-sam needs approval"),
        "{refused}"
    );
}

#[test]
fn the_last_owner_stays_whoever_asks() {
    let (mut register, ann, omar) = owned();
    let acts = [Act::End("g-omar".into(), "bye".into()), Act::Disable(omar.key())];
    for act in &acts {
        for by in [&ann, &omar] {
            assert!(register.act(act, by, noon()).is_err(), "{act:?}");
        }
    }
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &omar).unwrap();
    let zoe = principal(Side::Internal, "zoe", "acme");
    register.accounts.insert(zoe.key(), account());
    register.act(&acts[0], &omar, noon()).unwrap();
    let ending = NewGrant { expires_at: Some(at(1)), ..wanted("g2", &omar, Verbs::ALL, "acme") };
    let refused = register.act(&Act::Grant(ending), &zoe, noon()).unwrap_err();
    assert!(refused.what.contains("an owner's grant has no end"), "{refused}");
}

#[test]
fn a_guest_brings_back_nobody_whom_the_owners_refused() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &omar).unwrap();
    let owns = |register: &Register| register.owners(&acme(), noon()).any(|owner| owner.id.as_str() == "zoe");
    assert!(owns(&register));
    register.act(&refuse("g-zoe"), &omar, noon()).unwrap();
    let back = approve("g-zoe");
    assert_eq!(register.act(&back, &ann, noon()).unwrap_err().code, Code::NotAllowed);
    register.act(&approve("first"), &omar, noon()).unwrap();
    assert_eq!(register.act(&back, &ann, noon()).unwrap_err().code, Code::NotAllowed, "approved or not");
    register.act(&back, &omar, noon()).unwrap();
    assert!(owns(&register));
    assert!(register.act(&back, &omar, noon()).unwrap().is_empty(), "said once is enough");
}

#[test]
fn neither_a_program_nor_somebody_who_never_came_stands_in_for_the_last_owner() {
    let (mut register, _, omar) = owned();
    register.accounts.insert(omar.key(), account());
    let robot = program(Side::Internal, "robot", "acme");
    register.act(&token(robot, Verbs::ALL), &omar, noon()).unwrap();
    invite(&mut register, (Side::Internal, "ghost", "acme"), Verbs::ALL, &omar).unwrap();
    for act in [Act::End("g-omar".into(), "bye".into()), Act::Disable(omar.key())] {
        let refused = register.act(&act, &omar, noon()).unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{act:?}");
    }
    let ghost = principal(Side::Internal, "ghost", "acme");
    register.accounts.insert(ghost.key(), account());
    register.act(&Act::Disable(omar.key()), &omar, noon()).unwrap();
}

#[test]
fn the_guest_leaves_with_all_that_it_has() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Msp, "kim", "acme"), Verbs::CREW, &ann).unwrap();
    register.act(&token(newcomer(Side::Msp, "kim", "acme"), Verbs::CREW), &ann, noon()).unwrap();
    register.accounts.insert(omar.key(), account());
    let leave = Act::Offboard(acme(), Side::Msp);
    assert_eq!(register.act(&leave, &ann, noon()).unwrap_err().code, Code::NotAllowed);
    register.act(&leave, &omar, noon()).unwrap();
    assert!(!register.reach(&ann, noon()).sees_org(&acme()));
    assert!(register.tokens.values().all(|token| token.principal.org.is_none() || !token.is_valid(noon())));
    assert!(!register.grants["g-kim"].is_in_force(noon()));
    assert!(register.reach(&omar, noon()).may(Verb::Export, &acme(), None));
    let back = invite(&mut register, (Side::Msp, "lee", "acme"), Verbs::CREW, &ann);
    assert!(back.is_err(), "nobody of it comes in again");
}

#[test]
fn a_first_owner_whose_invitation_went_astray_is_invited_anew_until_they_have_come() {
    let (mut register, ann, omar) = begun();
    let anew = |text: &[u8]| Act::Reinvite(omar.key(), Sha256::of(text));
    register.act(&anew(b"one"), &ann, noon()).unwrap();
    register.act(&anew(b"two"), &ann, noon()).unwrap();
    assert_eq!(register.invitations.len(), 1, "the one before is void");
    register.act(&token(newcomer(Side::Internal, "omar", "acme"), Verbs::CREW), &omar, noon()).unwrap();
    let late = register.act(&anew(b"three"), &ann, noon()).unwrap_err();
    assert_eq!(late.code, Code::NotAllowed, "their own side looks after them now: {late}");
}

#[test]
fn the_first_administrators_grant_is_looked_at_too() {
    let (mut register, ann) = set_up(noon());
    let reviews = |register: &Register, days: i64| {
        let due = register.due(noon() + SignedDuration::from_hours(24 * days));
        due.into_iter().filter(|due| due.kind == DueKind::Review).map(|due| due.why).collect::<Vec<_>>()
    };
    assert_eq!(reviews(&register, 89), [""; 0]);
    assert_eq!(reviews(&register, 90), ["its review was to be by 2027-02-21"]);
    // One from before set-up gave a day.
    register.grants.get_mut("first").unwrap().review_at = None;
    assert_eq!(
        reviews(&register, 0),
        ["it has neither an end nor a day of review; `dogwatch access review` sets one"]
    );
    register.act(&Act::Review("first".into(), None), &ann, noon()).unwrap_err();
    invite(&mut register, (Side::Msp, "mira", "*"), Verbs::ALL, &ann).unwrap();
    register.act(&Act::Review("first".into(), None), &principal(Side::Msp, "mira", "*"), noon()).unwrap();
    assert_eq!(reviews(&register, 0), [""; 0]);
}

#[test]
fn nobody_comes_in_by_a_name_that_dogwatch_uses_itself() {
    let (mut register, ann) = set_up(noon());
    for id in ["dogwatch", "set-up", "break-glass", "nobody"] {
        let invited = invite(&mut register, (Side::Msp, id, "*"), Verbs::CREW, &ann).unwrap_err();
        let robot = program(Side::Msp, id, "acme");
        let made = register.act(&token(robot, Verbs::CREW), &ann, noon()).unwrap_err();
        for refused in [invited, made] {
            assert_eq!(refused.code, Code::Invalid);
            assert!(refused.what.contains("choose another id"), "{refused}");
        }
    }
    assert_eq!(register.people.len(), 1);
}

#[test]
fn who_is_refused_a_token_hears_what_is_missing_and_who_can_give_it() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "vera", "acme"), Verbs::EVERYBODY, &omar).unwrap();
    let vera = principal(Side::Internal, "vera", "acme");
    let refused = register.act(&token(newcomer(Side::Internal, "vera", "acme"), Verbs::CREW), &vera, noon());
    assert_eq!(
        refused.unwrap_err().what,
        "claim, handoff, snooze, close on acme is missing: a token never does more than its maker; ask for less (`--role \
         viewer`), or omar can give it: `dogwatch access grant vera claim handoff snooze close --scope acme --reason …`"
    );
    let narrow = Principal { ceiling: Verbs::EVERYBODY, ..ann };
    let refused =
        register.act(&token(newcomer(Side::Msp, "ann", "*"), Verbs::CREW), &narrow, noon()).unwrap_err();
    assert!(refused.what.contains("this token does not let it through: log in anew"), "{refused}");
}

#[test]
fn what_waits_for_an_owner_is_an_owners_to_give_and_nobody_gives_themself() {
    let (register, ann, omar) = owned();
    let told = |who: &Principal, verb, scope: &str| {
        let reach = register.reach(&omar, noon());
        register.explain(&who.key(), verb, &scope.parse().unwrap(), (&reach, noon()))
    };
    let export = told(&ann, Verb::Export, "acme");
    assert!(
        !export.allowed && export.because.iter().any(|why| why.contains("nobody has approved it in acme"))
    );
    assert_eq!(export.givers, ["omar"], "not ann herself");
    let everywhere = told(&ann, Verb::Export, "*");
    assert!(
        everywhere.allowed && everywhere.because.last().unwrap().contains("once an owner has approved it")
    );
    let intake = told(&omar, Verb::Intake, "acme");
    assert_eq!((intake.allowed, intake.givers), (false, Vec::<String>::new()), "he is the only one");
}

#[test]
fn a_grant_tells_whether_it_counts_or_waits_for_the_other_side() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Msp, "kim", "*"), Verbs::NONE, &ann).unwrap();
    let kim = principal(Side::Msp, "kim", "*");
    let given = [
        ("out", Verbs::of(&[Verb::Export]), GrantState::Waiting),
        ("both", Verbs::of(&[Verb::Claim, Verb::Export]), GrantState::InPart),
        ("day", Verbs::of(&[Verb::Claim]), GrantState::InForce),
    ];
    for (id, verbs, state) in given {
        register.act(&Act::Grant(wanted(id, &kim, verbs, "acme")), &ann, noon()).unwrap();
        assert_eq!(register.grant_state(&register.grants[id], noon()), state, "{id}");
        if state != GrantState::InForce {
            register.act(&approve(id), &omar, noon()).unwrap();
        }
        assert_eq!(register.grant_state(&register.grants[id], noon()), GrantState::InForce, "{id}");
    }
    register.act(&Act::End("out".into(), "done".into()), &omar, noon()).unwrap();
    assert_eq!(register.grant_state(&register.grants["out"], noon()), GrantState::Ended);
}
