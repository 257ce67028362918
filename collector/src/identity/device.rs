//! Logins of machines without a browser, in the shape of RFC 8628: a program shows a short code and asks again and
//! again, somebody types the code into a browser elsewhere, proves who they are, and says yes.
//!
//! The link never carries the code: who is sent a link must still read what they let in, and type it.

use std::{collections::HashMap, net::IpAddr};

use jiff::{SignedDuration, Timestamp};

use super::ticket::{LIFE, random};
use crate::access::{Principal, Sha256};

/// Letters that are no words and not mistaken for one another.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Eight of them: 2.5e10 codes against five tries a minute.
const CODE_LETTERS: usize = 8;

/// How many machines may wait at once, and of one network.
const MOST: usize = 1_024;
const MOST_OF_ONE: usize = 16;

/// Between two questions of a program; who asks sooner is slowed by as much again.
const INTERVAL: SignedDuration = SignedDuration::from_secs(5);

/// A program that waits to be let in.
#[derive(Debug)]
struct Device {
    user_code: String,
    from: Option<IpAddr>,
    until: Timestamp,
    interval: SignedDuration,
    not_before: Timestamp,
    answer: Option<Result<Principal, ()>>,
}

/// Those that wait, by the hash of their device code.
#[derive(Debug, Default)]
pub(super) struct Devices(HashMap<Sha256, Device>);

/// What a program is told when it begins to wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) expires_in: i64,
    pub(crate) interval: i64,
}

/// What a program that waits is told.
#[derive(Debug, PartialEq)]
pub(crate) enum Asked {
    /// Not yet.
    Pending,
    /// Not yet, and not so often.
    SlowDown,
    /// Too late, or never known.
    Expired,
    /// Somebody said no.
    Denied,
    /// Somebody said yes, and it speaks for them now.
    In(Box<Principal>),
}

impl Devices {
    /// Lets a program wait; nothing when too many do.
    pub(super) fn wait(&mut self, from: Option<IpAddr>, now: Timestamp) -> Option<Waiting> {
        self.0.retain(|_, device| now < device.until);
        let same = self.0.values().filter(|device| device.from == from).count();
        if self.0.len() >= MOST || same >= MOST_OF_ONE {
            return None;
        }
        let (device_code, user_code) = (random()?, code()?);
        let device = Device {
            user_code: user_code.clone(),
            from,
            until: now.checked_add(LIFE).ok()?,
            interval: INTERVAL,
            not_before: now,
            answer: None,
        };
        self.0.insert(Sha256::of(device_code.as_bytes()), device);
        Some(Waiting { device_code, user_code, expires_in: LIFE.as_secs(), interval: INTERVAL.as_secs() })
    }

    /// Where the program with this code calls from, if it waits for an answer.
    pub(super) fn whence(&self, user_code: &str, now: Timestamp) -> Option<Option<IpAddr>> {
        let user_code = tidy(user_code);
        let waits = |device: &&Device| device.user_code == user_code && device.answer.is_none();
        self.0.values().find(|device| waits(device) && now < device.until).map(|device| device.from)
    }

    /// Somebody's answer; `false` when nobody waits for it.
    pub(super) fn answer(&mut self, user_code: &str, answer: Result<Principal, ()>, now: Timestamp) -> bool {
        let user_code = tidy(user_code);
        let mut waiting = self.0.values_mut().filter(|device| device.answer.is_none() && now < device.until);
        match waiting.find(|device| device.user_code == user_code) {
            Some(device) => {
                device.answer = Some(answer);
                true
            }
            None => false,
        }
    }

    /// A program asks whether it is let in. An answer is given once.
    pub(super) fn ask(&mut self, device_code: &str, now: Timestamp) -> Asked {
        let hash = Sha256::of(device_code.as_bytes());
        let Some(device) = self.0.get_mut(&hash).filter(|device| now < device.until) else {
            self.0.remove(&hash);
            return Asked::Expired;
        };
        if device.answer.is_none() {
            let early = now < device.not_before;
            if early {
                device.interval += INTERVAL;
            }
            device.not_before = now.checked_add(device.interval).unwrap_or(Timestamp::MAX);
            return if early { Asked::SlowDown } else { Asked::Pending };
        }
        match self.0.remove(&hash).and_then(|device| device.answer) {
            Some(Ok(principal)) => Asked::In(Box::new(principal)),
            _ => Asked::Denied,
        }
    }
}

/// A code as people type it: with or without the dash, in any case.
fn tidy(user_code: &str) -> String {
    let letters: String = user_code.chars().filter(char::is_ascii_alphabetic).collect();
    with_dash(&letters.to_ascii_uppercase())
}

fn with_dash(letters: &str) -> String {
    match letters.split_at_checked(CODE_LETTERS / 2) {
        Some((first, rest)) => format!("{first}-{rest}"),
        None => letters.to_owned(),
    }
}

/// A fresh code; bytes that would favour some letters are drawn again.
fn code() -> Option<String> {
    let mut letters = String::new();
    while letters.len() < CODE_LETTERS {
        let mut byte = [0];
        getrandom::fill(&mut byte).ok()?;
        let [byte] = byte.map(usize::from);
        if byte < 256 - 256 % LETTERS.len() {
            letters.push(char::from(LETTERS[byte % LETTERS.len()]));
        }
    }
    Some(with_dash(&letters))
}

#[cfg(test)]
mod tests;
