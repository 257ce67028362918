//! One connection from handshake to goodbye.

use core::pin::{Pin, pin};
use std::{
    borrow::Cow,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use jiff::Timestamp;
use tokio::{net::TcpStream, sync::Notify, time::Instant};
use tokio_rustls::server::TlsStream;
use tower::Service as _;

use super::{
    Door, House, Limits,
    admission::{Turn, Waiting, network},
    handshake,
    seats::{Answer, Guest},
};
use crate::authority::{standing::KeyStatus, verify::Credential};

/// An agent's Attach stream holds this much unsent at most; acknowledgements are a few bytes.
const SEND_BUFFER_BYTES: usize = 16 * 1024;

/// Streams reset by a caller before we looked at them, and by us for its mistakes, until the connection is given up:
/// a good client has none of either (rapid reset, CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 16;
const MAX_ERROR_RESETS: usize = 64;

/// Serves one caller from its first byte to its last.
pub(super) async fn serve(house: Arc<House>, stream: TcpStream, address: SocketAddr, waiting: Waiting) {
    let turn_away = |why: &str| house.complaints.note(&house.door, Some(address.ip()), why);
    let admitted = tokio::select! {
        admitted = admitted(&house, &stream, waiting) => admitted,
        () = house.stop.cancelled() => return,
    };
    let turn = match admitted {
        Ok(turn) => turn,
        Err(why) => return turn_away(&why),
    };
    // Asked before the work of a handshake, and taken after it.
    if !house.seats.would_seat(network(address.ip())) {
        return turn_away(FULL);
    }
    // Boxed, so that its memory is free again while the connection stands.
    let handshake = Box::pin(handshake::shake(house.tls.load_full(), stream, house.limits.handshake));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = turn.displaced() => return turn_away(SLOW),
        () = house.stop.cancelled() => return,
    };
    let stream = match shaken {
        Ok(stream) => stream,
        Err(refused) => {
            turn_away(&refused.why);
            return refused.linger().await;
        }
    };
    drop(turn);
    if let Err(why) = stand(&house, stream, address).await {
        turn_away(why);
    }
}

/// Answers a caller whose handshake is done, or says why not.
async fn stand(
    house: &Arc<House>,
    stream: Box<TlsStream<TcpStream>>,
    address: SocketAddr,
) -> Result<(), &'static str> {
    let identity = Identity::of(&house.door, &stream, address)
        .ok_or("its key stopped standing well during the handshake")?;
    let seat = house.seats.take(network(address.ip())).ok_or(FULL)?;
    let guest = seat.guest();
    let is_http2 = matches!(house.door, Door::Agents(_)) || stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let caller = Arc::new(Caller {
        house: Arc::clone(house),
        guest,
        identity,
        address: address.ip(),
        has_asked: AtomicBool::new(false),
        dismissed: Notify::new(),
    });
    caller.drive(TokioIo::new(stream), is_http2).await;
    drop(seat);
    Ok(())
}

/// Waits for the caller's first byte, and then for its turn, for no longer than a handshake may take: who has waited for so
/// long has given up. Who says nothing is nobody's hindrance, and is not waited for for long.
async fn admitted(house: &House, stream: &TcpStream, waiting: Waiting) -> Result<Turn, Cow<'static, str>> {
    let silence = house.limits.silence;
    // Looked at, not taken for told: a socket may be called readable that is not. Its end is found by the handshake.
    let speaks = async { drop(stream.peek(&mut [0]).await) };
    match tokio::time::timeout(silence, waiting.spoken(speaks)).await {
        Ok(true) => {}
        Ok(false) => return Err(CROWDED.into()),
        Err(_) => return Err(format!("it said nothing within {silence:?}").into()),
    }
    match tokio::time::timeout(house.limits.handshake, Box::pin(waiting.turn())).await {
        Ok(turn) => turn.ok_or(CROWDED.into()),
        Err(_) => Err(
            "no turn to shake hands came free for it in time (limits `pending_handshakes` and `pending_per_address`)"
                .into(),
        ),
    }
}

/// Why a caller is turned away where others of its address stand.
pub(super) const CROWDED: &str = "too many handshakes under way from its address, and others wait (limits `pending_per_address` and \
                       `waiting_per_address`)";

/// Why a handshake ends before its time.
const SLOW: &str = "its handshake was slow, and all turns were taken while others of its address had more of them than who waited (limit `pending_handshakes`)";

/// Why nobody more may stand.
const FULL: &str =
    "all connections are taken, and no address has more of them than its own (limit `connections`)";

/// Why a connection ends while others come.
const DISPLACED: &str = "its connection made place for another: all are taken, and its address had most of them or it asked for nothing (limit `connections`)";

/// What a connection that makes place has to take its leave: an answer that is on its way, and a client's notice.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is known of a caller from the handshake.
enum Identity {
    Anybody(SocketAddr),
    Agent(Credential, Arc<dyn KeyStatus>),
}

