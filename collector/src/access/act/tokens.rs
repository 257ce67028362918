//! Tokens: for oneself, or for people and programs of one's own side, never wider than their maker is then.

use std::collections::BTreeMap;

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{NewToken, invalid, management::Entrance, not_allowed, people::may_come_in, unseen};
use crate::{
    access::{ApiToken, Change, Person, PersonKey, Principal, Reach, Register, Verb},
    refusal::{Code, Refusal},
};

/// For how long a token works where nobody says: a quarter.
pub const DEFAULT_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// For how long a login works at most: a long shift.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// For how long one works that nobody uses.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_mins(30);

/// Valid tokens of one person at once.
const MAX_TOKENS: usize = 256;

/// Which tokens of people at a place are somebody's to see and to revoke.
#[derive(Clone, Copy)]
enum Hold {
    All,
    OfWhomTheyOutrank,
    None,
}

impl NewToken {
    /// When it ends: not after the token that it is asked for with, and never only for a program.
    fn end(&self, service: bool, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        if self.endless && !service {
            return Err(invalid("only programs' tokens (`--service`) may have no end; say `--expires 90d`"));
        }
        if let (Some(end), Some(latest)) = (self.expires_at, self.asked_until)
            && end > latest
        {
            return Err(invalid(format!(
                "your own token ends at {latest:.0}, and one made with it does not work longer; log in with a password, or \
                 ask for less"
            )));
        }
        let default = (!self.endless).then(|| now + DEFAULT_LIFETIME);
        Ok(self.expires_at.or_else(|| [default, self.asked_until].into_iter().flatten().min()))
    }
}

impl Register {
    pub(super) fn make_token(
        &self,
        wanted: &NewToken,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let key = wanted.person.key();
        let own = key == by.key() && wanted.person.side == by.side;
        if let Some(known) = self.known_to(by, &key, now) {
            Self::not_glass(&key)?;
            if known.side != wanted.person.side {
                return Err(invalid(format!(
                    "`{}` is a person of side `{}`; give this one another id",
                    key.id, known.side
                )));
            }
        }
        let (mut changes, entrance) =
            if own { (Vec::new(), Entrance::Managed) } else { self.bearer(wanted, by, now)? };
        if entrance == Entrance::Managed {
            self.within_maker(wanted, by, now)?;
        }
        if self.tokens.of(&key).filter(|token| token.is_valid(now)).count() >= MAX_TOKENS {
            let what = format!("{} has {MAX_TOKENS} valid tokens already; revoke some first", key.id);
            return Err(Refusal::new(Code::Conflict, what));
        }
        let maker = match entrance {
            _ if own => by.maker.clone(),
            Entrance::FirstOwner => None,
            Entrance::Managed => Some(by.key()),
        };
        changes.push(Change::Token(self.token_of(wanted, (maker, by.password_only), now)?));
        Ok(changes)
    }

