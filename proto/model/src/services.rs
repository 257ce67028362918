//! Services and checks: what policy names, and what an endpoint tells of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One service of the operating system's service manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Service {
    /// Unit, service or job name.
    pub name: String,
    /// What the service manager says: `running`, `starting`, `stopping`, `stopped`, `failed`, `missing`, `unknown`.
    pub state: String,
    /// What policy expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// It starts by itself with the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

text_enum! {
    /// What a check came to.
    pub enum CheckState {
        /// As expected.
        Ok = "ok",
        /// Not as expected.
        Failed = "failed",
        /// Could not be judged.
        Unknown = "unknown",
    }
}

/// One check on the endpoint itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// The policy's name for it.
    pub name: String,
    /// `process`, `tcp`, `http`, `file`, `log`.
    pub kind: String,
    /// What it came to.
    pub state: CheckState,
    /// What was seen; why, when it could not be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The number behind it: processes of that name, the answer's code, a file's age in seconds or its size in bytes,
    /// lines that matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// When the certificate that the service showed expires. Its chain is not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_expires_at: Option<Timestamp>,
}

text_enum! {
    /// How policy wants a service.
    pub enum Expected {
        /// Running.
        Running = "running",
        /// Not running.
        Stopped = "stopped",
    }
}

/// A service that policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceWatch {
    /// Unit, service or job name.
    pub name: String,
    /// How it should be.
    pub expected: Expected,
}

/// A check that policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckWatch {
    /// What people call it.
    pub name: String,
    /// Seconds between two looks.
    pub every_seconds: u32,
    /// What to look at.
    pub probe: Probe,
}

/// What a check looks at. None of it runs anything, and it reaches the endpoint itself unless the endpoint's own
/// configuration allows more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// A process of this name is there.
    Process {
        /// The name of its executable as the system's process list has it, without arguments.
        process: String,
    },
    /// A port takes connections.
    Tcp(Target),
    /// A web server answers a GET.
    Http {
        /// Where it listens.
        target: Target,
        /// By TLS.
        tls: bool,
        /// The path asked for.
        path: String,
        /// The code that is right; without one, each below 400 is.
        status: Option<u16>,
    },
    /// A file is there, and young and large enough.
    File {
        /// Which.
        path: String,
        /// Older is wrong, seconds.
        max_age_seconds: Option<u64>,
        /// Smaller is wrong, bytes.
        min_bytes: Option<u64>,
        /// Larger is wrong, bytes.
        max_bytes: Option<u64>,
    },
    /// Lines with a pattern that the endpoint's own configuration has under a name.
    Log {
        /// The name there.
        log: String,
        /// Lines are counted over so many seconds.
        within_seconds: u32,
        /// More are wrong.
        max_count: u64,
    },
}

impl Probe {
    /// What it is called: `process`, `tcp`, `http`, `file`, `log`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Process { .. } => "process",
            Self::Tcp(_) => "tcp",
            Self::Http { .. } => "http",
            Self::File { .. } => "file",
            Self::Log { .. } => "log",
        }
    }
}

/// Where something listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The endpoint's loopback when absent; else one of its own addresses, or what its own configuration allows.
    pub host: Option<String>,
    /// The port.
    pub port: u16,
}
