//! Versions of the matrix: proposed by one, signed by both, in force on their day.

use std::collections::BTreeSet;

use dogwatch_model::Side;
use dogwatch_triage::{
    audit::Chain,
    matrix::{Standing, starter},
};
use jiff::{SignedDuration, Timestamp};

use super::{Command, Sim, org, person};
use crate::{
    access::{Principal, Verb, Verbs},
    core::Proposal,
    ownership::{MAX_WAITING, Version},
    refusal::{Code, Refusal},
};

fn text(last_resort: &str) -> String {
    starter(&org()).replace("last_resort = \"msp-noc\"", &format!("last_resort = \"{last_resort}\""))
}

impl Sim {
    fn propose(&mut self, text: &str, effective_at: Option<Timestamp>) -> Result<Version, Refusal> {
        self.propose_as(Side::Msp, text, effective_at)
    }

    fn propose_as(
        &mut self,
        side: Side,
        text: &str,
        effective_at: Option<Timestamp>,
    ) -> Result<Version, Refusal> {
        let proposal = Proposal { org: org(), text: text.to_owned(), effective_at, note: "n".to_owned() };
        self.ask(|reply| Command::ProposeMatrix(proposal, person(side), reply))
    }

    fn sign(&mut self, version: &Version, by: Principal) -> Result<Version, Refusal> {
        self.ask(|reply| Command::SignMatrix(org(), version.hash.clone(), by, reply))
    }

    fn standing(&self) -> (Standing, String) {
        let policy = self.handle.policy();
        let matrix = policy.matrix(&org());
        (matrix.standing(), matrix.last_resort().to_string())
    }
}

#[test]
fn a_text_that_steers_a_screen_by_an_escape_is_not_proposed() {
    let mut sim = Sim::new();
    for escape in ["\\u001b[2J", "\\u202e"] {
        let text = format!(
            "{}\n[[team]]\nid = \"night\"\nside = \"msp\"\nname = \"Night{escape}\"\n",
            starter(&org())
        );
        let refused = sim.propose(&text, None).unwrap_err();
        assert_eq!(refused.code, Code::Invalid, "{refused:?}");
        assert!(refused.to_string().contains("take it out"), "{refused:?}");
    }
}

#[test]
fn a_version_takes_effect_when_the_second_side_signs_and_outlives_a_restart() {
    let mut sim = Sim::new();
    assert_eq!(sim.standing(), (Standing::Provisional, "msp-noc".to_owned()));
    let version = sim.propose(&text("internal-it"), None).unwrap();
    sim.sign(&version, person(Side::Msp)).unwrap();
    assert_eq!(sim.standing(), (Standing::Provisional, "msp-noc".to_owned()));
    assert_eq!(sim.sign(&version, person(Side::Msp)).unwrap_err().code, Code::Conflict, "once a side");
    sim.sign(&version, person(Side::Internal)).unwrap();
    assert_eq!(sim.standing(), (Standing::Signed, "internal-it".to_owned()));
    assert!(sim.handle.policy().file_differs(&org()));
    let sim = sim.restart_after(SignedDuration::from_secs(5));
    assert_eq!(sim.standing(), (Standing::Signed, "internal-it".to_owned()));
}

#[test]
fn a_version_with_a_date_waits_for_it() {
    let mut sim = Sim::new();
    let day = sim.now + SignedDuration::from_hours(24);
    let version = sim.propose(&text("internal-it"), Some(day)).unwrap();
    sim.sign(&version, person(Side::Internal)).unwrap();
    sim.sign(&version, person(Side::Msp)).unwrap();
    assert_eq!(sim.standing().0, Standing::Provisional);
    sim.core.agree_if_due(day - SignedDuration::from_secs(1));
    assert_eq!(sim.standing().0, Standing::Provisional);
    sim.core.agree_if_due(day);
    assert_eq!(sim.standing(), (Standing::Signed, "internal-it".to_owned()));
}

#[test]
fn who_is_no_signer_signs_nothing() {
    let mut sim = Sim::new();
    let version = sim.propose(&text("internal-it"), None).unwrap();
    let member = Principal { ceiling: Verbs::CREW, ..person(Side::Msp) };
    let refused = sim.sign(&version, member).unwrap_err();
    assert_eq!(
        (refused.code, refused.what.contains("`sign` on home is missing")),
        (Code::NotAllowed, true),
        "{refused:?}"
    );
    let vendor = sim.sign(&version, person(Side::Vendor)).unwrap_err();
    assert_eq!(vendor.code, Code::NotAllowed);
}

#[test]
fn what_is_no_matrix_is_not_proposed_and_what_was_withdrawn_not_signed() {
    let mut sim = Sim::new();
    let broken = sim.propose("[org]\nid = \"home\"\nlast_resort = \"nobody\"\n", None).unwrap_err();
    assert_eq!(broken.code, Code::Invalid);
    assert!(broken.what.contains("draft:3:15"), "{}", broken.what);
    let version = sim.propose(&text("internal-it"), None).unwrap();
    assert_eq!(sim.propose(&text("internal-it"), None).unwrap_err().code, Code::Conflict);
    let hash = version.hash.clone();
    let theirs = sim.ask(|reply| Command::WithdrawMatrix(org(), hash.clone(), person(Side::Internal), reply));
    assert_eq!(theirs.unwrap_err().code, Code::NotAllowed, "the other side's proposal");
    sim.ask(|reply| Command::WithdrawMatrix(org(), hash, person(Side::Msp), reply)).unwrap();
    assert_eq!(sim.sign(&version, person(Side::Msp)).unwrap_err().code, Code::Conflict);
    assert!(sim.propose(&text("internal-it"), None).is_ok(), "it may be proposed anew");
}

