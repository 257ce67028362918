//! Our own accept loops: TCP, TLS, HTTP, each step with a limit before anybody is known.
//!
//! Ready-made servers leave out what matters here: a time limit on handshakes, a cap on callers that have not proved
//! anything, a verifier that is asked at every request, certificates that change while we run. One [`Listener`] runs
//! per port; behind its [`Door`] people are anonymous until their token is read, agents are known from the handshake on.
//!
//! It deliberately knows nothing of routes and services: it is given one [`axum::Router`].

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::authority::standing::KeyStatus;

mod admission;
mod bind;
mod complaints;
mod connection;
mod handshake;
mod limits;
mod seats;
mod unread;

pub use bind::{BindError, Bound};
pub use limits::Limits;

use admission::Admission;
pub(crate) use admission::network;
use complaints::Complaints;
use seats::Seats;

/// Who is let in.
#[derive(Clone)]
pub enum Door {
    /// Anybody; requests carry [`axum::extract::ConnectInfo`] with the caller's address.
    People,
    /// Agents whose key stands well; requests carry [`crate::authority::verify::Peer`]. The key is asked about again at
    /// every request, so that a connection outlives a revocation but opens nothing.
    Agents(Arc<dyn KeyStatus>),
}

impl Door {
    const fn name(&self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Agents(_) => "agents",
        }
    }
}

/// TLS settings that can be changed while connections stand; the next handshake uses the new ones.
pub type SharedTls = Arc<ArcSwap<ServerConfig>>;

/// One port, ready to serve.
pub struct Listener {
    /// The port.
    pub bound: Bound,
    /// How TLS is spoken on it.
    pub tls: SharedTls,
    /// Who is let in.
    pub door: Door,
    /// What answers them.
    pub router: axum::Router,
    /// How much is too much.
    pub limits: Limits,
}

/// What every connection of a listener shares.
struct House {
    tls: SharedTls,
    door: Door,
    router: axum::Router,
    limits: Limits,
    admission: Admission,
    seats: Arc<Seats>,
    complaints: Complaints,
    stop: CancellationToken,
}

impl Listener {
    /// Serves until `stop`; then tells everybody to go, and cuts who is left after [`Limits::drain`].
    pub async fn run(self, stop: CancellationToken) {
        let Self { bound, tls, door, router, limits } = self;
        let router = match door {
            Door::People => unread::heard_out(router),
            // Their requests are streams, which need not end.
            Door::Agents(_) => router,
        };
        let connections = TaskTracker::new();
        let house = Arc::new(House {
            tls,
            door,
            router,
            admission: Admission::new(&limits),
            seats: Arc::new(Seats::new(limits.connections)),
            complaints: Complaints::default(),
            stop,
            limits,
        });
        tracing::info!(address = %bound.address(), door = house.door.name(), "listening");
        loop {
            let outlook = house.admission.outlook();
            let accepted = tokio::select! {
                biased;
                () = house.stop.cancelled() => break,
                accepted = bound.accept(), if outlook.is_open => accepted,
                () = house.admission.changed() => continue,
                () = until(outlook.look_again) => continue,
            };
            let Some((stream, address)) = caller(accepted).await else { continue };
            match house.admission.receive(address.ip()) {
                Some(waiting) => {
                    connections.spawn(connection::serve(Arc::clone(&house), stream, address, waiting));
                }
                None => house.complaints.note(&house.door, Some(address.ip()), connection::CROWDED),
            }
        }
        drop(bound);
        connections.close();
        // Bounded: each connection leaves by itself within its own limit.
        connections.wait().await;
        tracing::info!(door = house.door.name(), "no longer listening");
    }
}

/// Somebody who calls. While all turns to shake hands are taken, by callers that speak and are quick, nobody is accepted and others
/// wait in the system's queue: a storm is served at the pace we can, not refused.
async fn caller(accepted: std::io::Result<TcpStream>) -> Option<(TcpStream, SocketAddr)> {
    match accepted {
        // Who is gone already has no address.
        Ok(stream) => stream.peer_addr().ok().map(|address| (stream, address)),
        Err(error) if is_of_one_caller(&error) => None,
        Err(error) => {
            // Out of file descriptors or memory: accepting again at once would only spin.
            tracing::warn!(%error, "cannot accept connections; trying again");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => core::future::pending().await,
    }
}

/// How long to leave off accepting when the system has no room.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

fn is_of_one_caller(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
