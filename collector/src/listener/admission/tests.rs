use core::future::{pending, ready};

use super::*;

/// Longer than any test takes.
const HOUR: Duration = Duration::from_secs(3600);

const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

/// So many turns for each address and more than enough in all, so many places in its line, and in all lines.
fn room(of_one: u32, line: usize, lines: usize) -> Admission {
    let limits = Limits {
        slow: Duration::ZERO,
        pending_per_address: of_one,
        waiting_per_address: line,
        waiting: lines,
        ..Limits::people()
    };
    Admission::new(&limits)
}

/// So many turns in all, of which slow ones end for others.
fn few_turns(turns: usize, slow: Duration) -> Admission {
    Admission::new(&Limits { pending: turns, slow, ..Limits::people() })
}

/// Comes and speaks at once.
async fn turn(admission: &Admission, address: IpAddr) -> Turn {
    let waiting = speaking(admission, address).await;
    waiting.turn().await.unwrap()
}

async fn speaking(admission: &Admission, address: IpAddr) -> Waiting {
    let waiting = admission.receive(address).unwrap();
    assert!(waiting.spoken(ready(())).await);
    waiting
}

fn nobody_is_remembered(admission: &Admission) {
    assert!(
        admission.crowds().are_forgotten(),
        "nothing is remembered of who left, and every place is free again"
    );
}

#[tokio::test]
async fn one_address_gets_its_share_and_others_theirs() {
    let admission = room(2, 0, 10);
    let held = (turn(&admission, ONE).await, turn(&admission, ONE).await);
    assert!(admission.receive(ONE).is_none());
    drop(turn(&admission, OTHER).await);
    drop(held);
    drop(turn(&admission, ONE).await);
    nobody_is_remembered(&admission);
}

#[tokio::test]
async fn who_waits_and_speaks_is_given_the_next_turn() {
    let admission = room(1, 2, 10);
    let first = turn(&admission, ONE).await;
    let silent = admission.receive(ONE).unwrap();
    let speaks = tokio::spawn(speaking(&admission, ONE).await.turn());
    drop(first);
    assert!(speaks.await.unwrap().is_some(), "the one before it says nothing");
    drop(silent);
    nobody_is_remembered(&admission);
}

#[tokio::test]
async fn where_a_line_is_full_the_oldest_silent_makes_place_and_who_spoke_stays() {
    let admission = room(1, 2, 10);
    let first = turn(&admission, ONE).await;
    let speaks = speaking(&admission, ONE).await;
    let silent = admission.receive(ONE).unwrap();
    let newer = speaking(&admission, ONE).await;
    assert!(!silent.spoken(pending()).await, "its place is another's");
    assert!(admission.receive(ONE).is_none(), "everybody there has spoken");
    drop((first, silent));
    assert!(speaks.turn().await.is_some());
    drop(newer);
    nobody_is_remembered(&admission);
}

#[tokio::test]
async fn where_all_lines_are_full_the_address_with_the_most_silent_ones_makes_place() {
    let admission = room(2, 2, 3);
    let mut flood = [0, 1].map(|_| admission.receive(ONE).unwrap()).into_iter();
    let (oldest, newer) = (flood.next().unwrap(), flood.next().unwrap());
    let single = admission.receive(OTHER).unwrap();
    let honest = speaking(&admission, "192.0.2.3".parse().unwrap()).await;
    assert!(!oldest.spoken(pending()).await, "the flood's oldest went");
    assert!(single.spoken(ready(())).await && newer.spoken(ready(())).await);
    assert!(admission.receive(OTHER).is_none(), "all of them speak");
    drop((oldest, newer, single, honest));
    nobody_is_remembered(&admission);
}

#[test]
fn without_turns_and_places_nobody_is_received_nor_remembered() {
    let admission = room(0, 0, 1);
    assert!(admission.receive(ONE).is_none());
    nobody_is_remembered(&admission);
}