impl Identity {
    fn of(door: &Door, stream: &TlsStream<TcpStream>, address: SocketAddr) -> Option<Self> {
        match door {
            Door::People => Some(Self::Anybody(address)),
            Door::Agents(keys) => {
                let certificate = stream.get_ref().1.peer_certificates()?.first()?;
                Some(Self::Agent(Credential::of(certificate, address).ok()?, Arc::clone(keys)))
            }
        }
    }
}

struct Caller {
    house: Arc<House>,
    guest: Arc<Guest>,
    identity: Identity,
    address: IpAddr,
    /// It has sent a request.
    has_asked: AtomicBool,
    /// It was refused for good and is to go.
    dismissed: Notify,
}

impl Caller {
    async fn drive(self: Arc<Self>, io: TokioIo<Box<TlsStream<TcpStream>>>, is_http2: bool) {
        let limits = &self.house.limits;
        let service = hyper::service::service_fn(|request| Arc::clone(&self).answer(request));
        if is_http2 {
            self.attend(Box::pin(http2(limits).serve_connection(io, service))).await;
        } else {
            self.attend(Box::pin(http1(limits).serve_connection(io, service))).await;
        }
    }

    /// Adds to a request who asks, and passes it on.
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
        self.has_asked.store(true, Ordering::Relaxed);
        let under_way = self.guest.begin();
        let response = self.pass_on(request).await?;
        Ok(response.map(|body| Answer::new(body, under_way)))
    }

    async fn pass_on(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        match &self.identity {
            Identity::Anybody(address) => {
                request.extensions_mut().insert(ConnectInfo(*address));
            }
            Identity::Agent(credential, keys) => {
                let Some(peer) = credential.peer(keys.as_ref(), Timestamp::now()) else {
                    self.dismissed.notify_one();
                    let status = tonic::Status::unauthenticated("this endpoint's key was revoked");
                    return Ok(status.into_http());
                };
                request.extensions_mut().insert(peer);
            }
        }
        self.house.router.clone().call(request).await
    }

    /// Keeps a connection going until it ends, is told to go, or has overstayed.
    ///
    /// The connection is boxed: as part of this future it would take its place twice over, for each of 10,000 agents.
    async fn attend<C: GracefulConnection>(&self, mut connection: Pin<Box<C>>) {
        let House { limits, stop, .. } = &*self.house;
        let mut deadline = pin!(tokio::time::sleep(limits.first_request));
        // Made once: a future that is made anew at every wake-up of every connection fights for the lock it shares.
        let mut told_to_go = pin!(async {
            tokio::select! {
                () = stop.cancelled() => limits.drain,
                () = self.dismissed.notified() => limits.drain,
                () = self.guest.displaced() => {
                    self.house.complaints.note(&self.house.door, Some(self.address), DISPLACED);
                    FAREWELL.min(limits.drain)
                }
            }
        });
        let (mut stage, mut drain) = (Stage::Opening, limits.drain);
        loop {
            tokio::select! {
                _ended = connection.as_mut() => return,
                time = told_to_go.as_mut(), if stage != Stage::Leaving => (stage, drain) = (Stage::Leaving, time),
                () = deadline.as_mut(), if stage != Stage::Settled => match (stage, limits.max_age) {
                    (Stage::Opening, _) if !self.has_asked.load(Ordering::Relaxed) => return,
                    (Stage::Opening, None) => { stage = Stage::Settled; continue; }
                    (Stage::Opening, Some(age)) => {
                        stage = Stage::Ageing;
                        deadline.as_mut().reset(Instant::now() + jittered(age));
                        continue;
                    }
                    (Stage::Ageing, _) => stage = Stage::Leaving,
                    (Stage::Leaving | Stage::Settled, _) => return,
                },
            }
            connection.as_mut().graceful_shutdown();
            deadline.as_mut().reset(Instant::now() + drain);
        }
    }
}

/// Where a connection stands; each stage has its own deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has to ask for something soon.
    Opening,
    /// It may stay until it is too old.
    Ageing,
    /// It may stay.
    Settled,
    /// It was told to go.
    Leaving,
}

/// Between 80 and 120 % of a duration, so that connections made together do not end together.
fn jittered(age: Duration) -> Duration {
    let mut byte = [128];
    // Without random numbers ages are merely not spread.
    let _unspread = getrandom::fill(&mut byte);
    age.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

fn http1(limits: &Limits) -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.first_request)
        .max_buf_size(usize::try_from(limits.header_bytes).unwrap_or(usize::MAX).max(8 * 1024));
    builder
}

fn http2(limits: &Limits) -> hyper::server::conn::http2::Builder<TokioExecutor> {
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.ping_interval)
        .keep_alive_timeout(limits.ping_timeout)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS)
        .max_send_buf_size(SEND_BUFFER_BYTES);
    builder
}
