//! From merged values to what an agent is told, or why that cannot be.

use std::collections::BTreeMap;

use dogwatch_model::{CheckWatch, Expected, Probe, ServiceWatch, Target};

use super::{Value, keys};

/// The values of one subject, by key.
pub(super) type Values<'v> = BTreeMap<&'static str, &'v Value>;

/// What is looked at when nobody says how often, seconds.
const EVERY_SECONDS: u32 = 60;
/// Lines of a log are counted over an hour when nobody says how long, seconds.
const WITHIN_SECONDS: u32 = 3600;
/// systemd's limit.
const SERVICE_NAME_BYTES: usize = 255;
/// As much as a name may have on the wire.
const NAME_BYTES: usize = 512;
/// As much as a path may have on the wire.
const PATH_BYTES: usize = 4096;

/// Whether the entry is to be watched at all.
pub(super) fn is_enabled(values: &Values<'_>) -> bool {
    !matches!(values.get("enabled"), Some(Value::Flag(false)))
}

/// Names go to the service manager's own tool on the endpoint: nothing in them may look like an option or a pattern.
pub(super) fn service(name: &str, values: &Values<'_>) -> Result<ServiceWatch, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@:._-".contains(&byte);
    if !(1..=SERVICE_NAME_BYTES).contains(&name.len()) || name.starts_with('-') || !name.bytes().all(plain) {
        return Err(format!("`{name}` is no name of a service: letters, digits and @ : . _ - alone"));
    }
    let expected = text(values, "expected").unwrap_or("running");
    let expected = expected.parse().unwrap_or(Expected::Running);
    Ok(ServiceWatch { name: name.to_owned(), expected })
}

pub(super) fn check(name: &str, values: &Values<'_>) -> Result<CheckWatch, String> {
    if name.is_empty() || name.len() > NAME_BYTES || name.contains(char::is_control) {
        return Err(format!("a check's name is a line of at most {NAME_BYTES} bytes"));
    }
    let Some(kind) = text(values, "kind") else {
        return Err(format!("check `{name}` has no `kind`: one of {}", keys::KINDS.join(", ")));
    };
    let probe = match kind {
        "process" => Probe::Process { process: plain("process", text(values, "process").unwrap_or(name))? },
        "tcp" => Probe::Tcp(target(name, values, None)?),
        "http" => http(name, values)?,
        "file" => Probe::File {
            path: file_path(name, text(values, "path"))?,
            max_age_seconds: seconds(values, "max_age").map(u64::from),
            min_bytes: whole(values, "min_bytes"),
            max_bytes: whole(values, "max_bytes"),
        },
        _ => Probe::Log {
            log: plain("log", text(values, "log").unwrap_or(name))?,
            within_seconds: seconds(values, "within").unwrap_or(WITHIN_SECONDS),
            max_count: whole(values, "max_count").unwrap_or(0),
        },
    };
    let every_seconds = seconds(values, "every").unwrap_or(EVERY_SECONDS);
    Ok(CheckWatch { name: name.to_owned(), every_seconds, probe })
}

fn http(name: &str, values: &Values<'_>) -> Result<Probe, String> {
    let tls = matches!(values.get("tls"), Some(Value::Flag(true)));
    let path = text(values, "path").unwrap_or("/");
    // It goes into a request's first line.
    if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.len() > PATH_BYTES
    {
        return Err(format!("`path` of check `{name}` begins with a / and is ASCII without spaces"));
    }
    Ok(Probe::Http {
        target: target(name, values, Some(if tls { 443 } else { 80 }))?,
        tls,
        path: path.to_owned(),
        status: whole(values, "status").and_then(|status| u16::try_from(status).ok()),
    })
}

fn target(name: &str, values: &Values<'_>, usual: Option<u16>) -> Result<Target, String> {
    let port = whole(values, "port").and_then(|port| u16::try_from(port).ok()).or(usual);
    let port = port.ok_or_else(|| format!("check `{name}` has no `port`"))?;
    let host = text(values, "host").map(|host| plain("host", host)).transpose()?;
    Ok(Target { host, port })
}

fn file_path(name: &str, path: Option<&str>) -> Result<String, String> {
    let path = path.ok_or_else(|| format!("check `{name}` has no `path`"))?;
    let absolute = path.starts_with('/') || path.as_bytes().get(1..3) == Some(b":\\");
    if !absolute || path.len() > PATH_BYTES || path.contains(char::is_control) {
        return Err(format!("`path` of check `{name}` is an absolute path, such as \"/var/backups/db.gz\""));
    }
    Ok(path.to_owned())
}

fn plain(key: &str, text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > NAME_BYTES || text.contains(|c: char| c.is_control() || c == ' ') {
        return Err(format!("`{key}` is a name without spaces"));
    }
    Ok(text.to_owned())
}

fn text<'v>(values: &Values<'v>, key: &str) -> Option<&'v str> {
    match values.get(key) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn whole(values: &Values<'_>, key: &str) -> Option<u64> {
    match values.get(key) {
        Some(Value::Whole(number)) => Some(*number),
        _ => None,
    }
}

fn seconds(values: &Values<'_>, key: &str) -> Option<u32> {
    match values.get(key) {
        Some(Value::Span(span, _)) => u32::try_from(span.as_secs()).ok(),
        _ => None,
    }
}
