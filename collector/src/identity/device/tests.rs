//! Programs that wait, patient and impatient ones.

use dogwatch_model::{PersonId, Side};

use super::*;
use crate::access::{Scope, Verbs};

fn at(seconds: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn kim() -> Principal {
    Principal::new(PersonId::new("kim").unwrap(), Side::Msp, &Scope::Everywhere, Verbs::ALL)
}

#[test]
fn a_program_waits_is_let_in_once_and_is_forgotten() {
    let mut devices = Devices::default();
    let waiting = devices.wait(None, at(0)).unwrap();
    assert_eq!((waiting.user_code.len(), waiting.interval, waiting.expires_in), (9, 5, 600));
    assert_eq!(devices.ask(&waiting.device_code, at(5)), Asked::Pending);
    assert_eq!(devices.whence(&waiting.user_code.to_lowercase().replace('-', " "), at(6)), Some(None));
    assert!(devices.answer(&waiting.user_code, Ok(kim()), at(6)));
    assert!(!devices.answer(&waiting.user_code, Err(()), at(6)), "it has its answer");
    assert_eq!(devices.ask(&waiting.device_code, at(10)), Asked::In(Box::new(kim())));
    assert_eq!(devices.ask(&waiting.device_code, at(15)), Asked::Expired);
}

#[test]
fn who_asks_too_often_is_slowed_down_each_time() {
    let mut devices = Devices::default();
    let code = devices.wait(None, at(0)).unwrap().device_code;
    let asked = [0, 1, 9, 24, 40].map(|second| devices.ask(&code, at(second)));
    assert_eq!(asked, [Asked::Pending, Asked::SlowDown, Asked::SlowDown, Asked::Pending, Asked::Pending]);
}

#[test]
fn who_is_denied_or_comes_too_late_hears_it() {
    let mut devices = Devices::default();
    let (denied, late) = (devices.wait(None, at(0)).unwrap(), devices.wait(None, at(0)).unwrap());
    assert_ne!(denied.user_code, late.user_code);
    assert!(devices.answer(&denied.user_code, Err(()), at(1)));
    assert_eq!(devices.ask(&denied.device_code, at(2)), Asked::Denied);
    assert!(!devices.answer(&late.user_code, Ok(kim()), at(600)));
    assert_eq!(devices.whence(&late.user_code, at(600)), None);
    assert_eq!(devices.ask(&late.device_code, at(600)), Asked::Expired);
    assert_eq!(devices.ask("invented", at(2)), Asked::Expired);
}

#[test]
fn machines_that_wait_are_bounded() {
    let mut devices = Devices::default();
    let here = (0..50).filter(|_| devices.wait(None, at(0)).is_some()).count();
    assert_eq!(here, MOST_OF_ONE);
    let address = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
    assert!((0..5_000).filter(|&n| devices.wait(address(n), at(0)).is_some()).count() < MOST);
    assert!(devices.wait(None, at(600)).is_some(), "those of before are forgotten");
}