fn with_signers(text: &str, msp: &str, internal: &str) -> String {
    format!(
        "{text}\n[[person]]\nid = \"mira\"\nteam = \"msp-noc\"\n\n[[person]]\nid = \"tim\"\nteam = \"msp-noc\"\n\n\
         [[person]]\nid = \"omar\"\nteam = \"internal-it\"\n\n[[side]]\nid = \"msp\"\nsigners = [\"{msp}\"]\n\n\
         [[side]]\nid = \"internal\"\nsigners = [\"{internal}\"]\n"
    )
}

fn named(name: &str, side: Side) -> Principal {
    let ceiling = Verbs::of(&[Verb::View, Verb::Sign]);
    Principal { person: name.parse().unwrap(), ceiling, ..person(side) }
}

#[test]
fn who_is_named_signs_with_what_they_opened_themself_and_nobody_in_their_name() {
    let mut sim = Sim::new();
    let first = sim.propose(&with_signers(&text("internal-it"), "mira", "omar"), None).unwrap();
    sim.sign(&first, person(Side::Msp)).unwrap();
    sim.sign(&first, person(Side::Internal)).unwrap();
    let second = sim.propose(&with_signers(&text("msp-noc"), "tim", "omar"), None).unwrap();
    let omar = named("omar", Side::Internal);
    let by_kim = Principal { maker: Some(person(Side::Internal).key()), ..omar.clone() };
    let reader = Principal { ceiling: Verbs::EVERYBODY, ..omar.clone() };
    for (by, why) in
        [(by_kim, "kim made this token for omar"), (reader, "`sign` on home is missing; this token")]
    {
        let refused = sim.sign(&second, by).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed, "{refused}");
        assert!(refused.what.contains(why) && refused.what.contains("`dogwatch login`"), "{refused}");
    }
    sim.sign(&second, omar).unwrap();
}

#[test]
fn a_draft_does_not_make_its_own_signers_and_what_was_in_force_before_can_be_agreed_on_again() {
    let mut sim = Sim::new();
    let first = sim.propose(&with_signers(&text("internal-it"), "mira", "omar"), None).unwrap();
    // The file names no signers yet: the administrators sign.
    sim.sign(&first, person(Side::Msp)).unwrap();
    sim.sign(&first, person(Side::Internal)).unwrap();
    let second = sim.propose(&with_signers(&text("msp-noc"), "tim", "omar"), None).unwrap();
    assert_eq!(sim.sign(&second, named("tim", Side::Msp)).unwrap_err().code, Code::NotAllowed);
    assert_eq!(sim.sign(&second, named("mira", Side::Internal)).unwrap_err().code, Code::NotAllowed);
    sim.sign(&second, named("mira", Side::Msp)).unwrap();
    sim.sign(&second, named("omar", Side::Internal)).unwrap();
    assert_eq!(sim.standing().1, "msp-noc");
    sim.now += SignedDuration::from_secs(1);
    let back = sim.propose(&first.text, None).unwrap();
    assert_eq!(sim.standing().1, "msp-noc", "its old signatures count no more");
    sim.sign(&back, named("tim", Side::Msp)).unwrap();
    sim.sign(&back, named("omar", Side::Internal)).unwrap();
    assert_eq!(sim.standing().1, "internal-it");
}

#[test]
fn what_one_side_leaves_waiting_never_bars_the_other_from_proposing_and_goes_with_the_side() {
    let mut sim = Sim::new();
    let guests = |n: usize| format!("{}# guest {n}\n", text("msp-noc"));
    let waiting: Vec<Version> = (0..MAX_WAITING).map(|n| sim.propose(&guests(n), None).unwrap()).collect();
    let refused = sim.propose(&guests(MAX_WAITING), None).unwrap_err();
    assert!(refused.what.contains("8 versions of your side wait"), "{refused}");
    let own = sim.propose_as(Side::Internal, &text("internal-it"), None).unwrap();
    let agreed = &waiting[0];
    sim.sign(agreed, person(Side::Msp)).unwrap();
    sim.sign(agreed, person(Side::Internal)).unwrap();
    assert_eq!(sim.say_goodbye().proposals, MAX_WAITING - 1);
    let standing = |sim: &Sim| {
        sim.handle.read(|state| {
            let left = state.matrices[&org()].iter().filter(|version| version.withdrawn_at.is_none());
            left.map(|version| version.hash.clone()).collect::<BTreeSet<_>>()
        })
    };
    let stays = BTreeSet::from([agreed.hash.clone(), own.hash]);
    assert_eq!(standing(&sim), stays, "what both agreed on stays");
    let withdrawn = sim.records(Chain::Org(org())).into_iter();
    assert_eq!(withdrawn.filter(|record| record.act == "ownership.withdraw").count(), MAX_WAITING - 1);
    let sim = sim.restart_after(SignedDuration::from_secs(5));
    assert_eq!(standing(&sim), stays);
}
