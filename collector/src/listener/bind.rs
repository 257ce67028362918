//! Taking a port, early, with an error that says what to do.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many callers may wait in the system's queue while we shake hands with others.
const BACKLOG: u32 = 4096;

/// How long what we send may wait to be taken: longer than any network is away that comes back, shorter than a person
/// waits. Whoever suspends a stream of events comes back where they were.
#[cfg(target_os = "linux")]
const UNTAKEN_MILLISECONDS: u32 = 60_000;

/// A port that is ours.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a port could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has it.
    #[error(
        "port {port} is already in use on {host}: another program listens there (a collector that still runs?); choose another with {setting}",
        port = address.port(), host = address.ip()
    )]
    InUse {
        /// What was wanted.
        address: SocketAddr,
        /// The setting that chooses it, and its file.
        setting: &'static str,
    },
    /// The system keeps it for others.
    #[error(
        "port {port} on {host} needs more rights than this user has; choose one above 1023 with {setting}",
        port = address.port(), host = address.ip()
    )]
    NotAllowed {
        /// What was wanted.
        address: SocketAddr,
        /// The setting that chooses it, and its file.
        setting: &'static str,
    },
    /// The machine does not have that address.
    #[error(
        "{host} is not an address of this machine; choose one that is, or 0.0.0.0, with {setting}",
        host = address.ip()
    )]
    NotOurs {
        /// What was wanted.
        address: SocketAddr,
        /// The setting that chooses it, and its file.
        setting: &'static str,
    },
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// What was wanted.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl Bound {
    /// Takes a port; 0 takes any free one. `setting` is named in errors as the way to choose another. Needs a tokio
    /// runtime around it.
    ///
    /// # Errors
    /// [`BindError`], one line for people.
    pub fn new(address: SocketAddr, setting: &'static str) -> Result<Self, BindError> {
        let bind = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            Ok(Self { address: listener.local_addr()?, listener })
        };
        bind().map_err(|source: io::Error| match source.kind() {
            ErrorKind::AddrInUse => BindError::InUse { address, setting },
            ErrorKind::PermissionDenied => BindError::NotAllowed { address, setting },
            ErrorKind::AddrNotAvailable => BindError::NotOurs { address, setting },
            _ => BindError::Other { address, source },
        })
    }

    /// Where it really listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // Acknowledgements are small and somebody waits for each.
        stream.set_nodelay(true)?;
        // A caller that has gone without a word, or that takes nothing any more, would keep its place for a quarter of an
        // hour, or for ever.
        #[cfg(target_os = "linux")]
        rustix::net::sockopt::set_tcp_user_timeout(&stream, UNTAKEN_MILLISECONDS)?;
        Ok(stream)
    }
}
