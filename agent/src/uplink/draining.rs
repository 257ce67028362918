//! Draining: the last reports, goodbye, and a bounded wait for the acknowledgements of what must not be lost.

use std::time::{Duration, SystemTime};

use dogwatch_model::Goodbye;
use dogwatch_proto::v1::{self, agent_message, collector_message};
use tokio::time::timeout;

use super::{
    Offline, State, Uplink,
    connecting::wrap,
    nap,
    streaming::{Link, lane, send_next},
};
use crate::farewell;

/// A stream that is being closed on purpose.
pub(super) struct Draining {
    link: Link,
    end: End,
}

/// What it is closed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The agent ends.
    Stop,
    /// The machine goes to sleep.
    Sleep,
}

impl End {
    /// Half of this for the last reports, then this for the goodbye.
    fn limit(self, uplink: &Uplink) -> Duration {
        match self {
            Self::Stop => uplink.drain,
            Self::Sleep => uplink.drain.min(nap::DRAIN),
        }
    }
}

impl Draining {
    /// The agent ends.
    pub(super) fn to_stop(link: Link) -> Self {
        Self { link, end: End::Stop }
    }

    /// The machine goes to sleep.
    pub(super) fn to_sleep(link: Link) -> Self {
        Self { link, end: End::Sleep }
    }

    pub(super) async fn run(mut self: Box<Self>, uplink: &mut Uplink) -> State {
        let end = self.end;
        let limit = end.limit(uplink);
        // Half of the time for what does not fit into the window at once; the goodbye goes out in any case.
        if timeout(limit / 2, self.flush(uplink)).await.is_err() {
            tracing::warn!("the collector does not take the last reports in time");
        }
        match timeout(limit, self.close(uplink)).await {
            Ok(()) => tracing::info!("said goodbye to the collector"),
            Err(_) => tracing::warn!(?limit, "went without the collector's last acknowledgements"),
        }
        match end {
            End::Stop => State::Stopped,
            End::Sleep => State::Offline(Offline::napping()),
        }
    }

    /// Sends everything that waits, as fast as acknowledgements make room for it.
    async fn flush(&mut self, uplink: &Uplink) {
        loop {
            while uplink.outbox.lock().has_next() {
                if !send_next(&self.link.outbound, &mut self.link.packer, &uplink.outbox).await {
                    return;
                }
            }
            if !uplink.outbox.lock().kept_waits() || !self.heard(uplink).await {
                return;
            }
        }
    }

    /// Takes one message from the collector; false when there are no more.
    async fn heard(&mut self, uplink: &Uplink) -> bool {
        let Ok(Some(message)) = self.link.inbound.message().await else { return false };
        if let Some(collector_message::Message::Ack(v1::Ack { lane: acked, up_to })) = message.message
            && let Some(lane) = lane(acked)
        {
            // One that cannot be is no reason to stay.
            let _ = uplink.outbox.lock().acknowledge(lane, up_to);
        }
        true
    }

    async fn close(mut self, uplink: &Uplink) {
        let reason = match self.end {
            End::Stop => farewell::take(&uplink.state, SystemTime::now()),
            End::Sleep => Goodbye::Suspend,
        };
        let goodbye = agent_message::Message::Goodbye(reason.into());
        if self.link.outbound.send(wrap(goodbye)).await.is_err() {
            return;
        }
        // Ends our direction: the collector answers what it has and ends its own, which also tells that our last bytes
        // have left this machine.
        let (closed, _) = tokio::sync::mpsc::channel(1);
        self.link.outbound = closed;
        while self.heard(uplink).await {}
        if !uplink.outbox.lock().kept_is_settled() {
            tracing::warn!("the collector ended the stream before it acknowledged everything");
        }
    }
}
