//! One try to deliver a message through its way. Each kind of way has its room; a room turns a message into what the
//! other end takes, and nothing else.

mod mail;
mod pagerduty;
mod slack;
mod teams;
mod webhook;

use dogwatch_triage::notice::Via;

pub(super) use webhook::key as webhook_key;

use super::{
    Message,
    channels::{Channels, Way},
    http::{Fault, post},
};

/// Why a message is not even tried.
pub(super) enum NotSent {
    /// It was tried.
    Fault(Fault),
    /// There is no way to try it.
    Impossible(String),
}

impl From<Fault> for NotSent {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Tries once.
pub(super) async fn send(channels: &Channels, message: &Message) -> Result<(), NotSent> {
    let way = match &message.via {
        Via::Mail(address) => return to_mailbox(channels, message, address).await,
        Via::Channel(id) => channels.channels.get(id).map(|channel| &channel.way),
    };
    let way = way
        .ok_or_else(|| NotSent::Impossible(format!("channel `{}` is gone from notify.toml", message.via)))?;
    match way {
        Way::Email(to) => mail::send(smtp(channels)?, &channels.templates, message, to).await?,
        Way::Webhook(target, secret) => {
            let (headers, body) = webhook::request(message, secret, jiff::Timestamp::now())?;
            post(target, &headers, body).await?;
        }
        Way::Slack(target) => post(target, &[], slack::body(message, &channels.templates)).await?,
        Way::Teams(target) => post(target, &[], teams::body(message, &channels.templates)).await?,
        Way::Pagerduty(target, key) => {
            // Each event has its own key at the other end: those that went through before are not taken twice.
            for event in pagerduty::bodies(message, key) {
                post(target, &[], event).await?;
            }
        }
    }
    Ok(())
}

async fn to_mailbox(channels: &Channels, message: &Message, address: &str) -> Result<(), NotSent> {
    let smtp = smtp(channels)?;
    let mailbox = address.parse().map_err(|error| {
        NotSent::Impossible(format!("`{address}` of the matrix is no mail address ({error})"))
    })?;
    Ok(mail::send(smtp, &channels.templates, message, &[mailbox]).await?)
}

/// What a message is in one shape, as it would go out; for tests of what it tells.
#[cfg(test)]
pub(crate) fn written(message: &Message, kind: super::channels::Kind) -> Vec<String> {
    use super::{
        channels::{Kind, Secret},
        template::Templates,
    };
    let (templates, now) = (Templates::default(), jiff::Timestamp::UNIX_EPOCH);
    let bodies = match kind {
        Kind::Email => vec![mail::written(message, &templates)],
        Kind::Webhook => {
            let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            let signed = webhook::request(message, &secret, now).map_err(|fault| fault.what);
            let (headers, body) = signed.unwrap();
            vec![format!("{headers:?}").into_bytes(), body]
        }
        Kind::Slack => vec![slack::body(message, &templates)],
        Kind::Teams => vec![teams::body(message, &templates)],
        Kind::Pagerduty => pagerduty::bodies(message, &Secret::new("0123456789abcdef0123456789abcdef")),
    };
    bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect()
}

fn smtp(channels: &Channels) -> Result<&super::channels::Smtp, NotSent> {
    channels.smtp.as_ref().ok_or_else(|| NotSent::Impossible("[smtp] is gone from notify.toml".to_owned()))
}
