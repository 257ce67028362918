//! Who asks, once settled: handlers take a [`Caller`] and need not look at a header.

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;

use super::problem::Problem;
use dogwatch_model::OrgId;

use crate::{
    access::{ApiToken, Principal, Reach, Verb},
    core::Sight,
};

/// Who asks, and when.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The token they showed, as it is kept.
    pub(crate) token: ApiToken,
    /// What they may do now.
    pub(crate) reach: Reach,
    /// When the request came.
    pub(crate) now: Timestamp,
}

impl Caller {
    /// Who they are.
    pub(crate) fn principal(&self) -> &Principal {
        &self.token.principal
    }

    /// Looks at what they may see of the state.
    pub(crate) fn see<R>(&self, api: &super::Shared, look: impl FnOnce(&Sight<'_>) -> R) -> R {
        api.core.see(&self.reach, look)
    }

    /// What helps where they lack a right everywhere, in words: where their token withholds it nobody need give it.
    pub(crate) fn cure_for(&self, verb: Verb) -> String {
        if self.reach.is_withheld(verb) {
            return format!(
                "you have it, and this token does not let `{verb}` through: log in (`dogwatch login`), or use a token that \
                 was made with it"
            );
        }
        let principal = self.principal();
        match &principal.org {
            Some(org) => format!(
                "an administrator of the {} side of {org} can give it: `dogwatch access grant {} {verb} --scope {org} --reason …`",
                principal.side, principal.person
            ),
            None => format!(
                "an administrator of the {} side can give it: `dogwatch access grant {} {verb} --scope ORG --reason …` (`--scope '*'` for what is of no org)",
                principal.side, principal.person
            ),
        }
    }

    /// Whether they see anything of an org.
    pub(crate) fn sees(&self, org: &OrgId) -> bool {
        self.reach.sees_org(org)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("a handler wants to know who asks, on a route that is public"))
    }
}
