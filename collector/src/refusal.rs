//! Why something asked for was not done: one code enum for every edge (HTTP, gRPC, CLI exit code).

use core::fmt;

/// The kind of refusal. Each edge maps it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request itself is wrong.
    Invalid,
    /// Who asks is not known: no token, or one that is not valid.
    Unauthenticated,
    /// Who asks is known and may not.
    NotAllowed,
    /// There is no such thing, or none that the asker may see.
    NotFound,
    /// It changed meanwhile, or stands as somebody else's.
    Conflict,
    /// Too many tries.
    TooMany,
    /// The collector cannot do it now.
    Unavailable,
}

impl Code {
    /// The HTTP status of this code.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooMany => 429,
            Self::Unavailable => 503,
        }
    }

    /// The gRPC status of this code.
    pub const fn grpc(self) -> tonic::Code {
        match self {
            Self::Invalid => tonic::Code::InvalidArgument,
            Self::Unauthenticated => tonic::Code::Unauthenticated,
            Self::NotAllowed => tonic::Code::PermissionDenied,
            Self::NotFound => tonic::Code::NotFound,
            Self::Conflict => tonic::Code::FailedPrecondition,
            Self::TooMany => tonic::Code::ResourceExhausted,
            Self::Unavailable => tonic::Code::Unavailable,
        }
    }
}

/// A refusal: its kind, and a sentence or two for people that say what, why and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its kind.
    pub code: Code,
    /// For people.
    pub what: String,
    /// The exact reason for programs, where a kind has several.
    pub reason: Option<&'static str>,
    /// The same would pass with a reason for an override.
    pub override_would_do: bool,
}

impl Refusal {
    /// Refuses with a sentence.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), reason: None, override_would_do: false }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

/// Where a status says the exact reason.
const REASON: &str = "dogwatch-reason";

impl From<Refusal> for tonic::Status {
    fn from(refusal: Refusal) -> Self {
        let mut status = Self::new(refusal.code.grpc(), refusal.what);
        if let Some(reason) = refusal.reason {
            status.metadata_mut().insert(REASON, tonic::metadata::MetadataValue::from_static(reason));
        }
        status
    }
}
