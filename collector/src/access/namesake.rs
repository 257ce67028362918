//! Whom somebody means who wants to come in: `acme:olga` is one person, `olga` may be several.
//!
//! Every org names its people itself, so another org's `olga` must neither keep this one out nor be told of. All who bear a
//! bare name are meant, and the password says which of them it is. Who cannot come in with a password anyway, such as a
//! program, is not among them.

use core::cmp::Reverse;

use jiff::Timestamp;

use super::{Account, Person, PersonKey, Register};

/// People of one name whose passwords a bare name is compared with. Every login by a bare name does the work of so many
/// comparisons, so that its time tells nobody how many there are: few, then, and enough for the MSP's and two customers'.
/// Where there are more the MSP's own come first, then who came first, so that no newcomer takes a name from anybody; the
/// others write `ORG:NAME`.
pub const NAMESAKES: usize = 3;

impl Register {
    /// The accounts that somebody may mean by what they call themselves, at most [`NAMESAKES`], and how many comparisons are
    /// made whoever there is.
    pub fn called(&self, text: &str, now: Timestamp) -> (Vec<(PersonKey, Account)>, usize) {
        let text = text.trim();
        let with_account = |key: PersonKey| Some((self.accounts.get(&key)?.clone(), key));
        if text.contains(':') {
            let found = text.parse().ok().and_then(with_account);
            return (found.map(|(account, key)| (key, account)).into_iter().collect(), 1);
        }
        let mut people: Vec<&Person> = self.people.values().filter(|one| one.id.as_str() == text).collect();
        people.retain(|one| one.may_come_in(now) && !one.service && self.accounts.contains_key(&one.key()));
        people.sort_by_key(|one| (Reverse(one.key().org.is_none()), one.created_at, one.key()));
        let keys = people.into_iter().take(NAMESAKES).map(Person::key);
        (keys.filter_map(with_account).map(|(account, key)| (key, account)).collect(), NAMESAKES)
    }
}
