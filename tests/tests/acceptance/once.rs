//! What is asked for under an `Idempotency-Key` is done once, and the record of it holds, whenever the collector dies.
//!
//! Callers do things one after the other, each under a key of its own, until the collector is killed under them. Then
//! each asks again what had an answer, and of what had none every second thing. Whatever has no second try stands for
//! those who never ask again: its effect and its record are both there or both not.

mod act;

use std::{
    collections::BTreeSet,
    fs,
    hint::spin_loop,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use act::{Act, Deed, effects, recorded};
use dogwatch_tests::{
    bench::api::Api,
    harness::{Lab, ORG, PATIENCE, settings::Settings, wait},
};
use serde_json::json;

/// Callers at the same time.
const CALLERS: usize = 4;
/// Answers that a life gives before its end, at the most.
const LONGEST_LIFE: u64 = 24;
/// Ends of lives are so much apart within the time that one act takes: some lie between its commit and its answer.
const STEP: Duration = Duration::from_micros(370);
/// The time of an act, roughly.
const AN_ACT: u32 = 17;

/// What a run of lives was.
#[derive(Debug, Default)]
struct Run {
    done: Vec<Deed>,
    /// Cut off and then found done, by their second try.
    found_done: usize,
}

#[test]
fn a_key_is_done_once_and_recorded_once_over_thirty_deaths() {
    let lab = Lab::with(&Settings { settle_every: "50ms", ..Settings::default() });
    live_and_die(lab, 30);
}

#[test]
fn a_key_is_done_once_and_recorded_once_over_deaths_among_snapshots() {
    let settings = Settings { settle_every: "50ms", snapshot_every: "100ms", ..Settings::default() };
    live_and_die(Lab::with(&settings), 12);
}

#[expect(clippy::print_stdout, reason = "how much was survived belongs into a test's output")]
fn live_and_die(mut lab: Lab, deaths: u32) {
    // A site is there once a machine is.
    let _machine = lab.enrol("srv-01");
    let callers: Vec<Api> = (0..CALLERS).map(|_| another_token(&lab)).collect();
    let (mut run, counter) = (Run::default(), AtomicU64::new(0));
    for death in 0..deaths {
        let tried = one_life(&mut lab, &callers, &counter, death);
        for (caller, deed) in tried {
            run.ask_again(&callers[caller], deed);
        }
        verified(&lab);
    }
    let cut = run.done.iter().filter(|deed| deed.answer.is_none()).count();
    println!(
        "{deaths} deaths, {} acts, {cut} cut off and left, {} found done",
        run.done.len(),
        run.found_done
    );
    assert!(cut > 0, "nothing was ever cut off");
    once_each(&lab, &run);
}

/// Another token of the administrator: a caller of its own.
#[track_caller]
fn another_token(lab: &Lab) -> Api {
    let made = lab.collector().api().post("/api/v1/tokens", &json!({})).expect("a token for oneself");
    let token = made["token"].as_str().expect("a token is shown once");
    lab.canaries().note(&format!("the token {}", made["id"]), token);
    let mut api = lab.collector().api().clone();
    api.sign_in(token);
    api
}

/// Lets every caller act until the collector is killed at some instant; gives what each has tried.
fn one_life(lab: &mut Lab, callers: &[Api], counter: &AtomicU64, death: u32) -> Vec<(usize, Deed)> {
    let answers = AtomicU64::new(0);
    let after = 1 + u64::from(death) * 7 % LONGEST_LIFE;
    let tried = thread::scope(|scope| {
        let answers = &answers;
        let act = |(index, api): (usize, &Api)| {
            let api = api.clone();
            scope.spawn(move || (index, act_until_cut_off(&api, counter, answers)))
        };
        let callers: Vec<_> = callers.iter().enumerate().map(act).collect();
        wait::wait_for("answers", PATIENCE, || answers.load(Ordering::Relaxed), |given| *given >= after);
        let more = STEP * (death % AN_ACT);
        let from = Instant::now();
        while from.elapsed() < more {
            spin_loop();
        }
        lab.collector_mut().kill();
        callers.into_iter().map(|caller| caller.join().expect("a caller's thread")).collect::<Vec<_>>()
    });
    lab.collector_mut().start();
    tried.into_iter().flat_map(|(caller, deeds)| deeds.into_iter().map(move |deed| (caller, deed))).collect()
}

fn act_until_cut_off(api: &Api, counter: &AtomicU64, answers: &AtomicU64) -> Vec<Deed> {
    let mut deeds = Vec::new();
    loop {
        let mut deed = Deed::new(Act::of(counter.fetch_add(1, Ordering::Relaxed)));
        deed.answer = deed.ask(api).ok();
        let cut = deed.answer.is_none();
        deeds.push(deed);
        if cut {
            return deeds;
        }
        answers.fetch_add(1, Ordering::Relaxed);
    }
}

impl Run {
    /// A second try, and a third, under the same key.
    fn ask_again(&mut self, api: &Api, mut deed: Deed) {
        let left_alone = deed.answer.is_none() && deed.act.number() % 2 == 1;
        if left_alone {
            self.done.push(deed);
            return;
        }
        let second = deed.ask(api).expect("the collector is back");
        let third = deed.ask(api).expect("the collector is back");
        match &deed.answer {
            Some(first) => {
                assert!(first.status < 300, "{first:?}");
                assert_eq!((first.status, &first.body), (second.status, &second.body), "{deed:?}");
                assert_eq!(second.header("idempotency-replayed"), Some("true"), "{second:?}");
            }
            // It died between the effect and its answer: it was done, and what was answered is not known.
            None if second.status == 409 => {
                assert_eq!(second.json()["reason"], "done_before", "{second:?}");
                self.found_done += 1;
            }
            None if second.header("idempotency-replayed").is_some() => self.found_done += 1,
            None => assert!(second.status < 300, "{second:?}"),
        }
        assert_eq!((second.status, &second.body), (third.status, &third.body), "{deed:?}");
        deed.answer = Some(second);
        self.done.push(deed);
    }
}

/// Both chains hold, with what this computer remembers of them from before.
#[track_caller]
fn verified(lab: &Lab) {
    for whose in [&["--org", ORG][..], &["--collector"]] {
        lab.admin().run(&[&["audit", "--verify"], whose].concat()).succeeds();
    }
}

/// Every effect is there once and has one record; there is no record of what is not there, and nothing nobody asked for.
#[track_caller]
fn once_each(lab: &Lab, run: &Run) {
    let effects = effects(lab);
    let records = recorded(&exported(lab));
    for deed in &run.done {
        let mark = deed.act.mark();
        let there = effects.iter().filter(|effect| **effect == mark).count();
        match deed.answer {
            Some(_) => assert_eq!(there, 1, "{deed:?}"),
            None => assert!(there <= 1, "{there} of {deed:?}"),
        }
        if deed.act.is_recorded() {
            let told = records.iter().filter(|record| **record == mark).count();
            assert_eq!(told, there, "records of {deed:?}");
        }
    }
    let asked: BTreeSet<String> = run.done.iter().map(|deed| deed.act.mark()).collect();
    let strange = effects.iter().chain(&records).find(|mark| !asked.contains(*mark));
    assert_eq!(strange, None, "nobody has asked for it");
}

/// Both chains, taken out and verified away from the collector.
#[track_caller]
fn exported(lab: &Lab) -> String {
    let export = |(name, whose): (&str, &[&str])| {
        let file = lab.folder().join(name).display().to_string();
        lab.admin().run(&[&["audit", "--export", &file], whose].concat()).succeeds();
        lab.admin().run(&["audit", "--verify", &file]).succeeds();
        fs::read_to_string(&file).expect("it was just written")
    };
    [("org", &["--org", ORG][..]), ("all", &["--collector"])].map(export).concat()
}
