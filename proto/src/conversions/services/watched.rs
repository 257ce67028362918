//! What a policy asks to be watched. A check goes to machines that must not become scanners or readers for whoever took
//! their collector over, so its form is taken strictly: names are plain, ports and intervals are in range, and a path
//! is absolute. What it may reach is for the endpoint's own configuration to say.

use dogwatch_model::{CheckWatch, Probe, ServiceWatch, Target};

use super::{
    ConversionError,
    field::{self, Converted, fault},
    limits,
};
use crate::{conversions::Fault, v1};

/// A day: what is looked at less often than that is hardly watched.
const MOST_EVERY_SECONDS: u32 = 86_400;
/// Lines of a log are counted over a week at most.
const MOST_WITHIN_SECONDS: u32 = 7 * 86_400;
/// No name of a service is longer: systemd's limit.
const SERVICE_NAME_BYTES: usize = 255;

impl TryFrom<v1::WatchedService> for ServiceWatch {
    type Error = ConversionError;

    fn try_from(wire: v1::WatchedService) -> Result<Self, ConversionError> {
        Ok(Self {
            name: service_name(wire.name)?,
            expected: field::word("watched_service.expected", &wire.expected)?,
        })
    }
}

impl From<&ServiceWatch> for v1::WatchedService {
    fn from(watch: &ServiceWatch) -> Self {
        Self { name: watch.name.clone(), expected: watch.expected.as_str().to_owned() }
    }
}

/// Names go to the service manager's own tool: nothing in them may look like an option or a pattern.
fn service_name(name: String) -> Converted<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@:._-".contains(&byte);
    let good =
        (1..=SERVICE_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-');
    let expected = "letters, digits and @ : . _ -, and no - at the beginning";
    if good { Ok(name) } else { Err(fault("watched_service.name", Fault::OutOfRange { expected })) }
}

impl TryFrom<v1::WatchedCheck> for CheckWatch {
    type Error = ConversionError;

    fn try_from(wire: v1::WatchedCheck) -> Result<Self, ConversionError> {
        use v1::watched_check::Probe as Wire;
        let probe = match field::required("watched_check.probe", wire.probe)? {
            Wire::Process(probe) => Probe::Process { process: filled("process_probe.name", probe.name)? },
            Wire::Tcp(probe) => Probe::Tcp(target(probe.host, probe.port)?),
            Wire::Http(probe) => http(probe)?,
            Wire::File(probe) => Probe::File {
                path: absolute("file_probe.path", probe.path)?,
                max_age_seconds: probe.max_age_seconds,
                min_bytes: probe.min_bytes,
                max_bytes: probe.max_bytes,
            },
            Wire::Log(probe) => Probe::Log {
                log: filled("log_probe.log", probe.log)?,
                within_seconds: probe.within_seconds.clamp(limits::CHECK_EVERY_SECONDS, MOST_WITHIN_SECONDS),
                max_count: probe.max_count,
            },
        };
        Ok(Self {
            name: filled("watched_check.name", wire.name)?,
            every_seconds: wire.every_seconds.clamp(limits::CHECK_EVERY_SECONDS, MOST_EVERY_SECONDS),
            probe,
        })
    }
}

fn http(wire: v1::HttpProbe) -> Converted<Probe> {
    let status = wire.status.map(|status| {
        u16::try_from(status).ok().filter(|status| (200..600).contains(status)).ok_or(fault(
            "http_probe.status",
            Fault::OutOfRange { expected: "a final status code from 200 to 599" },
        ))
    });
    Ok(Probe::Http {
        target: target(wire.host, wire.port)?,
        tls: wire.tls,
        path: request_path(wire.path)?,
        status: status.transpose()?,
    })
}

fn target(host: Option<String>, port: u32) -> Converted<Target> {
    let host = host.map(|host| filled("probe.host", host)).transpose()?;
    let port = u16::try_from(port).ok().filter(|port| *port > 0);
    let port = port.ok_or(fault("probe.port", Fault::OutOfRange { expected: "a port from 1 to 65535" }))?;
    Ok(Target { host, port })
}

/// A path goes into a request's first line: no space can end it early and no line end can begin a header.
fn request_path(path: String) -> Converted<String> {
    let path = absolute("http_probe.path", path)?;
    if path.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(path)
    } else {
        Err(fault("http_probe.path", Fault::OutOfRange { expected: "printable ASCII without spaces" }))
    }
}

fn absolute(name: &'static str, path: String) -> Converted<String> {
    let path = field::path(name, path)?;
    // A drive letter begins it on Windows.
    let drive = path.as_bytes().get(1..3) == Some(b":\\");
    if path.starts_with('/') || drive {
        Ok(path)
    } else {
        Err(fault(name, Fault::OutOfRange { expected: "an absolute path" }))
    }
}

