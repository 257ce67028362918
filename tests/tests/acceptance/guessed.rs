//! A flood of wrong logins: what is tried costs little, what is over the limit is told when to come again, and whoever is in
//! notices nothing.

use std::{collections::BTreeMap, thread};

use dogwatch_tests::harness::{Lab, wire::Wire};

/// Logins at once, each on a connection of its own.
const HANDS: usize = 8;

/// Wrong logins of each.
const TRIES: usize = 15;

/// What one address is let try, for whomever, before it has to wait.
const FREE_OF_ADDRESS: usize = 40;

#[test]
fn a_hundred_and_twenty_wrong_logins_are_slowed_down_and_nobody_else_is() {
    let lab = Lab::start();
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    thread::scope(|scope| {
        let wires = (0..HANDS).map(|hand| (hand, Wire::open(lab.collector()))).collect::<Vec<_>>();
        let guess = |(hand, wire)| scope.spawn(move || guess(wire, hand));
        let hands: Vec<_> = wires.into_iter().map(guess).collect();
        let whoami = lab.collector().api().get("/api/v1/whoami").expect("an answer meanwhile");
        assert!(whoami["person"].is_string());
        for status in hands.into_iter().flat_map(|hand| hand.join().expect("it ends")) {
            *answers.entry(status).or_default() += 1;
        }
    });
    let of = |status: u16| answers.get(&status).copied().unwrap_or_default();
    // What finds no place to be looked at in time counts as tried.
    assert_eq!(of(401) + of(503), FREE_OF_ADDRESS, "{answers:?}");
    assert_eq!(of(429), HANDS * TRIES - FREE_OF_ADDRESS, "{answers:?}");
    assert!(of(401) > 0, "{answers:?}");
}

/// Each is for somebody else, so that none waits for their own sake.
fn guess(mut wire: Wire, hand: usize) -> Vec<u16> {
    let mut one = |n: usize| {
        let body = format!("{{\"person\":\"nobody-{hand}-{n}\",\"password\":\"a wrong one, {n}\"}}");
        let length = body.len();
        let reply = wire.ask(&format!(
            "POST /api/v1/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ));
        assert!(reply.is_problem(), "{reply:?}");
        assert!(!reply.body.contains("a wrong one"), "{reply:?}");
        if reply.status != 401 {
            assert!(reply.header("retry-after").is_some(), "{reply:?}");
        }
        reply.status
    };
    (0..TRIES).map(&mut one).collect()
}
