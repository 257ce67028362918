//! Five hundred screens that listen and a hundred programs that ask, while a thousand things a second change.
//!
//! Nobody may miss what they may see: the listeners that see everything are held against one that understands each event,
//! that one against the queue, and those of one org against its share. Acknowledgements are timed with nobody listening
//! and with listeners that take nothing, so that slowness of theirs would show.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::{net::TcpStream, runtime::Handle};
use tokio_rustls::client::TlsStream;

use super::{api::Api, collector::Collector, figure::Figure, storm};
use crate::load::{
    facts::RootVolume,
    fleet::Fleet,
    latency::Latencies,
    listener::{self, Account, Ear, Told},
    process::Meter,
    trust::Place,
};

/// Orgs with machines, and with people who see one of them.
const ORGS: usize = 10;
/// Screens.
const LISTENERS: usize = 500;
/// Of each hundred screens so many see every org: an operations centre.
const WIDE_OF_HUNDRED: usize = 20;
/// Screens of one person.
const PER_PERSON: usize = 20;
/// Programs that ask for a page a second.
const POLLERS: usize = 100;
/// What each asks for.
const PAGES: [&str; 2] = ["/api/v1/queue?limit=50", "/api/v1/fleet?limit=50"];
/// Listeners that take nothing.
const STALLED: usize = 50;
/// Machines that change in a second: each changes [`storm::RULES`] alerts.
const FLIPS_PER_SECOND: u32 = 100;
/// Machines that change at the same time.
const HANDS: usize = 8;
/// What is promised.
const TARGET_PAGE_P99_MS: f64 = 50.0;
/// How much slower an acknowledgement may be for listeners that take nothing.
const TARGET_STALLED: f64 = 1.1;
/// So long without a word: longer than the collector gathers.
const QUIET: Duration = Duration::from_millis(500);
/// Of those who were told something else so many are shown.
const SHOWN_WRONG: usize = 5;
/// Past this what was not told will not be.
const PATIENCE: Duration = Duration::from_secs(20);

fn org(n: usize) -> String {
    format!("org-{n}")
}

/// A collector with machines in every org, and how to listen to it.
struct Scene {
    collector: Collector,
    /// The API as each org's owner speaks to it, who lets in their side's people.
    owners: Vec<Api>,
    fleet: Fleet,
    place: Place,
}

/// Somebody's token, and the org that they see; all when absent.
struct Ticket {
    token: String,
    org: Option<String>,
}

/// Runs it.
pub fn run(runtime: &Handle, machines: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("events: attaching {machines} agents in {ORGS} orgs"));
    let scene = Scene::begin(runtime, machines)?;
    let mut figures = Vec::new();

    say("events: changes with nobody listening");
    let mut quiet = scene.strike(runtime, RootVolume::Full)?.acknowledged;
    say(&format!("events: changes with {STALLED} listeners that take nothing"));
    let stalled = scene.listen(runtime, STALLED, WIDE_OF_HUNDRED)?;
    let mut slow = scene.strike(runtime, RootVolume::Roomy)?.acknowledged;
    drop(stalled);
    for (name, wide) in [("", WIDE_OF_HUNDRED), (", all of every org", 100)] {
        figures.extend(scene.listened_to(runtime, name, wide, say)?);
    }
    let before = quiet.quantile_ms(0.99);
    figures.push(
        Figure::new(
            format!("report to acknowledgement, p99, {STALLED} listeners take nothing"),
            "ms",
            slow.quantile_ms(0.99),
        )
        .beside(before)
        .at_most_times_bare(TARGET_STALLED),
    );
    runtime.block_on(scene.fleet.leave());
    Ok(figures)
}

/// One who listens, the org that they see, and what they were told.
struct Screen {
    ear: Ear,
    org: Option<String>,
    told: Arc<Told>,
    /// What they were told before the waves.
    before: (u64, u64),
}

/// What one wave of changes came to.
struct Wave {
    acknowledged: Latencies,
    took: Duration,
}

impl Scene {
    fn begin(runtime: &Handle, machines: usize) -> Result<Self> {
        let collector = Collector::start(runtime)?;
        collector.policy("rules.toml", &storm::rules())?;
        let (mut crew, mut owners) = (Vec::new(), Vec::new());
        for n in 0..ORGS {
            let matrix = storm::MATRIX.replace("\"home\"", &format!("\"{}\"", org(n)));
            collector.policy(&format!("orgs/{}.toml", org(n)), &matrix)?;
            crew.extend(collector.crew_in(runtime, &org(n), machines / ORGS)?);
            let owner =
                json!({ "person": format!("owner-{n}"), "side": "internal", "org": org(n), "role": "admin" });
            let mut api = collector.api().clone();
            api.sign_in(&token(collector.api(), &owner)?);
            owners.push(api);
        }
        let fleet = runtime.block_on(Fleet::attach(crew))?;
        let place = runtime.block_on(Place::find(collector.people()))?;
        Ok(Self { collector, owners, fleet, place })
    }

