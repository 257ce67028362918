//! Ways in that would lead nowhere, and whom a name means.

use dogwatch_model::Side;
use jiff::SignedDuration;

use super::{
    cast::{account, acme, grant, invite, newcomer, noon, owned, principal, token},
    second_factor::{session, without_second_factor},
};
use crate::{
    access::{Act, Change, Factor, Login, NAMESAKES, PersonKey, Register, Scope, Sha256, Verb, Verbs},
    refusal::Code,
};

fn key(text: &str) -> PersonKey {
    text.parse().unwrap()
}

fn called(register: &Register, text: &str) -> Vec<String> {
    let (called, rounds) = register.called(text, noon());
    assert!(called.len() <= rounds);
    called.into_iter().map(|(key, _)| key.to_string()).collect()
}

#[test]
fn a_bare_name_means_those_who_can_come_in_with_a_password_and_no_newcomer_pushes_them_out() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Msp, "sam", "*"), Verbs::CREW, &ann).unwrap();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    let give = |register: &mut Register, text: &str| {
        register.apply(&[Change::Account(key(text), Some(Box::new(account())))]);
    };
    give(&mut register, "msp:sam");
    assert_eq!(called(&register, "sam"), ["msp:sam"], "acme's has no password");
    give(&mut register, "acme:sam");
    assert_eq!(called(&register, " sam "), ["msp:sam", "acme:sam"]);
    assert_eq!(called(&register, "acme:sam"), ["acme:sam"]);
    assert!(called(&register, "acme:nobody").is_empty() && called(&register, "a:b:c").is_empty());
    for n in 0..5 {
        let other = format!("org{n}:sam");
        let person = crate::access::Person {
            home: format!("org{n}").parse().unwrap(),
            created_at: noon() + SignedDuration::from_hours(n + 1),
            ..register.people[&key("acme:sam")].clone()
        };
        register.apply(&[Change::Person(person)]);
        give(&mut register, &other);
    }
    let many = called(&register, "sam");
    assert_eq!((many.len(), &*many[0], &*many[1]), (NAMESAKES, "msp:sam", "acme:sam"));
    register.act(&Act::Disable(key("acme:sam")), &omar, noon()).unwrap();
    assert!(!called(&register, "sam").contains(&"acme:sam".to_owned()));
    let rounds = |text| register.called(text, noon()).1;
    assert_eq!((rounds("sam"), rounds("nobody")), (NAMESAKES, NAMESAKES), "the same work for everybody");
}

#[test]
fn who_is_disabled_gets_no_invitation_and_no_token_that_lead_nowhere() {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    register.act(&Act::Disable(key("acme:sam")), &omar, noon()).unwrap();
    let again = Act::Reinvite(key("acme:sam"), Sha256::of(b"letter"));
    let made = token(newcomer(Side::Internal, "sam", "acme"), Verbs::CREW);
    for act in [&again, &made] {
        let refused = register.act(act, &omar, noon()).unwrap_err();
        assert_eq!(refused.what, "acme:sam is disabled: `dogwatch access enable acme:sam` first");
    }
    register.act(&Act::Enable(key("acme:sam")), &omar, noon()).unwrap();
    for act in [again, made] {
        register.act(&act, &omar, noon()).unwrap();
    }
}

#[test]
fn a_token_by_which_nothing_would_come_through_is_not_made() {
    let (mut register, _, omar) = owned();
    let mut program = newcomer(Side::Internal, "feeder", "acme");
    program.service = true;
    let made = token(program.clone(), Verbs::EVERYBODY);
    register.act(&made, &omar, noon()).unwrap();
    let intake = Verbs::of(&[Verb::Intake]);
    let mut wanted = token(program, intake);
    if let Act::MakeToken(wanted) = &mut wanted {
        wanted.hash = Sha256::of(b"another");
    }
    let refused = register.act(&wanted, &omar, noon()).unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    assert!(
        refused.what.ends_with("`dogwatch access grant acme:feeder intake --scope acme --reason …`"),
        "{refused}"
    );
    let feeder = principal(Side::Internal, "feeder", "acme");
    register.act(&grant("g1", &feeder, intake), &omar, noon()).unwrap();
    register.act(&wanted, &omar, noon()).unwrap();
}

