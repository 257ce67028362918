//! Single promises: who is told what, in which order, and what is said instead.

use std::time::Duration;

use super::*;
use crate::feed::{RHYTHM, Rhythm, ring::Ring};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn alerts() -> Arc<Group> {
    group("acme", "main", Kind::Alert)
}

#[tokio::test]
async fn a_listener_is_greeted_and_told_what_happens_from_then_on() {
    let (feed, acme) = (Feed::default(), alerts());
    feed.publish(news(vec![change(&acme, 1)]));
    feed.flush();
    let mut listener = listen(&feed, &Rights::to([&acme]), Since::Now);
    let hello = ready(&mut listener).await;
    assert_eq!(hello.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["hello"]);
    feed.publish(news(vec![change(&acme, 2), change(&acme, 3)]));
    feed.flush();
    let told = ready(&mut listener).await;
    assert_eq!(numbers(&told), [2, 3]);
    assert_eq!(
        (told[0].kind.as_str(), &told[0].data["org"], &told[0].data["site"]),
        ("alert", &"acme".into(), &"main".into())
    );
}

#[tokio::test]
async fn one_org_hears_nothing_of_another_not_even_that_there_is_something() {
    let feed = Feed::default();
    let (acme, globex) = (alerts(), group("globex", "main", Kind::Alert));
    let mut listener = listen(&feed, &Rights::to([&acme]), Since::Now);
    feed.publish(news(vec![change(&globex, 1), change(&acme, 2), change(&globex, 3)]));
    feed.flush();
    let told = ready(&mut listener).await;
    assert_eq!(numbers(&told), [2]);
    let text = format!("{told:?}");
    assert!(!text.contains("globex"), "{text}");
}

#[tokio::test]
async fn a_greeting_does_not_tell_whether_anything_happened_elsewhere() {
    let feed = Feed::default();
    let (acme, globex) = (alerts(), group("globex", "main", Kind::Alert));
    let rights = Rights::to([&acme]);
    let greet = async || ready(&mut listen(&feed, &rights, Since::Now)).await.remove(0);
    let (first, second) = (greet().await, greet().await);
    assert_ne!(first.id, second.id, "nothing has happened");
    feed.publish(news(vec![change(&globex, 1)]));
    feed.flush();
    let third = greet().await;
    assert!(third.id != second.id && third.data == second.data);
    feed.publish(news(vec![change(&acme, 2)]));
    feed.flush();
    for greeting in [first, second, third] {
        let mut listener = listen(&feed, &rights, Since::After(&greeting.id));
        let told = ready(&mut listener).await;
        assert_eq!((told.len(), numbers(&told)), (2, vec![2]), "and each is a place to go on from");
    }
}

#[tokio::test]
async fn a_stream_that_makes_place_says_goodbye_and_goes_on_later_from_where_it_was() {
    let (feed, acme) = (Feed::default(), alerts());
    let rights = Rights::to([&acme]);
    let mut first = listen(&feed, &rights, Since::Now);
    ready(&mut first).await;
    let theirs: Vec<_> =
        (1..crate::feed::places::MAX_LISTENERS).map(|_| listen(&feed, &rights, Since::Now)).collect();
    feed.publish(news(vec![change(&acme, 1)]));
    feed.flush();
    let other = feed.place("globex:gina".parse().unwrap()).ok().unwrap();
    let last = ready(&mut first).await;
    assert_eq!(numbers(&last), [1], "what it was due comes first");
    assert_eq!(last[1].data, serde_json::json!({ "why": "crowded" }));
    assert_eq!(first.next().await, None);
    drop((theirs, other));
    let mut again = listen(&feed, &rights, Since::After(&last[1].id));
    feed.publish(news(vec![change(&acme, 2)]));
    feed.flush();
    assert_eq!(numbers(&ready(&mut again).await), [2]);
}

#[tokio::test]
async fn who_comes_back_is_told_what_happened_meanwhile_and_nothing_twice() {
    let (feed, acme) = (Feed::default(), alerts());
    let rights = Rights::to([&acme]);
    feed.publish(news((1..=5).map(|n| change(&acme, n)).collect()));
    let mut first = listen(&feed, &rights, Since::Now);
    feed.flush();
    let told = ready(&mut first).await;
    let third = told.iter().find(|event| event.number() == Some(3)).unwrap();
    let mut second = listen(&feed, &rights, Since::After(&third.id));
    assert_eq!(numbers(&ready(&mut second).await), [4, 5]);
}

#[tokio::test]
async fn an_id_of_another_process_or_of_nobody_is_answered_with_missed() {
    let (ours, theirs, acme) = (Feed::default(), Feed::default(), alerts());
    theirs.publish(news(vec![change(&acme, 1)]));
    let mut other = listen(&theirs, &Rights::to([&acme]), Since::Now);
    theirs.flush();
    let foreign = ready(&mut other).await.pop().unwrap().id;
    for id in [foreign.as_str(), "", "7", "nonsense"] {
        let mut listener = listen(&ours, &Rights::to([&acme]), Since::After(id));
        let told = ready(&mut listener).await;
        assert_eq!(told[1].kind, "missed", "{id}: {told:?}");
        assert_eq!(told[1].data, serde_json::json!({ "why": "restarted", "reload": true }));
    }
}

