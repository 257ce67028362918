//! The guard before every route: who asks, and may they?
//!
//! A bearer token is looked up by the SHA-256 of its text, so that no comparison of secrets depends on their bytes.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use jiff::Timestamp;

use super::{Shared, caller::Caller, extract, problem::Problem, secret};
use crate::access::{ApiToken, Role, Sha256};

/// What a route asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: anybody may.
    Public,
    /// Any valid token.
    View,
    /// A member's or administrator's token.
    Work,
    /// An administrator's token.
    Admin,
}

impl Needs {
    fn allows(self, role: Role) -> bool {
        match self {
            Self::Public | Self::View => true,
            Self::Work => matches!(role, Role::Admin | Role::Member),
            Self::Admin => role == Role::Admin,
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Public | Self::View => "viewer",
            Self::Work => "member",
            Self::Admin => "admin",
        }
    }
}

/// A route's part in the guard: what it needs and which query parameters it takes.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) api: Shared,
    pub(crate) needs: Needs,
    pub(crate) params: &'static [&'static str],
}

/// Lets a request through to its handler, or answers why not.
pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match admit(&gate, &mut request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(gate: &Gate, request: &mut Request) -> Result<(), Problem> {
    if gate.needs != Needs::Public {
        let now = (gate.api.now)();
        let token = known(gate, request.headers(), now)?;
        let role = token.principal.role;
        if !gate.needs.allows(role) {
            return Err(Problem::not_allowed(format!(
                "this needs the role {}, and your token has the role {role}; ask an administrator",
                gate.needs.in_words()
            )));
        }
        request.extensions_mut().insert(Caller { token, now });
    }
    extract::check_names(request.uri(), gate.params)
}

fn known(gate: &Gate, headers: &HeaderMap, now: Timestamp) -> Result<ApiToken, Problem> {
    let shown = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| {
            Problem::unauthenticated(
                "no token: log in with `dogwatch login LINK`, or send `authorization: Bearer dwt_…`",
            )
        })?
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, text)| text.trim())
        .filter(|text| secret::looks_like_token(text))
        .ok_or_else(|| {
            Problem::unauthenticated(
                "the `authorization` header is not `Bearer dwt_…`; copy the token again, whole",
            )
        })?;
    let hash = Sha256::of(shown.as_bytes());
    let token = gate.api.core.read(|state| state.tokens.get(&hash).cloned());
    let refused = |why| {
        Problem::unauthenticated(format!(
            "the token {why}; ask an administrator for a new one (`dogwatch token create`) and log in again"
        ))
    };
    match token {
        None => Err(refused("is not known here")),
        Some(token) if token.revoked_at.is_some() => Err(refused("was revoked")),
        Some(token) if !token.is_valid(now) => Err(refused("has expired")),
        Some(token) => Ok(token),
    }
}
