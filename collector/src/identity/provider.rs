//! One provider: how it is reached, whom it may bring, and what it is known to have said.

use core::{fmt, time::Duration};

use dogwatch_model::{OrgId, PersonId, Side, TeamId};
use jiff::{SignedDuration, Timestamp};

use super::{Proved, claims::Claims, client::Memory, group, group::GroupGrant};
use crate::{
    access::{Principal, Scope, Verbs, free_id},
    notify::{channels::Secret, http::Target},
};

/// Names a provider, in addresses and logs: a slug like those of channels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId(pub(super) dogwatch_model::ChannelId);

impl ProviderId {
    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        dogwatch_model::ChannelId::new(text).ok().map(Self)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A provider, as the file says.
#[derive(Debug)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// What people call it: on the login page.
    pub name: String,
    /// The side that its people are on.
    pub side: Side,
    /// Nobody is told that there is such a provider: whoever comes by it names it.
    pub hidden: bool,
    /// Their home: one org, or all for the MSP's own people.
    pub home: Scope,
    pub(super) issuer: String,
    pub(super) discovery: Target,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret>,
    pub(super) scopes: Vec<String>,
    pub(super) person: PersonClaim,
    pub(super) groups_claim: String,
    pub(super) groups: Vec<GroupGrant>,
    /// Who comes in without a group.
    pub(super) without_group: Vec<PersonId>,
    /// Who of those here already may be taken for the provider's person of that name.
    pub(super) adopts: Vec<PersonId>,
    /// How long ago the person may have proved themself to the provider.
    pub(super) max_age: Option<SignedDuration>,
    /// How long rights hold without another login.
    pub(super) lasts: SignedDuration,
    pub(super) memory: Memory,
}

/// Which claim names the person here, at their first login; afterwards issuer and subject alone say who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PersonClaim {
    /// A claim with a user name.
    Name(String),
    /// What stands before the `@` of `email`, which must be verified and of one of these domains.
    Mail(Vec<String>),
}

/// How far the provider's clock may be off.
pub(super) const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// What the provider once said is asked for again after this.
pub(super) const FRESH: Duration = Duration::from_secs(3600);

impl Provider {
    /// The org of its people.
    pub const fn org(&self) -> Option<&OrgId> {
        self.home.org()
    }

    /// Who came, with what they are given; or why they may not.
    pub(super) fn admit(&self, claims: &Claims, groups: &[String]) -> Result<Proved, String> {
        let person = self.person_of(claims)?;
        let given = group::given(&self.groups, groups);
        if given.is_empty() && !self.without_group.contains(&person) {
            return Err(format!(
                "you are {person} at {}, and in none of the groups that may come in here; ask whoever keeps its \
                 groups to add you to one that `identity.toml` names",
                self.name
            ));
        }
        let team: Option<TeamId> = given.iter().find_map(|given| given.team.clone());
        Ok(Proved {
            provider: self.id.clone(),
            issuer: self.issuer.clone(),
            subject: claims.subject.clone(),
            adopts: self.adopts.contains(&person),
            principal: Principal { team, ..Principal::new(person, self.side, &self.home, Verbs::ALL) },
            grants: given.into_iter().cloned().collect(),
            lasts: self.lasts,
        })
    }

    fn person_of(&self, claims: &Claims) -> Result<PersonId, String> {
        let name = match &self.person {
            PersonClaim::Name(claim) => claims.text(claim).ok_or_else(|| {
                format!("{} does not say who you are: `{claim}` is missing in what it told of you", self.name)
            })?,
            PersonClaim::Mail(domains) => self.mail_of(claims, domains)?,
        };
        let name = name.to_lowercase();
        let id = PersonId::new(&name).map_err(|_| {
            format!(
                "{} calls you by a name that cannot be one here (lower-case letters, digits, '-', '_', '.'); \
                 set `person_claim` to a plain user name",
                self.name
            )
        })?;
        free_id(&id).map(|()| id).map_err(|refusal| refusal.what)
    }

    /// A mail address is who somebody is only where the provider has verified it and the file says whose domain it is.
    fn mail_of<'c>(&self, claims: &'c Claims, domains: &[String]) -> Result<&'c str, String> {
        if !claims.is_true("email_verified") {
            return Err(format!("{} has not verified your mail address; have it do so", self.name));
        }
        let known = claims.text("email").and_then(|mail| mail.rsplit_once('@'));
        match known.filter(|(_, domain)| domains.iter().any(|known| known.eq_ignore_ascii_case(domain))) {
            Some((local, _)) => Ok(local),
            None => Err(format!("your mail address at {} is not of a domain in `email_domains`", self.name)),
        }
    }

    /// Since when somebody must have proved themself, where the file wants to know.
    pub(super) fn proved_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.max_age.and_then(|age| now.checked_sub(age).ok())
    }
}
