//! `Uplink/Attach`: one stream per agent. A session reads frames, turns them into model types and hands them to the
//! core in order; the core answers through the session's outbound queue.
//!
//! Who speaks is decided before the first byte of gRPC, by the key of the client certificate ([`Peer`]); nothing in a
//! message names an endpoint. A session keeps no state that matters: all of it is the core's.

mod pace;
mod session;

use std::{pin::Pin, sync::Arc};

use dogwatch_proto::v1::{self, uplink_server::UplinkServer};
use jiff::Timestamp;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    authority::{Authority, verify::Peer},
    config::{Limits, Times},
    core::CoreHandle,
};

/// The largest message that an agent may send, bytes: a full inventory with 4,096 updates is below half of it.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// Messages to an agent that may wait in its session: acknowledgements of three full windows and some more. An agent
/// that leaves them unread is cut, and gets them again when it comes back.
pub const OUTBOUND_QUEUE: usize = 64;

/// The `Uplink` service.
#[derive(Clone)]
pub struct Uplink {
    core: CoreHandle,
    authority: Arc<Authority>,
    terms: Arc<Terms>,
}

/// What a session tells its agent and holds it to.
#[derive(Debug)]
pub struct Terms {
    /// The cap of its back-off.
    pub backoff_cap_ms: u32,
    /// Reports older than this change no live state.
    pub late_after_ms: u32,
    /// Frames a second for long.
    pub frames_per_second: u32,
    /// Frames at once.
    pub frames_burst: u32,
}

impl Terms {
    /// The terms that a configuration makes.
    pub fn new(times: &Times, limits: &Limits) -> Self {
        let ms = |duration: jiff::SignedDuration| u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
        Self {
            backoff_cap_ms: ms(times.backoff_cap),
            late_after_ms: ms(times.late_after),
            frames_per_second: limits.frames_per_second,
            frames_burst: limits.frames_burst,
        }
    }
}

impl Uplink {
    /// The service, ready to be routed.
    pub fn new(core: CoreHandle, authority: Arc<Authority>, terms: Terms) -> UplinkServer<Self> {
        UplinkServer::new(Self { core, authority, terms: Arc::new(terms) })
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl v1::uplink_server::Uplink for Uplink {
    type AttachStream = Pin<Box<dyn Stream<Item = Result<v1::CollectorMessage, Status>> + Send>>;

    async fn attach(
        &self,
        request: Request<Streaming<v1::AgentMessage>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let peer = request
            .extensions()
            .get::<Peer>()
            .copied()
            .ok_or_else(|| Status::internal("the agents' listener did not say who speaks"))?;
        let frames = request.into_inner();
        let answers = session::open(self.clone(), peer, frames, Timestamp::now()).await?;
        Ok(Response::new(Box::pin(answers)))
    }
}
