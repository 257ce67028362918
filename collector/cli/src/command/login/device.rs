//! For machines without a browser: shows a code, and asks until somebody has typed it elsewhere and said yes.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    args::Login,
    client::Client,
    failure::{Exit, Failure},
    output::{note, text_at},
};

/// Longer waits are nothing that a collector asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// What is added each time that the collector finds us too quick (RFC 8628).
const SLOWER: Duration = Duration::from_secs(5);

/// Gets a token.
pub(super) fn token(client: &Client, login: &Login) -> Result<String, Failure> {
    let wanted = match &login.device {
        Some(Some(provider)) => json!({ "provider": provider }),
        _ => json!({}),
    };
    let begun = client.post("oidc/device", &wanted)?;
    let seconds = |name: &str, usual| Duration::from_secs(begun[name].as_u64().unwrap_or(usual));
    let mut interval = seconds("interval", 5).min(LONGEST);
    let until = Instant::now() + seconds("expires_in", 600);
    note(&format!(
        "On any machine with a browser, open {}\nand type this code: {}",
        text_at(&begun, "verification_uri"),
        text_at(&begun, "user_code")
    ));
    let ask = json!({ "device_code": begun["device_code"] });
    while Instant::now() < until {
        thread::sleep(interval);
        match client.poll("oidc/device/token", &ask)? {
            Ok(made) => return super::token_in(&made),
            Err(word) if word == "slow_down" => interval += SLOWER,
            Err(_) => {}
        }
    }
    Err(Failure::new(Exit::NotAllowed, "nobody typed the code in time; log in again"))
}
