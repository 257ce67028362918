//! A gRPC channel on one connection that was dialled beforehand.
//!
//! tonic hides what happens below it: a TLS alert of the peer arrives as "transport error". So the connection is made
//! here, with typed failures, the channel gets it as its only one, and a tap on the stream keeps the first fault that
//! passes by.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::{Channel, Endpoint};

use super::{Connection, Failure, Outlet, dial};

/// A link is pinged when nothing came for so long. Longer than the longest silence of a healthy one (a summary each
/// minute, which waits for its sample), so that a quiet link costs no extra packets, and together with [`PING_ANSWER`]
/// within the 90 s in which a half-open link is to be found.
const PING: Duration = Duration::from_secs(75);
/// How long a ping may stay without an answer.
const PING_ANSWER: Duration = Duration::from_secs(15);

/// An open channel.
pub struct Opened {
    /// To make clients of.
    pub channel: Channel,
    /// What broke the connection, once something did.
    pub tap: Tap,
}

/// The first fault seen on a connection.
#[derive(Debug, Clone, Default)]
pub struct Tap(Arc<OnceLock<Failure>>);

impl Tap {
    /// The fault, if there was one.
    pub fn fault(&self) -> Option<Failure> {
        self.0.get().cloned()
    }
}

/// Dials and makes a channel of the connection. The channel never reconnects.
///
/// # Errors
/// [`Failure`], one line each.
pub async fn open(address: &str, tls: Arc<ClientConfig>, outlet: &Outlet) -> Result<Opened, Failure> {
    let unusable = || Failure::Address { address: address.to_owned() };
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_| unusable())?
        .http2_keep_alive_interval(PING)
        .keep_alive_timeout(PING_ANSWER)
        .keep_alive_while_idle(true);
    let tap = Tap::default();
    let stream =
        Tapped { stream: dial(address, tls, outlet).await?, address: address.to_owned(), tap: tap.clone() };
    let mut only = Some(TokioIo::new(stream));
    let connector = tower::service_fn(move |_: Uri| {
        let stream = only.take().ok_or_else(|| io::Error::other("the connection is over"));
        async move { stream }
    });
    let channel = endpoint
        .connect_with_connector(connector)
        .await
        .map_err(|error| tap.fault().unwrap_or_else(|| Failure::from_chain(address, &error)))?;
    Ok(Opened { channel, tap })
}

struct Tapped {
    stream: Connection,
    address: String,
    tap: Tap,
}

impl Tapped {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            self.tap.0.get_or_init(|| Failure::from_io(&self.address, error));
        })
    }
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        Poll::Ready(self.note(result))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