fn filled(name: &'static str, text: String) -> Converted<String> {
    let text = field::name(name, text)?;
    if text.is_empty() { Err(fault(name, Fault::Missing)) } else { Ok(text) }
}

impl From<&CheckWatch> for v1::WatchedCheck {
    fn from(watch: &CheckWatch) -> Self {
        use v1::watched_check::Probe as Wire;
        let probe = match &watch.probe {
            Probe::Process { process } => Wire::Process(v1::ProcessProbe { name: process.clone() }),
            Probe::Tcp(target) => {
                Wire::Tcp(v1::TcpProbe { host: target.host.clone(), port: target.port.into() })
            }
            Probe::Http { target, tls, path, status } => Wire::Http(v1::HttpProbe {
                host: target.host.clone(),
                port: target.port.into(),
                tls: *tls,
                path: path.clone(),
                status: status.map(u32::from),
            }),
            Probe::File { path, max_age_seconds, min_bytes, max_bytes } => Wire::File(v1::FileProbe {
                path: path.clone(),
                max_age_seconds: *max_age_seconds,
                min_bytes: *min_bytes,
                max_bytes: *max_bytes,
            }),
            Probe::Log { log, within_seconds, max_count } => Wire::Log(v1::LogProbe {
                log: log.clone(),
                within_seconds: *within_seconds,
                max_count: *max_count,
            }),
        };
        Self { name: watch.name.clone(), every_seconds: watch.every_seconds, probe: Some(probe) }
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::Expected;

    use super::*;

    #[test]
    fn a_service_name_that_could_be_an_option_or_a_pattern_is_refused() {
        let long = "x".repeat(256);
        for bad in ["", "-H", "--host=evil", "ssh*", "a b", "a/b", "a\nb", "ünit", &*long] {
            let wire = v1::WatchedService { name: bad.to_owned(), expected: "running".into() };
            assert_eq!(ServiceWatch::try_from(wire).unwrap_err().field, "watched_service.name", "{bad}");
        }
        let wire = v1::WatchedService { name: "getty@tty1.service".into(), expected: "stopped".into() };
        assert_eq!(ServiceWatch::try_from(wire).unwrap().expected, Expected::Stopped);
    }

    #[test]
    fn checks_survive_the_wire() {
        let target = Target { host: Some("::1".into()), port: 443 };
        let probes = [
            Probe::Process { process: "nginx".into() },
            Probe::Tcp(Target { host: None, port: 65_535 }),
            Probe::Http { target, tls: true, path: "/healthz?full=1".into(), status: Some(204) },
            Probe::File {
                path: "/var/backups/db.gz".into(),
                max_age_seconds: Some(90_000),
                min_bytes: Some(1),
                max_bytes: None,
            },
            Probe::Log { log: "oom".into(), within_seconds: 3600, max_count: 3 },
        ];
        for probe in probes {
            let watch = CheckWatch { name: "it".into(), every_seconds: 60, probe };
            assert_eq!(CheckWatch::try_from(v1::WatchedCheck::from(&watch)), Ok(watch));
        }
    }

    #[test]
    fn what_could_smuggle_a_header_or_a_relative_path_is_refused() {
        let http = |path: &str, status| {
            let probe = v1::HttpProbe { port: 80, path: path.into(), status, ..v1::HttpProbe::default() };
            CheckWatch::try_from(v1::WatchedCheck {
                name: "web".into(),
                probe: Some(v1::watched_check::Probe::Http(probe)),
                ..v1::WatchedCheck::default()
            })
        };
        assert_eq!(http("/", None).unwrap().every_seconds, limits::CHECK_EVERY_SECONDS);
        for bad in ["", "x", "http://evil/", "/ HTTP/1.1", "/\r\nHost: evil", "/\u{e9}", "/\u{202e}"] {
            assert!(http(bad, None).is_err(), "{bad:?}");
        }
        assert_eq!(http("/", Some(100)).unwrap_err().field, "http_probe.status");
    }

    #[test]
    fn a_port_is_a_port_and_a_probe_is_there() {
        for port in [0, 65_536, u32::MAX] {
            let probe = v1::watched_check::Probe::Tcp(v1::TcpProbe { host: None, port });
            let wire =
                v1::WatchedCheck { name: "x".into(), probe: Some(probe), ..v1::WatchedCheck::default() };
            assert_eq!(CheckWatch::try_from(wire).unwrap_err().field, "probe.port");
        }
        let wire = v1::WatchedCheck { name: "x".into(), ..v1::WatchedCheck::default() };
        assert_eq!(CheckWatch::try_from(wire).unwrap_err().what, Fault::Missing);
    }
}
