//! The file as it is written, and its way into [`Channels`].

use std::{collections::BTreeMap, fs, io, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use dogwatch_model::{ChannelId, OrgId};
use dogwatch_triage::notice::group::Timing;
use jiff::SignedDuration;
use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Channel, Channels, Heartbeat, Kind, MAIL_CHANNEL, MOST_CHANNELS, Places, Secret, Security, Smtp, Way,
};
use crate::{
    config::{ConfigError, parse_secret_toml, pem, std_duration},
    notify::{backoff::Backoff, http::Target, send::webhook_key, template::Templates},
};

/// The largest file: five hundred channels are a fifth of it.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where PagerDuty takes events, unless the channel says otherwise (its European region does).
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// What ids must be.
const SLUG: &str =
    "must be 1 to 63 lower-case letters, digits, '-', '_' or '.', beginning with a letter or digit";

/// Beats more often tell nothing more; rarer ones are no watch.
const BEAT_BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(24 * 3600));

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// The mail server, for channels of kind `email` and for the mailboxes of teams and people.
    smtp: Option<SmtpFile>,
    /// Where messages go, by an id that the matrix names.
    #[schemars(with = "Vec<ChannelFile>")]
    channel: Vec<toml::Spanned<ChannelFile>>,
    /// Called while the collector works; whoever is called raises the alarm when it stays away.
    heartbeat: Option<HeartbeatFile>,
    /// How long messages wait for company.
    grouping: GroupingFile,
    /// How failed tries are repeated.
    retry: Backoff,
    /// Jinja templates in place of the shipped ones.
    templates: Templates,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SmtpFile {
    /// The server's name, as in its certificate.
    host: String,
    /// 587 with `starttls`, 465 with `implicit`, 25 with `none`, unless it says otherwise.
    port: Option<u16>,
    /// How the connection is secured.
    security: Security,
    /// Whom the server knows us as.
    user: Option<String>,
    /// The user's password; one of three places.
    password: Option<String>,
    /// The file that holds the password, from this folder.
    password_file: Option<String>,
    /// The environment variable that holds the password.
    password_env: Option<String>,
    /// Who our mails are from: `Dogwatch <dogwatch@example.org>`.
    from: String,
    /// Roots to trust beside the system's: a PEM file, from this folder.
    ca_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChannelFile {
    /// What the matrix and the directory call it.
    id: String,
    /// What it speaks.
    kind: Kind,
    /// Only this org's items; every org's when absent.
    org: Option<String>,
    /// Mailboxes, of kind `email` alone.
    #[serde(default)]
    to: Vec<String>,
    /// Where messages go, every kind but `email`; one of three places.
    url: Option<String>,
    /// The file that holds the url, from this folder.
    url_file: Option<String>,
    /// The environment variable that holds the url.
    url_env: Option<String>,
    /// What webhooks are signed with, `whsec_…`; one of three places.
    secret: Option<String>,
    /// The file that holds the secret, from this folder.
    secret_file: Option<String>,
    /// The environment variable that holds the secret.
    secret_env: Option<String>,
    /// The integration's key, of kind `pagerduty` alone; one of three places.
    routing_key: Option<String>,
    /// The file that holds the routing key, from this folder.
    routing_key_file: Option<String>,
    /// The environment variable that holds the routing key.
    routing_key_env: Option<String>,
    /// Whether an address inside (10.…, 192.168.…) may be called.
    #[serde(default)]
    allow_private: bool,
    /// Roots to trust beside the system's: a PEM file, from this folder.
    ca_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeartbeatFile {
    /// What is called; one of three places.
    url: Option<String>,
    /// The file that holds the url, from this folder.
    url_file: Option<String>,
    /// The environment variable that holds the url.
    url_env: Option<String>,
    /// How often, from 1s to 24h.
    every: SignedDuration,
    /// Whether an address inside (10.…, 192.168.…) may be called.
    #[serde(default)]
    allow_private: bool,
    /// Roots to trust beside the system's: a PEM file, from this folder.
    ca_file: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct GroupingFile {
    /// For company, before the first message.
    wait: Option<SignedDuration>,
    /// Between messages.
    interval: Option<SignedDuration>,
    /// Between messages where a P1 is concerned.
    urgent: Option<SignedDuration>,
    /// Until what nobody has taken is told of again.
    repeat: Option<SignedDuration>,
}

pub(super) fn read(path: &Path) -> Result<Channels, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    let wrong = |what: String| ConfigError::Value { path: path.to_owned(), what };
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Channels::default()),
        about => about.map_err(unreadable)?,
    };
    if about.permissions().mode() & 0o077 != 0 {
        return Err(wrong("others may read it, and it holds secrets: chmod 600 it".to_owned()));
    }
    if about.len() > MAX_BYTES {
        return Err(wrong(format!("it has {} bytes, over the limit of {MAX_BYTES}", about.len())));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let file: File = parse_secret_toml(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let channels =
        channels(file.channel, folder).map_err(|(at, what)| ConfigError::at(path, &text, at, what))?;
    let needs_mail = channels.values().find(|channel| channel.way.kind() == Kind::Email);
    if let (Some(channel), None) = (needs_mail, &file.smtp) {
        return Err(wrong(format!("channel `{}` is for mail, and there is no [smtp]", channel.id)));
    }
    file.templates.check().map_err(|what| wrong(format!("[templates] {what}")))?;
    file.retry.check().map_err(|what| wrong(format!("[retry] {what}")))?;
    Ok(Channels {
        smtp: file
            .smtp
            .map(|smtp| smtp.validate(folder))
            .transpose()
            .map_err(|what| wrong(format!("[smtp] {what}")))?,
        channels,
        heartbeat: file
            .heartbeat
            .map(|beat| beat.validate(folder))
            .transpose()
            .map_err(|what| wrong(format!("[heartbeat] {what}")))?,
        timing: file.grouping.validate().map_err(|what| wrong(format!("[grouping] {what}")))?,
        backoff: file.retry,
        templates: file.templates,
    })
}

/// The channels, or what is wrong with one and at which byte it begins.
fn channels(
    files: Vec<toml::Spanned<ChannelFile>>,
    folder: &Path,
) -> Result<BTreeMap<ChannelId, Channel>, (usize, String)> {
    let mut channels = BTreeMap::new();
    for file in files {
        let at = file.span().start;
        let channel = file.into_inner().validate(folder).map_err(|what| (at, what))?;
        let id = channel.id.clone();
        if channels.insert(id.clone(), channel).is_some() {
            return Err((at, format!("there are two channels `{id}`")));
        }
        if channels.len() > MOST_CHANNELS {
            return Err((at, format!("there are more than {MOST_CHANNELS} channels")));
        }
    }
    Ok(channels)
}

impl ChannelFile {
    fn validate(self, folder: &Path) -> Result<Channel, String> {
        // The errors of ids quote what was written.
        let id = ChannelId::new(&self.id).map_err(|_| format!("`id` {SLUG}"))?;
        if self.id == MAIL_CHANNEL {
            return Err(format!("`{MAIL_CHANNEL}` is how timelines call plain mailboxes; choose another id"));
        }
        let org = self.org.as_deref().map(OrgId::new).transpose().map_err(|_| format!("`org` {SLUG}"))?;
        let way = self.way(folder).map_err(|what| format!("channel `{id}`: {what}"))?;
        Ok(Channel { id, org, way })
    }

    fn way(self, folder: &Path) -> Result<Way, String> {
        let kind = self.kind;
        let secret = Places { here: self.secret, file: self.secret_file, variable: self.secret_env };
        let routing =
            Places { here: self.routing_key, file: self.routing_key_file, variable: self.routing_key_env };
        let url = Places { here: self.url, file: self.url_file, variable: self.url_env };
        let (secret, routing) = (secret.find("secret", folder)?, routing.find("routing_key", folder)?);
        let url = url.find("url", folder)?;
        if kind != Kind::Webhook && secret.is_some() {
            return Err("`secret` is for webhooks alone".to_owned());
        }
        if kind != Kind::Pagerduty && routing.is_some() {
            return Err("`routing_key` is for pagerduty alone".to_owned());
        }
        if (kind == Kind::Email) != (!self.to.is_empty() && url.is_none()) {
            return Err(
                "email needs `to = [\"…\"]` and no `url`; every other kind a `url` and no `to`".to_owned()
            );
        }
        let url = url.or_else(|| (kind == Kind::Pagerduty).then(|| Secret::new(PAGERDUTY)));
        let roots = pem(self.ca_file.as_deref(), folder)?;
        let target = || {
            let url = url.as_ref().ok_or("`url` is missing")?;
            Target::new(url, self.allow_private, roots.as_deref())
        };
        Ok(match kind {
            Kind::Email => Way::Email(self.to.iter().map(|to| mailbox("to", to)).collect::<Result<_, _>>()?),
            Kind::Webhook => {
                let secret = secret.ok_or("`secret` (or `secret_file`, `secret_env`) is missing: whsec_…")?;
                webhook_key(&secret)?;
                Way::Webhook(target()?, secret)
            }
            Kind::Slack => Way::Slack(target()?),
            Kind::Teams => Way::Teams(target()?),
            Kind::Pagerduty => Way::Pagerduty(target()?, routing.ok_or("`routing_key` is missing")?),
        })
    }
}

impl SmtpFile {
    fn validate(self, folder: &Path) -> Result<Smtp, String> {
        let password = Places { here: self.password, file: self.password_file, variable: self.password_env };
        let login = match (self.user, password.find("password", folder)?) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => return Err("`user` and `password` go together".to_owned()),
        };
        let local =
            self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if self.security == Security::None && !local {
            return Err("`security = \"none\"` is for a server on this machine (localhost) alone; use \"starttls\" or \"implicit\"".to_owned());
        }
        let usual = match self.security {
            Security::Starttls => 587,
            Security::Implicit => 465,
            Security::None => 25,
        };
        Ok(Smtp {
            port: self.port.unwrap_or(usual),
            security: self.security,
            login,
            from: mailbox("from", &self.from)?,
            roots: pem(self.ca_file.as_deref(), folder)?,
            host: self.host,
        })
    }
}

impl HeartbeatFile {
    fn validate(self, folder: &Path) -> Result<Heartbeat, String> {
        let url = Places { here: self.url, file: self.url_file, variable: self.url_env };
        let url = url.find("url", folder)?.ok_or("`url` is missing")?;
        let every = std_duration(self.every);
        if every < BEAT_BOUNDS.0 || every > BEAT_BOUNDS.1 {
            return Err("`every` must be between 1s and 24h".to_owned());
        }
        let roots = pem(self.ca_file.as_deref(), folder)?;
        Ok(Heartbeat { target: Target::new(&url, self.allow_private, roots.as_deref())?, every })
    }
}

impl GroupingFile {
    fn validate(self) -> Result<Timing, String> {
        let usual = Timing::default();
        let timing = Timing {
            wait: self.wait.unwrap_or(usual.wait),
            interval: self.interval.unwrap_or(usual.interval),
            urgent: self.urgent.unwrap_or(usual.urgent),
            repeat: self.repeat.unwrap_or(usual.repeat),
        };
        let all = [timing.wait, timing.interval, timing.urgent, timing.repeat];
        if all.iter().any(|span| span.is_negative()) || timing.interval.is_zero() || timing.repeat.is_zero() {
            return Err("`interval` and `repeat` must be longer than zero, `wait` and `urgent` not negative"
                .to_owned());
        }
        Ok(timing)
    }
}

fn mailbox(key: &str, text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|_| format!("`{key}`: no mail address; expected such as `Dogwatch <dogwatch@example.org>`"))
}
