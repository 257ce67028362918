//! The TLS handshake with one caller, and in plain words why it failed.

use std::{borrow::Cow, io, sync::Arc, time::Duration};

use rustls::{CertificateError, Error, PeerIncompatible, ServerConfig};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How much, and for how long, is read from a caller after it was refused.
const LINGER_BYTES: u64 = 64 * 1024;
const LINGER: Duration = Duration::from_millis(500);

/// A caller that failed.
pub(super) struct Refused {
    /// In plain words.
    pub(super) why: Cow<'static, str>,
    /// Its connection, with our alert on the way to it.
    stream: Option<TcpStream>,
}

/// Shakes hands within the time limit, or says why not.
pub(super) async fn shake(
    tls: Arc<ServerConfig>,
    stream: TcpStream,
    limit: Duration,
) -> Result<Box<TlsStream<TcpStream>>, Refused> {
    let handshake = TlsAcceptor::from(tls).accept(stream).into_fallible();
    match tokio::time::timeout(limit, handshake).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err((error, stream))) => Err(Refused { why: reason(&error), stream: Some(stream) }),
        Err(_) => {
            let why = format!("the handshake was not finished within {limit:?}").into();
            Err(Refused { why, stream: None })
        }
    }
}

impl Refused {
    /// Closes so that the caller gets to read the alert. It has usually sent its first request already; with that
    /// unread, closing would reset the connection and the alert, which says *why*, would be lost.
    pub(super) async fn linger(self) {
        let Some(mut stream) = self.stream else { return };
        let read_out = async {
            stream.shutdown().await?;
            tokio::io::copy(&mut stream.take(LINGER_BYTES), &mut tokio::io::sink()).await
        };
        // Whatever comes of it, the caller was refused and the connection ends here.
        let _ended = tokio::time::timeout(LINGER, read_out).await;
    }
}

fn reason(error: &io::Error) -> Cow<'static, str> {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "the caller hung up during the handshake".into()
            }
            _ => format!("the connection failed during the handshake: {error}").into(),
        };
    };
    match tls {
        Error::NoCertificatesPresented => {
            "it showed no client certificate; this port is for enrolled agents".into()
        }
        Error::InvalidCertificate(why) => certificate_reason(why),
        Error::PeerIncompatible(
            PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        ) => "it does not offer TLS 1.3".into(),
        Error::NoApplicationProtocol => "it does not offer a protocol that is spoken here".into(),
        Error::InvalidMessage(_) => "it does not speak TLS (plain HTTP, or not a client of ours)".into(),
        Error::AlertReceived(alert) => format!("it refused us: {alert:?}").into(),
        other => format!("TLS: {other}").into(),
    }
}

fn certificate_reason(why: &CertificateError) -> Cow<'static, str> {
    match why {
        CertificateError::Revoked => "its key was revoked".into(),
        CertificateError::ApplicationVerificationFailure => "its key is not known here".into(),
        CertificateError::UnknownIssuer => "its certificate is of another authority".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate expired too long ago to be renewed; enrol the endpoint again".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is of the future; look at the collector's clock".into()
        }
        other => format!("its certificate is not valid: {other}").into(),
    }
}
