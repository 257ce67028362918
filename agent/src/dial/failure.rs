//! Why there is no connection, in one line that says what to do about it.

use std::{error::Error, io};

use rustls::{AlertDescription, CertificateError, Error as TlsError};

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address is not of the form `host:port`.
    #[error("`{address}` is not an address of the form host:port")]
    Address {
        /// What was given.
        address: String,
    },
    /// The name is not known.
    #[error("cannot resolve the host name in {address}: {reason}")]
    Resolve {
        /// Where to.
        address: String,
        /// What the resolver said.
        reason: String,
    },
    /// Nobody listens.
    #[error("nothing listens at {address}: is the collector running, and the port right?")]
    Refused {
        /// Where to.
        address: String,
    },
    /// The network says no.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// Where to.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The proxy says no, or nothing that can be used.
    #[error("the proxy {proxy} {reason}")]
    Proxy {
        /// `host:port` of the proxy.
        proxy: String,
        /// What is wrong.
        reason: String,
    },
    /// The proxy that is named cannot be one.
    #[error("the way out is not clear: {reason}")]
    Route {
        /// What is wrong.
        reason: String,
    },
    /// No answer.
    #[error("no answer from {address} in time ({what})")]
    TimedOut {
        /// Where to.
        address: String,
        /// What was waited for.
        what: &'static str,
    },
    /// The other side is not the collector of the join token.
    #[error("the collector at {address} is not the one this token is for: {reason}")]
    WrongRoot {
        /// Where to.
        address: String,
        /// What was seen.
        reason: String,
    },
    /// The other side's certificate is not good.
    #[error("the certificate shown by {address} is not trusted: {reason}")]
    Untrusted {
        /// Where to.
        address: String,
        /// Why.
        reason: String,
    },
    /// The collector has withdrawn this endpoint's certificate.
    #[error(
        "the collector has revoked this endpoint's certificate; to come back, enrol again with a new token"
    )]
    Revoked,
    /// The collector knows another CA.
    #[error(
        "the collector does not know the CA of this endpoint's certificate: it is another collector, or it was set up anew"
    )]
    UnknownAuthority,
    /// The certificate is too old.
    #[error("the collector says that this endpoint's certificate has expired; enrol again with a new token")]
    Expired,
    /// Any other refusal by TLS.
    #[error("{address} ended the TLS connection: {alert}")]
    Alert {
        /// Where to.
        address: String,
        /// What it said.
        alert: String,
    },
    /// The collector refused, in its own words.
    #[error("the collector at {address} says: {message}")]
    Told {
        /// Where to.
        address: String,
        /// Its words.
        message: String,
    },
    /// Another machine is connected with our key; in the collector's words.
    #[error("the collector at {address} says: {message}")]
    KeptOut {
        /// Where to.
        address: String,
        /// Its words.
        message: String,
    },
    /// The connection broke.
    #[error("the connection to {address} broke: {reason}")]
    Broken {
        /// Where to.
        address: String,
        /// How.
        reason: String,
    },
}

/// The token's root hash is in no certificate of the chain: the pinning verifier's finding.
#[derive(Debug, thiserror::Error)]
#[error("none of the {shown} certificates it shows has the root hash in the token")]
pub struct RootNotShown {
    /// How many certificates were looked at.
    pub shown: usize,
}

impl Failure {
    /// What a collector said in refusal; or what a web server's page looks like to gRPC.
    pub fn told(address: &str, message: &str) -> Self {
        let address = address.to_owned();
        if message.contains("invalid compression flag") {
            let reason =
                "what answers there is no collector's door for agents; is the port the right one (7444)?";
            return Self::Broken { address, reason: reason.into() };
        }
        Self::Told { address, message: message.to_owned() }
    }

    pub(super) fn from_connect(address: &str, error: &io::Error) -> Self {
        let address = address.to_owned();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { address },
            io::ErrorKind::TimedOut => Self::TimedOut { address, what: "connection" },
            // The resolver's errors have no kind of their own; the system's have a number.
            _ if error.raw_os_error().is_none() => Self::Resolve { address, reason: resolver_says(error) },
            _ => Self::Unreachable { address, reason: error.to_string() },
        }
    }

    /// From an I/O error of the TLS stream, during the handshake or after it.
    pub fn from_io(address: &str, error: &io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
        match tls {
            Some(tls) => Self::from_tls(address, tls),
            None => Self::Broken { address: address.to_owned(), reason: error.to_string() },
        }
    }

    fn from_tls(address: &str, error: &TlsError) -> Self {
        let address = address.to_owned();
        match error {
            TlsError::AlertReceived(alert) => Self::from_alert(address, *alert),
            TlsError::InvalidCertificate(CertificateError::Other(other)) if other.0.is::<RootNotShown>() => {
                Self::WrongRoot { address, reason: other.to_string() }
            }
            TlsError::InvalidCertificate(problem) => {
                Self::Untrusted { address, reason: certificate_problem(problem) }
            }
            other => Self::Broken { address, reason: other.to_string() },
        }
    }

    fn from_alert(address: String, alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::CertificateRevoked => Self::Revoked,
            // A CA of the same name with another key shows as a signature that does not fit.
            AlertDescription::UnknownCA | AlertDescription::DecryptError => Self::UnknownAuthority,
            AlertDescription::CertificateExpired => Self::Expired,
            other => Self::Alert { address, alert: format!("{other:?}") },
        }
    }

    /// From any error of the layers above TLS: its chain is searched for the TLS error at its root.
    pub fn from_chain(address: &str, error: &(dyn Error + 'static)) -> Self {
        let mut deepest = error.to_string();
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<TlsError>() {
                return Self::from_tls(address, tls);
            }
            if let Some(io) = error.downcast_ref::<io::Error>()
                && io.get_ref().is_some_and(|inner| inner.is::<TlsError>())
            {
                return Self::from_io(address, io);
            }
            deepest = error.to_string();
            next = error.source();
        }
        Self::Broken { address: address.to_owned(), reason: deepest }
    }

    /// Trying again soon cannot help: a person has to act.
    pub const fn wants_a_person(&self) -> bool {
        matches!(self, Self::Revoked | Self::UnknownAuthority | Self::Expired | Self::Address { .. })
    }
}

fn resolver_says(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

fn certificate_problem(problem: &CertificateError) -> String {
    match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "it does not come from the root that this agent trusts".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host name".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired, or this machine's clock is wrong".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this machine's clock is wrong".into()
        }
        // What webpki finds beyond these comes wrapped, in its own name.
        CertificateError::Other(other) => match other.to_string() {
            found if found.contains("CaUsedAsEndEntity") => {
                "it is a CA's own and no server's: is that another service, or a proxy in between?".into()
            }
            found => found,
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("CaUsedAsEndEntity")]
    struct OfWebpki;

    #[test]
    fn people_are_told_what_it_is_and_not_how_it_is_wrapped() {
        let wrapped = TlsError::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(OfWebpki))));
        let told = Failure::from_tls("watch.example:7444", &wrapped).to_string();
        assert!(told.contains("a CA's own and no server's") && !told.contains("Other"), "{told}");
        let page =
            "protocol error: received message with invalid compression flag: 60 (valid flags are 0 and 1)";
        let told = Failure::told("watch.example:7443", page).to_string();
        assert!(told.contains("is the port the right one") && !told.contains("flag"), "{told}");
        assert!(Failure::told("watch.example:7444", "later").to_string().ends_with("says: later"));
    }
}