#[test]
fn a_session_by_password_alone_ends_with_the_first_risky_right_and_stays_ended() {
    let (mut register, omar, bare) = without_second_factor();
    let sam = principal(Side::Internal, "sam", "acme");
    let valid = |register: &Register| {
        let all = register.tokens.of(&sam.key()).filter(|token| token.is_valid(noon()));
        all.count()
    };
    assert_eq!(valid(&register), bare.len());
    register.act(&grant("g1", &sam, Verbs::of(&[Verb::Export])), &omar, noon()).unwrap();
    assert_eq!(valid(&register), 0);
    register.act(&Act::End("g1".into(), "done".into()), &omar, noon()).unwrap();
    assert_eq!(valid(&register), 0, "what ended does not come back");

    let (mut register, omar, _) = without_second_factor();
    let with_code = session(&mut register, Factor::Totp(100));
    register.act(&Act::SecondFactor("acme".parse().unwrap(), true), &omar, noon()).unwrap();
    let left: Vec<_> = register.tokens.of(&sam.key()).filter(|token| token.is_valid(noon())).collect();
    assert_eq!(left.iter().map(|token| &token.principal).collect::<Vec<_>>(), [&with_code]);
}

#[test]
fn rights_are_told_as_they_count_and_where_they_differ() {
    let (register, ann, omar) = owned();
    let orgs = ["acme".parse().unwrap(), "home".parse().unwrap()];
    let scope = |text: &str| text.parse::<Scope>().unwrap();
    let rights = register.reach(&ann, noon()).rights(orgs.iter());
    let guest = Verbs::ALL.without(Verbs::ALL.risky());
    assert_eq!(
        rights,
        [(Verbs::ALL, vec![scope("*")]), (guest, vec![scope("acme")])],
        "acme has not approved"
    );
    assert_eq!(register.reach(&omar, noon()).rights(orgs.iter()), [(Verbs::ALL, vec![scope("acme")])]);
    let lee = register.reach(&principal(Side::Msp, "lee", "*"), noon());
    assert!(lee.rights(orgs.iter()).is_empty() && lee.at(&scope("*")).is_empty(), "nobody of that name");
}

#[test]
fn an_orgs_rule_counts_for_the_msps_people_who_reach_every_org() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Msp, "lee", "*"), Verbs::CREW, &ann).unwrap();
    register.apply(&[Change::Account(key("msp:lee"), Some(Box::new(account())))]);
    let mut number = 0;
    let mut comes = |register: &mut Register, factor| {
        number += 1;
        let hash = Sha256::of(format!("lee {number}").as_bytes());
        let (set_at, browser) = (Some(noon()), false);
        let login = Login { who: key("msp:lee"), set_at, factor, hash, browser, instead_of: None };
        register.log_in(&login, noon()).map(|_| register.tokens[&hash].clone())
    };
    let bare = comes(&mut register, Factor::None).unwrap();
    assert!(register.reach(&bare.principal, noon()).sees_org(&acme()), "nobody asks for more");
    register.act(&Act::SecondFactor(acme(), true), &omar, noon()).unwrap();
    let reach = register.reach(&bare.principal, noon());
    assert!(!reach.sees_org(&acme()) && reach.anywhere().is_empty() && reach.lacks_second_factor());
    assert!(!register.tokens[&bare.hash].is_valid(noon()), "what a password alone opened ends");
    let refused = comes(&mut register, Factor::None).unwrap_err();
    assert_eq!(refused.reason, Some("second_factor"), "{refused}");
    assert!(refused.what.starts_with("the code of your second factor is missing"), "{refused}");
    let with_code = comes(&mut register, Factor::Totp(1)).unwrap();
    assert!(register.reach(&with_code.principal, noon()).sees_org(&acme()));

    register.act(&Act::Offboard(acme(), Side::Msp), &omar, noon()).unwrap();
    let home = register.asks_second_factor(&"*".parse().unwrap());
    assert!(!home, "an org that the MSP has left asks nothing of it");
}