#[tokio::test]
async fn of_an_endpoint_that_changes_often_only_the_last_is_told() {
    let feed = Feed::default();
    let machines = group("acme", "main", Kind::Endpoint);
    let mut listener = listen(&feed, &Rights::to([&machines]), Since::Now);
    let of = |id, number| Change { endpoint: Some(endpoint(id)), ..change(&machines, number) };
    feed.publish(news(vec![of(1, 1), of(2, 2), of(1, 3), of(1, 4)]));
    feed.flush();
    assert_eq!(numbers(&ready(&mut listener).await), [2, 4]);
}

#[tokio::test]
async fn a_right_that_ends_is_not_served_any_more_and_a_token_that_ends_ends_the_stream() {
    let feed = Feed::default();
    let (acme, globex) = (alerts(), group("globex", "main", Kind::Alert));
    let rights = Rights::to([&acme, &globex]);
    let mut listener = listen(&feed, &rights, Since::Now);
    feed.publish(news(vec![change(&acme, 1), change(&globex, 2)]));
    feed.flush();
    assert_eq!(numbers(&ready(&mut listener).await), [1, 2]);

    rights.set(Some(BTreeSet::from([Group::clone(&acme)])));
    feed.publish(News { changes: vec![change(&acme, 3), change(&globex, 4)], access: true });
    feed.flush();
    let less = ready(&mut listener).await;
    assert_eq!(less[0].data, serde_json::json!({ "why": "sight_lost", "reload": true }));
    assert_eq!(numbers(&less), [3]);

    rights.set(Some(BTreeSet::from([&acme, &globex].map(|group| Group::clone(group)))));
    feed.publish(News { changes: vec![change(&globex, 4)], access: true });
    feed.flush();
    let more = ready(&mut listener).await;
    assert!(more.iter().all(|event| event.kind != "missed"), "more is no loss: {more:?}");

    rights.set(None);
    feed.publish(News { changes: vec![change(&acme, 5)], access: true });
    feed.flush();
    let last = ready(&mut listener).await;
    assert_eq!(numbers(&last), Vec::<usize>::new());
    assert_eq!(last.last().unwrap().data, serde_json::json!({ "why": "not_allowed" }));
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn a_token_that_runs_out_on_a_silent_stream_ends_it_within_a_second() {
    assert!(RHYTHM.look < Duration::from_secs(1));
    let feed = Feed::in_rhythm(Rhythm { look: Duration::from_millis(10), ..RHYTHM });
    let acme = alerts();
    let rights = Rights::to([&acme]);
    let mut listener = listen(&feed, &rights, Since::Now);
    ready(&mut listener).await;
    rights.set(None);
    let bye = tokio::time::timeout(PATIENCE, listener.next()).await.unwrap().unwrap();
    assert!(read(&[bye])[0].kind == "bye");
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn silence_is_broken_by_a_sign_of_life() {
    let (feed, acme) = (Feed::in_rhythm(Rhythm { sign: Duration::from_millis(20), ..RHYTHM }), alerts());
    let mut listener = listen(&feed, &Rights::to([&acme]), Since::Now);
    ready(&mut listener).await;
    for _ in 0..2 {
        let sign = tokio::time::timeout(PATIENCE, listener.next()).await.unwrap().unwrap();
        assert_eq!(sign, ": still here\n\n");
    }
}

#[tokio::test]
async fn a_stop_is_said_to_everybody_after_what_was_still_to_be_told() {
    let (feed, acme) = (Feed::default(), alerts());
    let mut listener = listen(&feed, &Rights::to([&acme]), Since::Now);
    ready(&mut listener).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(feed.clone().run(stop.clone()));
    feed.publish(news(vec![change(&acme, 1)]));
    stop.cancel();
    running.await.unwrap();
    let told = ready(&mut listener).await;
    assert_eq!((numbers(&told), told.last().unwrap().kind.as_str()), (vec![1], "bye"));
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn what_does_not_fit_any_more_is_counted_for_those_who_would_have_heard_it() {
    let (acme, globex) = (alerts(), group("globex", "main", Kind::Alert));
    let seal = crate::feed::seal::Seal::new();
    // Room for a block or so, and for the memory of all that was.
    let mut ring = Ring::bounded(100_000, 1_000);
    for n in 0..2_000 {
        ring.add(vec![change(&acme, n), change(&globex, n), change(&globex, n)], &seal);
    }
    assert!(ring.after(10).is_none(), "that long ago is gone");
    assert_eq!(
        ring.heard_since(3_000, |group| *group == *acme),
        None,
        "and the memory of it is bounded, too"
    );
    let half = Ring::bounded(100_000, 100_000);
    let mut ring = half;
    for n in 0..2_000 {
        ring.add(vec![change(&acme, n), change(&globex, n), change(&globex, n)], &seal);
    }
    assert!(ring.after(3_000).is_none());
    // 3,000 changes are a thousand times one of acme and two of globex.
    assert_eq!(ring.heard_since(3_000, |group| *group == *acme), Some(1_000));
    assert_eq!(ring.heard_since(3_000, |group| *group == *globex), Some(2_000));
    assert_eq!(ring.heard_since(3_001, |group| *group == *acme), Some(999));
    assert_eq!(ring.heard_since(3_000, |_| false), Some(0));
    assert_eq!(ring.heard_since(ring.last(), |_| true), Some(0));
}