#[test]
fn addresses_of_one_ipv6_network_share_one_limit() {
    let [one, same, other] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
        .map(|ip| network(ip.parse::<IpAddr>().unwrap()));
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn the_oldest_slow_turn_of_the_address_with_the_most_ends_for_who_comes_from_another() {
    let admission = few_turns(3, Duration::ZERO);
    let [oldest, newer] = [turn(&admission, ONE).await, turn(&admission, ONE).await];
    let single = turn(&admission, OTHER).await;
    let third: IpAddr = "192.0.2.3".parse().unwrap();
    let honest = turn(&admission, third).await;
    oldest.displaced().await;
    assert_eq!(
        admission.outlook(),
        Outlook { is_open: false, look_again: None },
        "one each: nobody makes place"
    );
    let waits = speaking(&admission, OTHER).await;
    drop((oldest, newer));
    drop((waits.turn().await.unwrap(), single, honest));
    nobody_is_remembered(&admission);
}

#[tokio::test]
async fn while_a_turn_is_not_slow_it_is_its_callers_and_nobody_more_is_received() {
    let admission = few_turns(2, HOUR);
    let held = [turn(&admission, ONE).await, turn(&admission, ONE).await];
    let outlook = admission.outlook();
    assert!(!outlook.is_open && outlook.look_again.is_some_and(|at| at > Instant::now()), "{outlook:?}");
    let mut waits = Box::pin(speaking(&admission, OTHER).await.turn());
    tokio::select! {
        biased;
        _ = &mut waits => panic!("both turns are taken by who is quick"),
        () = held[0].displaced() => panic!("nobody ends for them"),
        () = ready(()) => {}
    }
    drop(held);
    assert!(waits.await.is_some() && admission.outlook().is_open);
    nobody_is_remembered(&admission);
}

#[tokio::test]
async fn time_alone_gives_a_turn_to_who_waits_once_somebody_is_slow() {
    let slow = Duration::from_secs(1);
    let mut crowds = Crowds::new(Room { turns: 2, of_one: 2, line: 2, lines: 8, slow });
    let start = Instant::now();
    let come = |crowds: &mut Crowds, address, at| {
        let caller = crowds.receive(address, at).unwrap();
        caller.speak();
        crowds.serve(at);
        caller
    };
    let (oldest, later) = (come(&mut crowds, ONE, start), start + slow / 2);
    let newer = come(&mut crowds, ONE, later);
    let waits = come(&mut crowds, OTHER, later);
    let told = async |is: &mut (dyn Future<Output = ()> + Unpin)| {
        tokio::select! {
            biased;
            () = is => true,
            () = ready(()) => false,
        }
    };
    assert!(told(&mut Box::pin(oldest.granted())).await && told(&mut Box::pin(newer.granted())).await);
    assert_eq!(crowds.outlook(later), Outlook { is_open: false, look_again: Some(start + slow) });
    crowds.serve(start + slow - Duration::from_nanos(1));
    assert!(!told(&mut Box::pin(waits.granted())).await, "quick enough yet");
    crowds.serve(start + slow);
    assert!(told(&mut Box::pin(waits.granted())).await && told(&mut Box::pin(oldest.displaced())).await);
    assert!(!told(&mut Box::pin(newer.displaced())).await, "one is enough");
}

#[tokio::test]
async fn a_longer_line_makes_place_for_a_shorter_one_where_all_have_spoken() {
    let admission = room(1, 2, 3);
    let first = turn(&admission, ONE).await;
    let line = [speaking(&admission, ONE).await, speaking(&admission, ONE).await];
    let held = turn(&admission, OTHER).await;
    let single = speaking(&admission, OTHER).await;
    let newcomer = admission.receive("192.0.2.3".parse().unwrap()).unwrap();
    let [oldest, newer] = line;
    assert!(oldest.turn().await.is_none(), "the longest line's oldest went");
    assert!(admission.receive("192.0.2.4".parse().unwrap()).is_some(), "the newcomer says nothing");
    assert!(!newcomer.spoken(pending()).await);
    drop((first, held));
    assert!(newer.turn().await.is_some() && single.turn().await.is_some());
}
