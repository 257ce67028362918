//! Random changes, listeners with random rights, quick ones, slow ones and some that come back: each is told exactly what
//! they may hear, in order and once, or how much they missed.

use proptest::prelude::*;

use super::*;
use crate::feed::ring::Ring;

const GROUPS: usize = 6;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A commit changes something in these groups.
    Commit(Vec<usize>),
    /// The tick comes.
    Tick,
    /// A listener takes what is ready.
    Take(usize),
    /// A listener goes, and comes back where it was.
    Return(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec(0..GROUPS, 1..6).prop_map(Step::Commit),
        2 => Just(Step::Tick),
        2 => (0..LISTENERS).prop_map(Step::Take),
        1 => (0..LISTENERS).prop_map(Step::Return),
    ];
    prop::collection::vec(step, 1..120)
}

const LISTENERS: usize = 4;

/// One who listens, and what they were told so far.
struct Client {
    listener: Listener,
    rights: Rights,
    hears: Vec<usize>,
    last_id: Option<String>,
    told: Vec<(usize, usize)>,
    missed: u64,
}

impl Client {
    async fn take(&mut self) {
        for event in ready(&mut self.listener).await {
            self.last_id = Some(event.id.clone());
            match event.kind.as_str() {
                "missed" => self.missed += event.data["missed"].as_u64().unwrap(),
                "hello" => {}
                _ => {
                    let site = event.data["site"].as_str().unwrap();
                    self.told.push((site[1..].parse().unwrap(), event.number().unwrap()));
                }
            }
        }
    }
}

fn groups() -> Vec<Arc<Group>> {
    (0..GROUPS).map(|n| group("acme", &format!("s{n}"), Kind::Alert)).collect()
}

async fn play(steps: Vec<Step>, hearing: Vec<BTreeSet<usize>>, max_bytes: usize) {
    let (feed, groups) = (Feed::default(), groups());
    *feed.0.ring.write().unwrap() = Ring::bounded(max_bytes, 100_000);
    let client = |hears: &BTreeSet<usize>| {
        let rights = Rights::to(hears.iter().map(|n| &groups[*n]));
        let listener = listen(&feed, &rights, Since::Now);
        let hears = hears.iter().copied().collect();
        Client { listener, rights, hears, last_id: None, told: Vec::new(), missed: 0 }
    };
    let mut clients: Vec<Client> = hearing.iter().map(client).collect();
    for client in &mut clients {
        client.take().await;
    }
    let mut happened: Vec<(usize, usize)> = Vec::new();
    for step in steps {
        match step {
            Step::Commit(of) => {
                let of = of.into_iter().map(|n| {
                    happened.push((n, happened.len()));
                    change(&groups[n], happened.len() - 1)
                });
                feed.publish(news(of.collect()));
            }
            Step::Tick => feed.flush(),
            Step::Take(n) => clients[n].take().await,
            Step::Return(n) => {
                let since = clients[n].last_id.clone().unwrap();
                clients[n].listener = listen(&feed, &clients[n].rights, Since::After(&since));
            }
        }
    }
    feed.flush();
    for client in &mut clients {
        client.take().await;
        judge(client, &happened);
    }
}

fn judge(client: &Client, happened: &[(usize, usize)]) {
    let due: Vec<_> = happened.iter().copied().filter(|(group, _)| client.hears.contains(group)).collect();
    assert_eq!(client.told.len() as u64 + client.missed, due.len() as u64, "nothing is lost unsaid");
    assert!(client.told.iter().all(|told| due.contains(told)), "nobody is told what is not theirs");
    for group in &client.hears {
        let of: Vec<usize> = client.told.iter().filter(|told| told.0 == *group).map(|told| told.1).collect();
        assert!(of.is_sorted_by(|a, b| a < b), "in order and once: {of:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn everybody_is_told_what_they_may_hear_or_that_they_missed_it(
        steps in steps(),
        hearing in prop::collection::vec(prop::collection::btree_set(0..GROUPS, 0..=GROUPS), LISTENERS),
        max_bytes in prop_oneof![Just(usize::MAX), 200_usize..4_000],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(play(steps, hearing, max_bytes));
    }
}
