//! Who asks, once settled: handlers take a [`Caller`] and need not look at a header.

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;

use super::problem::Problem;
use crate::access::{ApiToken, Principal};

/// Who asks, and when.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The token they showed, as it is kept.
    pub(crate) token: ApiToken,
    /// When the request came.
    pub(crate) now: Timestamp,
}

impl Caller {
    /// Who they are, in a word that no two people share.
    pub(crate) fn name(&self) -> String {
        let Principal { person, side, .. } = self.principal();
        format!("{side}/{person}")
    }

    /// Who they are.
    pub(crate) fn principal(&self) -> &Principal {
        &self.token.principal
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
