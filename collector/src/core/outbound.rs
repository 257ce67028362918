//! What the core and a session send to an agent.

use dogwatch_proto::v1::{self, collector_message::Message};
use tonic::Status;

/// What a session sends: a message, or the status that ends the stream.
///
/// Boxed, because a channel makes room for 32 of them at once, for each of 10,000 agents.
pub(crate) type Outbound = Box<Result<v1::CollectorMessage, Status>>;

/// A message on its way out.
pub(crate) fn outbound(message: Message) -> Outbound {
    Box::new(Ok(v1::CollectorMessage { message: Some(message) }))
}