    /// Whoever else is to have a token: they are known and the maker's to manage, or come in with it.
    fn bearer(
        &self,
        wanted: &NewToken,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(Vec<Change>, Entrance), Refusal> {
        if by.maker.as_ref().is_some_and(|maker| *maker != by.key()) {
            return Err(not_allowed(
                "this token was made by somebody else for you, so it makes none for others; use a login of your own",
            ));
        }
        let key = wanted.person.key();
        if let Some(person) = self.known_to(by, &key, now) {
            if !self.manages(by, person.side, &person.home, now) {
                return Err(self.not_your_side(person.side, &person.home, by, now));
            }
            return self.opens_something(person, wanted, now).map(|()| (Vec::new(), Entrance::Managed));
        }
        // Who is not theirs to see is a newcomer to them, as far as they may let any in.
        let entrance = self.admits(&wanted.person, wanted.verbs, by, now)?;
        if self.people.contains_key(&key) {
            return Err(self.taken(&key, by, now));
        }
        let (id, reason) = (ApiToken::short_id(&wanted.hash), "came with their first token");
        let changes = self.enters(&wanted.person, wanted.verbs, (&id, reason), entrance, by, now)?;
        Ok((changes, entrance))
    }

    /// Refuses a token for somebody who is known by which nothing would come through.
    fn opens_something(&self, person: &Person, wanted: &NewToken, now: Timestamp) -> Result<(), Refusal> {
        may_come_in(person, now)?;
        let key = person.key();
        let theirs = self.own_reach(&key, wanted.verbs, wanted.scope.clone(), now);
        let opens = match wanted.scope.org() {
            Some(org) => wanted.verbs.into_iter().any(|verb| theirs.may_within(verb, org)),
            None => !theirs.anywhere().is_empty(),
        };
        if opens {
            return Ok(());
        }
        let verbs = wanted.verbs.into_iter().map(Verb::as_str).collect::<Vec<_>>().join(" ");
        let what = format!(
            "{key} may do none of {} on {scope}, so the token would open nothing; give what it is for first: `dogwatch access \
             grant {key} {verbs} --scope {scope} --reason …`",
            wanted.verbs,
            scope = wanted.scope
        );
        Err(Refusal::new(Code::Conflict, what))
    }

    fn within_maker(&self, wanted: &NewToken, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
        let reach = self.reach(by, now);
        let outside = match wanted.scope.org() {
            Some(org) => !reach.sees_org(org),
            None => by.org.is_some(),
        };
        if outside || !by.scope().contains(&wanted.scope) {
            return Err(match wanted.scope.org() {
                Some(org) => unseen("org", org),
                None => not_allowed("your token reaches one org, so it makes none that reaches more"),
            });
        }
        let missing = wanted.verbs.without(reach.gives(&wanted.scope));
        if !missing.is_empty() {
            return Err(not_allowed(format!(
                "{missing} on {} is missing: a token never does more than its maker; ask for less (`--role viewer`), or {}",
                wanted.scope,
                self.cure_of_giver(by, (missing, &wanted.scope), now)
            )));
        }
        Ok(())
    }

    fn token_of(
        &self,
        wanted: &NewToken,
        (maker, password_only): (Option<PersonKey>, bool),
        now: Timestamp,
    ) -> Result<ApiToken, Refusal> {
        let NewToken { person, scope, verbs, .. } = wanted;
        let known = self.people.get(&person.key());
        let expires_at = wanted.end(known.map_or(person.service, |known| known.service), now)?;
        let team = known.map_or(&person.team, |known| &known.team).clone();
        let principal = Principal {
            team,
            maker,
            password_only,
            ..Principal::new(person.id.clone(), person.side, scope, *verbs)
        };
        Ok(ApiToken { expires_at, ..ApiToken::new(wanted.hash, principal, now) })
    }

    pub(super) fn revoke_token(
        &self,
        id: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let mine = |token: &&ApiToken| token.id == id && self.manages_tokens(by, &token.principal, now);
        let token = self.tokens.values().find(mine).ok_or_else(|| unseen("token", id))?;
        Ok(match token.revoked_at {
            Some(_) => vec![Change::Token(token.clone())],
            None => vec![Change::Token(token.revoked(now))],
        })
    }

    /// The tokens that somebody may see and revoke. What may be done to those of people of one side at one place is worked
    /// out once, not for each of their tokens.
    pub fn managed_tokens(&self, by: &Principal, now: Timestamp) -> Vec<&ApiToken> {
        let (mut known, reach) = (BTreeMap::new(), self.reach(by, now));
        let own = |of: &Principal| by.key() == of.key() && by.side == of.side;
        let managed = self.tokens.values().filter(|token| {
            let of = &token.principal;
            let home = self.people.get(&of.key()).map(|person| &person.home);
            let place = (of.side, home, of.scope());
            own(of)
                || self.is_in(
                    *known.entry(place).or_insert_with(|| self.hold(by, of, now)),
                    of,
                    (&reach, now),
                )
        });
        managed.collect()
    }

    /// Whether somebody may see and revoke a token: their own, those of people whom they manage and who have nothing that
    /// they could not give, and, as an owner, those of the MSP that reach their org alone.
    pub fn manages_tokens(&self, by: &Principal, of: &Principal, now: Timestamp) -> bool {
        let own = by.key() == of.key() && by.side == of.side;
        own || self.is_in(self.hold(by, of, now), of, (&self.reach(by, now), now))
    }

    fn is_in(&self, hold: Hold, of: &Principal, (reach, now): (&Reach, Timestamp)) -> bool {
        match hold {
            Hold::All => true,
            Hold::OfWhomTheyOutrank => self.beyond(&of.key(), reach, now).is_none(),
            Hold::None => false,
        }
    }

    /// How far somebody has the tokens of people of a side at a place in their hands.
    fn hold(&self, by: &Principal, of: &Principal, now: Timestamp) -> Hold {
        let home = self.people.get(&of.key()).map_or_else(|| of.scope(), |person| person.home.clone());
        let guest = of.side == Side::Msp && of.org.as_ref().is_some_and(|org| self.is_owner(by, org, now));
        let there = self.administers_scope(by, of, now);
        if guest || (there && of.side == Side::Msp) {
            Hold::All
        } else if there || self.manages(by, of.side, &home, now) {
            Hold::OfWhomTheyOutrank
        } else {
            Hold::None
        }
    }

    /// An administrator of the MSP in one org manages the MSP's tokens that reach that org alone.
    fn administers_scope(&self, by: &Principal, of: &Principal, now: Timestamp) -> bool {
        let place = of.org.as_ref().filter(|_| by.side == of.side);
        place.is_some_and(|org| self.reach(by, now).may(Verb::Administer, org, of.site.as_ref()))
    }
}
