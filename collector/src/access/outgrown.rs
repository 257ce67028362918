//! What goes back to a login by password alone ends when its person is asked for a second factor, by a risky right or by a
//! rule of their org: it does not come back to life when that right ends.

use jiff::Timestamp;

use super::{ApiToken, Change, PersonKey, Register, Scope};

impl Register {
    /// The ends of all that goes back to a login by password alone, of everybody whom changes ask for a second factor.
    pub(super) fn outgrown(&self, changes: &[Change], now: Timestamp) -> Vec<Change> {
        let asks: Vec<&Change> = changes.iter().filter(|change| self.asks(change, now)).collect();
        if asks.is_empty() {
            return Vec::new();
        }
        let outgrown = |token: &&ApiToken| {
            let of = &token.principal;
            let key = of.key();
            let whose = of.maker.as_ref().unwrap_or(&key);
            of.password_only && token.is_valid(now) && asks.iter().any(|ask| self.concerns(ask, whose, now))
        };
        self.tokens.values().filter(outgrown).map(|token| Change::Token(token.revoked(now))).collect()
    }

    fn concerns(&self, change: &Change, key: &PersonKey, now: Timestamp) -> bool {
        match change {
            Change::Grant(grant) => grant.to == *key,
            Change::Org(org, standing) => {
                let reaches = |place: &Scope| match place.org() {
                    Some(here) => here == org,
                    None => standing.asks_of_guests(),
                };
                self.home_of(key).is_some_and(reaches)
                    || self.grants_of(key, now).any(|grant| reaches(&grant.scope))
            }
            _ => false,
        }
    }

    /// Whether a change asks somebody for a second factor.
    fn asks(&self, change: &Change, now: Timestamp) -> bool {
        match change {
            Change::Grant(grant) => {
                let asks = !grant.verbs.risky().is_empty() || self.asks_second_factor(&grant.scope);
                asks && grant.is_in_force(now)
            }
            Change::Org(_, standing) => standing.second_factor_for_all,
            _ => false,
        }
    }
}
