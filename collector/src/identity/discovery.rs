//! What a provider says of itself, and what of it must be so.

use serde::Deserialize;

use super::{provider::Provider, token};
use crate::notify::http::Target;

/// A provider's description, checked.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) authorize: String,
    pub(super) token: Target,
    pub(super) keys: Target,
    pub(super) userinfo: Option<Target>,
    /// How the client's secret is shown.
    pub(super) shows: Shows,
    /// Whether answers name their issuer.
    pub(super) names_issuer: bool,
}

/// How the client's secret is shown to the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// In a header.
    Basic,
    /// In the form.
    Post,
}

/// The document, as far as it concerns us. Unknown members are the standard's way to grow.
#[derive(Debug, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Reads a description of `provider`.
pub(super) fn read(provider: &Provider, body: &[u8]) -> Result<Described, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| "what it says of itself is no OpenID Connect discovery document".to_owned())?;
    if document.issuer != provider.issuer {
        return Err(
            "it calls itself by another `issuer` than identity.toml does, letter by letter".to_owned()
        );
    }
    let offers = |offered: &Option<Vec<String>>, wanted: &str| {
        offered.as_ref().is_none_or(|all| all.iter().any(|one| one == wanted))
    };
    if !offers(&document.response_types_supported, "code") {
        return Err("it does not offer the authorisation code flow".to_owned());
    }
    if !offers(&document.code_challenge_methods_supported, "S256") {
        return Err("it does not offer PKCE with S256".to_owned());
    }
    if !token::ALLOWED.iter().any(|(_, name)| offers(&document.id_token_signing_alg_values_supported, name)) {
        return Err("it signs by none of RS256, PS256, ES256, EdDSA".to_owned());
    }
    // Basic is the standard's default where nothing is said.
    let methods = &document.token_endpoint_auth_methods_supported;
    let basic = offers(methods, "client_secret_basic");
    let shows = if basic || !offers(methods, "client_secret_post") { Shows::Basic } else { Shows::Post };
    let target = |name: &str, url: &str| {
        let secure = !provider.issuer.starts_with("https:") || url.starts_with("https:");
        let secure = secure.then_some(()).ok_or_else(|| "is not https".to_owned());
        secure.and_then(|()| provider.discovery.beside(url)).map_err(|what| format!("its `{name}`: {what}"))
    };
    target("authorization_endpoint", &document.authorization_endpoint)?;
    Ok(Described {
        token: target("token_endpoint", &document.token_endpoint)?,
        keys: target("jwks_uri", &document.jwks_uri)?,
        userinfo: document.userinfo_endpoint.map(|url| target("userinfo_endpoint", &url)).transpose()?,
        authorize: document.authorization_endpoint,
        shows,
        names_issuer: document.authorization_response_iss_parameter_supported,
    })
}
