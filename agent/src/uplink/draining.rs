//! Draining: the last reports, goodbye, and a bounded wait for the acknowledgements of what must not be lost.

use dogwatch_model::{Goodbye, Lane};
use dogwatch_proto::v1::{self, agent_message, collector_message};

use super::{State, Uplink, connecting::wrap, streaming::Link};

/// A stream that is being closed on purpose.
pub(super) struct Draining {
    link: Link,
}

impl Draining {
    pub(super) fn new(link: Link) -> Self {
        Self { link }
    }

    pub(super) async fn run(self: Box<Self>, uplink: &mut Uplink) -> State {
        let limit = uplink.drain;
        match tokio::time::timeout(limit, self.close(uplink)).await {
            Ok(()) => tracing::info!("said goodbye to the collector"),
            Err(_) => tracing::warn!(?limit, "went without the collector's last acknowledgements"),
        }
        State::Stopped
    }

    async fn close(mut self, uplink: &Uplink) {
        loop {
            let next = uplink.outbox.lock().next(crate::clock::now().moment);
            let Some(report) = next else { break };
            let message = wrap(agent_message::Message::Report((&report).into()));
            if self.link.outbound.send(message).await.is_err() {
                return;
            }
        }
        let goodbye = agent_message::Message::Goodbye(Goodbye::Shutdown.into());
        if self.link.outbound.send(wrap(goodbye)).await.is_err() {
            return;
        }
        // Ends our direction: the collector answers what it has and ends its own, which also tells that our last bytes
        // have left this machine.
        let (closed, _) = tokio::sync::mpsc::channel(1);
        self.link.outbound = closed;
        while let Ok(Some(message)) = self.link.inbound.message().await {
            if let Some(collector_message::Message::Ack(v1::Ack { lane, up_to })) = message.message
                && let Some(lane) = v1::Lane::try_from(lane).ok().and_then(|lane| Lane::try_from(lane).ok())
            {
                // One that cannot be is no reason to stay.
                let _ = uplink.outbox.lock().acknowledge(lane, up_to);
            }
        }
        if !uplink.outbox.lock().kept_is_settled() {
            tracing::warn!("the collector ended the stream before it acknowledged everything");
        }
    }
}