    /// Every machine's first volume turns, [`FLIPS_PER_SECOND`].
    fn strike(&self, runtime: &Handle, to: RootVolume) -> Result<Wave> {
        let start = Instant::now();
        let each = Duration::from_secs(1) / FLIPS_PER_SECOND;
        let hand = |first: usize| -> Result<Latencies> {
            let mut seen = Latencies::default();
            for machine in (first..self.fleet.len()).step_by(HANDS) {
                let at = start + each * u32::try_from(machine)?;
                thread::sleep(at.saturating_duration_since(Instant::now()));
                seen.record(runtime.block_on(self.fleet.sample_now(machine, to))?);
            }
            Ok(seen)
        };
        let acknowledged = thread::scope(|scope| {
            let hands: Vec<_> = (0..HANDS).map(|first| scope.spawn(move || hand(first))).collect();
            let mut all = Latencies::default();
            for hand in hands {
                let seen = hand.join().map_err(|_| anyhow::anyhow!("a hand fell off"))??;
                all.extend(&seen);
            }
            anyhow::Ok(all)
        })?;
        Ok(Wave { acknowledged, took: start.elapsed() })
    }

    /// Tokens for so many listeners, of which some of each hundred see every org.
    fn tickets(&self, listeners: usize, wide_of_hundred: usize) -> Result<Vec<Ticket>> {
        let wide = listeners * wide_of_hundred / 100;
        let mut tickets = Vec::new();
        for of in [None].into_iter().chain((0..ORGS).map(Some)) {
            let screens = of.map_or(wide, |n| (listeners - wide + ORGS - 1 - n) / ORGS);
            let (by, side) = of.map_or((self.collector.api(), "msp"), |n| (&self.owners[n], "internal"));
            let org = of.map(org);
            for first in (0..screens).step_by(PER_PERSON) {
                let of = org.as_deref().unwrap_or("all");
                let person = format!("screen-{wide_of_hundred}-{listeners}-{of}-{first}");
                let mut order = json!({ "person": person, "side": side, "role": "viewer" });
                if let Some(org) = &org {
                    order["org"] = json!(org);
                }
                let token = token(by, &order)?;
                let each = (first..screens.min(first + PER_PERSON))
                    .map(|_| Ticket { token: token.clone(), org: org.clone() });
                tickets.extend(each);
            }
        }
        Ok(tickets)
    }

    /// Opens streams, one after the other.
    fn listen(
        &self,
        runtime: &Handle,
        listeners: usize,
        wide_of_hundred: usize,
    ) -> Result<Vec<(TlsStream<TcpStream>, Option<String>)>> {
        let tickets = self.tickets(listeners, wide_of_hundred)?;
        runtime.block_on(async {
            let mut streams = Vec::new();
            for Ticket { token, org } in tickets {
                streams.push((listener::open(&self.place, self.collector.root(), &token).await?, org));
            }
            Ok(streams)
        })
    }

    /// Two waves with everybody there.
    fn listened_to(
        &self,
        runtime: &Handle,
        name: &str,
        wide_of_hundred: usize,
        say: &dyn Fn(&str),
    ) -> Result<Vec<Figure>> {
        say(&format!("events: {LISTENERS} listeners{name} and {POLLERS} programs that ask"));
        let (before, own) = (self.collector.meter().resident_bytes()?, Meter::own());
        let account = Arc::<Mutex<Account>>::default();
        let reference = self.listen(runtime, 1, 100)?.pop().context("one listener")?.0;
        let _entered = runtime.enter();
        let _reference = listener::understand(reference, Arc::clone(&account));
        let screen = |(stream, org)| {
            let told = Arc::<Told>::default();
            Screen { ear: listener::count(stream, Arc::clone(&told)), told, org, before: (0, 0) }
        };
        let mut screens: Vec<_> =
            self.listen(runtime, LISTENERS, wide_of_hundred)?.into_iter().map(screen).collect();
        let begun = settle(&account, &mut screens);
        let (cpu, own_cpu, start) = (self.collector.meter().cpu()?, own.cpu()?, Instant::now());
        let (mut pages, mut acknowledged, took) = self.two_waves(runtime)?;
        let (cpu, own_cpu) = (self.collector.meter().cpu()? - cpu, own.cpu()? - own_cpu);
        let elapsed = start.elapsed();
        let (changes, wrong) = self.judge((&account, &begun), &screens, say)?;
        let after = self.collector.meter().resident_bytes()?;
        let seconds = took.as_secs_f64();
        let bytes: u64 = screens.iter().map(|screen| screen.told.bytes.load(Relaxed)).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let figure = |name: &str, unit, value: u64| Figure::new(name, unit, value as f64);
        Ok(vec![
            Figure::new(
                format!("{LISTENERS} listeners{name}, {POLLERS} programs: a page, p99"),
                "ms",
                pages.quantile_ms(0.99),
            )
            .at_most(TARGET_PAGE_P99_MS),
            Figure::new("  p50", "ms", pages.quantile_ms(0.5)),
            figure("  listeners that were not told what they may see, in order and once", "", wrong)
                .at_most(0.0),
            #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
            Figure::new("  changes", "/s", changes as f64 / seconds),
            #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
            Figure::new("  told in all", "MB/s", bytes as f64 / 1e6 / seconds),
            Figure::new("  report to acknowledgement, p99", "ms", acknowledged.quantile_ms(0.99)),
            Figure::new("  collector's share of one processor", "%", share(cpu, elapsed)),
            Figure::new("  the load's share of one processor", "%", share(own_cpu, elapsed)),
            figure("  memory for all of them", "MiB", after.saturating_sub(before) >> 20),
        ])
    }

