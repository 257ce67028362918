//! By an identity provider: listens on this machine, lets the browser prove who somebody is, and trades the one-time
//! code that it brings back for a token.
//!
//! The code is good for this run of the program alone: only it knows the verifier that the collector asks for.

mod browser;
mod loopback;

use aws_lc_rs::rand::SystemRandom;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{
    args::Login,
    client::Client,
    failure::{Exit, Failure},
    output::{note, text_at},
    pin,
};

/// Gets a token.
pub(super) fn token(client: &Client, login: &Login) -> Result<String, Failure> {
    let door = loopback::Door::open()?;
    let verifier = verifier()?;
    let mut wanted = json!({
        "port": door.port(),
        "code_challenge": URL_SAFE_NO_PAD.encode(pin::sha256(verifier.as_bytes())),
    });
    if let Some(Some(provider)) = &login.oidc {
        wanted["provider"] = json!(provider);
    }
    let begun = client.post("oidc/loopback", &wanted)?;
    let url = text_at(&begun, "url");
    if login.no_browser || !browser::open(&url) {
        note(&format!("Open this address in a browser on this machine:\n{url}"));
    } else {
        note(&format!("Your browser opens. If it does not, open this address in it:\n{url}"));
    }
    let code = door.wait()?;
    super::token_in(&client.post("oidc/loopback/token", &json!({ "code": code, "code_verifier": verifier }))?)
}

/// 256 random bits as text.
fn verifier() -> Result<String, Failure> {
    let mut bits = [0; 32];
    aws_lc_rs::rand::SecureRandom::fill(&SystemRandom::new(), &mut bits)
        .map_err(|_| Failure::new(Exit::NotMet, "the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}
