//! Passwords, second factors and recovery codes: made here, compared here.
//!
//! Hashing a password takes a good part of a tenth of a second and 19 MiB by design, so it runs off the async threads and
//! no more than two at once: a flood of logins waits in line and slows nothing else down.

mod base32;
mod roomy;
mod totp;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::SaltString,
};
use dogwatch_model::password;
use tokio::{sync::Semaphore, time::timeout};

use roomy::Roomy;
#[cfg(test)]
pub(crate) use totp::code_now;
pub(crate) use totp::{new_key, otpauth, step_of};

use crate::{
    access::Hidden,
    refusal::{Code, Refusal},
};

/// Memory of one hash, in KiB: OWASP's first choice for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Hashes at once: 38 MiB in all, and no more than a small machine's processors.
const AT_ONCE: usize = 2;
/// Logins that may be under way, those that wait included: at a tenth of a second each (a login by a bare name is three hashes
/// of some thirty milliseconds), some three seconds.
const MAX_WAITING: usize = 64;
/// How long one waits for its turn: who waits for longer has given up.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Hashes passwords, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    line: Arc<Semaphore>,
    /// What is compared with where there is nobody: the same work for somebody unknown.
    nobody: Arc<OnceLock<Hidden>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            line: Arc::new(Semaphore::new(MAX_WAITING)),
            nobody: Arc::default(),
        }
    }
}

fn argon() -> Roomy {
    // These are within every bound of Argon2's.
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Roomy(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<Hidden, Refusal> {
    let broken =
        || Refusal::new(Code::Unavailable, "the password could not be hashed; see the collector's log");
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| broken())?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| broken())?;
    let hash = argon().hash_password(password.as_bytes(), &salt).map_err(|_| broken())?;
    Ok(Hidden::new(hash.to_string()))
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    /// `Invalid` for one that is too short or too long; `Unavailable` when too many wait.
    pub(crate) async fn hash(&self, password: Hidden) -> Result<Hidden, Refusal> {
        if let Some(fault) = password::fault(password.reveal()) {
            return Err(Refusal::new(Code::Invalid, fault));
        }
        self.work(move || hash(password.reveal())).await?
    }

    /// Which of the kept hashes a password is the one of, after the work of `rounds` comparisons whatever is kept: what is
    /// not there is made up for with nobody's hash, and what is there beyond that is not looked at.
    ///
    /// # Errors
    /// `Unavailable` when too many wait.
    pub(crate) async fn fits(
        &self,
        kept: Vec<Hidden>,
        rounds: usize,
        password: Hidden,
    ) -> Result<Vec<bool>, Refusal> {
        if password.reveal().len() > password::MAX_BYTES {
            return Ok(vec![false; kept.len()]);
        }
        let nobody = self.nobody.clone();
        self.work(move || {
            // Made at the first login of all, whoever it is.
            let nobody = nobody_of(&nobody)?;
            let each = (0..rounds).map(|at| {
                let parsed = PasswordHash::new(kept.get(at).unwrap_or(&nobody).reveal());
                let fits = |hash| argon().verify_password(password.reveal().as_bytes(), &hash).is_ok();
                parsed.is_ok_and(fits) && at < kept.len()
            });
            Ok(each.collect())
        })
        .await?
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let busy = || {
            Refusal::new(
                Code::Unavailable,
                "too many people log in at this moment; try again in a few seconds",
            )
        };
        let _place = self.line.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = timeout(MAX_WAIT, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|_| busy())
    }
}

fn nobody_of(nobody: &OnceLock<Hidden>) -> Result<Hidden, Refusal> {
    if let Some(hash) = nobody.get() {
        return Ok(hash.clone());
    }
    let made = hash("nobody has this password")?;
    Ok(nobody.get_or_init(|| made).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Hidden {
        Hidden::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_opens_what_it_was_set_for_and_nothing_else() {
        let passwords = Passwords::default();
        let kept = passwords.hash(hidden("correct horse battery")).await.unwrap();
        assert!(kept.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.reveal());
        assert!(passwords.fits(vec![kept.clone()], 1, hidden("correct horse battery")).await.unwrap()[0]);
        assert!(!passwords.fits(vec![kept.clone()], 1, hidden("correct horse")).await.unwrap()[0]);
        let nobody = passwords.fits(Vec::new(), 2, hidden("nobody has this password")).await.unwrap();
        assert_eq!(nobody, [false; 2]);
        let other = passwords.hash(hidden("another sentence")).await.unwrap();
        let namesakes = vec![other, kept];
        assert_eq!(
            passwords.fits(namesakes, 3, hidden("correct horse battery")).await.unwrap(),
            [false, true, false]
        );
        assert!(passwords.hash(hidden("too short")).await.is_err());
    }

    #[tokio::test]
    async fn who_finds_the_line_full_is_told_to_come_again() {
        let passwords = Passwords::default();
        let _all =
            passwords.line.clone().try_acquire_many_owned(u32::try_from(MAX_WAITING).unwrap()).unwrap();
        let refused = passwords.fits(Vec::new(), 1, hidden("correct horse battery")).await.unwrap_err();
        assert_eq!((refused.code, refused.code.http_status()), (Code::Unavailable, 503));
    }

    /// What this process holds, in KiB.
    #[cfg(target_os = "linux")]
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_hashes_took_is_given_back() {
        let passwords = Passwords::default();
        assert_eq!(passwords.fits(Vec::new(), 1, hidden("guess")).await.unwrap(), [false]);
        let before = resident_kib();
        for _ in 0..30 {
            // As many as never wait for long, on the slowest machine.
            let mut flood = tokio::task::JoinSet::new();
            for _ in 0..2 * AT_ONCE {
                let passwords = passwords.clone();
                flood.spawn(async move { passwords.fits(Vec::new(), 1, hidden("guess")).await });
            }
            assert!(flood.join_all().await.into_iter().all(|guess| guess.is_ok_and(|fits| fits == [false])));
        }
        let kept = resident_kib().saturating_sub(before);
        assert!(kept < u64::from(MEMORY_KIB), "{kept} KiB more than before 120 guesses");
    }
}