    /// Two waves of changes while programs ask: how long their pages took, and acknowledgements, and the waves.
    fn two_waves(&self, runtime: &Handle) -> Result<(Latencies, Latencies, Duration)> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let programs: Vec<_> = (0..POLLERS)
                .map(|n| {
                    let (over, api) = (&over, self.collector.api().clone());
                    scope.spawn(move || poll(&api, n, over))
                })
                .collect();
            let waves = [RootVolume::Full, RootVolume::Roomy].map(|to| self.strike(runtime, to));
            over.store(true, Relaxed);
            let (mut pages, mut acknowledged) = (Latencies::default(), Latencies::default());
            for program in programs {
                pages.extend(&program.join().map_err(|_| anyhow::anyhow!("a program fell over"))??);
            }
            let mut took = Duration::ZERO;
            for wave in waves {
                let wave = wave?;
                acknowledged.extend(&wave.acknowledged);
                took += wave.took;
            }
            Ok((pages, acknowledged, took))
        })
    }

    /// How many changes there were, and how many listeners were told something else than they should have been.
    fn judge(
        &self,
        (account, begun): (&Mutex<Account>, &Account),
        screens: &[Screen],
        say: &dyn Fn(&str),
    ) -> Result<(u64, u64)> {
        let start = Instant::now();
        loop {
            let truth = account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            let due =
                |of: &Option<String>| since(truth.heard_by(of.as_deref()), begun.heard_by(of.as_deref()));
            let all = due(&None);
            ensure!(screens.iter().all(|screen| screen.ear.listens()), "a listener's stream came to its end");
            let is_wrong = |Screen { told, org, before, .. }: &&Screen| {
                since(told.account(), *before) != due(org) || told.missed.load(Relaxed) > 0
            };
            let wrong = screens.iter().filter(is_wrong).count() as u64;
            let known = self.versions_are_known(&truth)?;
            if (wrong == 0 && known) || start.elapsed() > PATIENCE {
                ensure!(known, "the listener that understands everything does not know the queue as it is");
                for Screen { told, org, .. } in screens.iter().filter(is_wrong).take(SHOWN_WRONG) {
                    let (due, missed) = (due(org).0, told.missed.load(Relaxed));
                    say(&format!(
                        "events: one of {org:?} was told {} changes of {due}, {missed} × missed",
                        told.account().0
                    ));
                }
                return Ok((all.0, wrong));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether the versions that were told last are those of the queue.
    fn versions_are_known(&self, truth: &Account) -> Result<bool> {
        let queue = self.collector.api().get("/api/v1/queue?state=all&hidden=true&limit=20000")?;
        let alerts = queue["alerts"].as_array().context("a list")?;
        Ok(truth.versions.len() == alerts.iter().filter(|alert| alert["category"] == storm::CATEGORY).count()
            && alerts.iter().filter(|alert| alert["category"] == storm::CATEGORY).all(|alert| {
                let number = alert["number"].as_u64().unwrap_or_default();
                truth.versions.get(&number).copied() == alert["version"].as_u64()
            }))
    }
}

/// Waits until nothing is told any more: a change while the doors opened was rightly told to some and not to others. Gives
/// what the one that understands had been told by then.
fn settle(account: &Mutex<Account>, screens: &mut [Screen]) -> Account {
    loop {
        let before = account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        screens.iter_mut().for_each(|screen| screen.before = screen.told.account());
        thread::sleep(QUIET);
        let after = account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if before == after && screens.iter().all(|screen| screen.before == screen.told.account()) {
            return after;
        }
    }
}

/// What came on top of what had been told before.
fn since(now: (u64, u64), before: (u64, u64)) -> (u64, u64) {
    (now.0.saturating_sub(before.0), now.1.wrapping_sub(before.1))
}

/// A token made to order, by who may.
fn token(by: &Api, order: &serde_json::Value) -> Result<String> {
    let made = by.post("/api/v1/tokens", order)?;
    Ok(made["token"].as_str().context("a token is shown once")?.to_owned())
}

/// One program that asks for a page a second, at its own phase.
fn poll(api: &Api, n: usize, over: &AtomicBool) -> Result<Latencies> {
    let mut seen = Latencies::default();
    let mut at = Instant::now() + Duration::from_secs(1) * u32::try_from(n)? / u32::try_from(POLLERS)?;
    while !over.load(Relaxed) {
        thread::sleep(at.saturating_duration_since(Instant::now()));
        at += Duration::from_secs(1);
        let start = Instant::now();
        api.get(PAGES[n % PAGES.len()])?;
        seen.record(start.elapsed());
    }
    Ok(seen)
}

fn share(cpu: Duration, elapsed: Duration) -> f64 {
    cpu.as_secs_f64() / elapsed.as_secs_f64() * 100.0
}
