//! The owner's side of a running agent: it follows the configuration file, and does what is asked of it by signal.

use std::sync::Arc;

use dogwatch_model::AgentEvent;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, reload::Follower},
    cost::Ledger,
    link_status::LinkStatus,
    report::{Observation, Sighting},
    sources::file_watch::FileWatch,
    telemetry,
    uplink::{Control, Nap},
    wishes::{Wish, Wishes},
};

/// What changes with the configuration, and who is told of a fault in it.
pub(super) struct Owner {
    pub(super) live: watch::Sender<Arc<Config>>,
    pub(super) control: Control,
    pub(super) status: LinkStatus,
    pub(super) observations: mpsc::Sender<Sighting>,
    pub(super) files: FileWatch,
    pub(super) ledger: Ledger,
    pub(super) nap: Nap,
}

impl Owner {
    /// Tells what was found open at the start, then does its work until the agent ends.
    pub(super) async fn run(mut self, exposed: Vec<String>, mut wishes: Wishes, cancel: CancellationToken) {
        for detail in exposed {
            tracing::error!(
                reason = detail,
                "identity was exposed, closed now; enrol anew if others were there"
            );
            self.tell(AgentEvent { at: Timestamp::now(), kind: "identity_exposed".into(), detail }).await;
        }
        let mut follower = Follower::new(self.live.clone());
        loop {
            let watched = follower.as_ref().map(|follower| follower.watch(&mut self.files));
            if let Some(follower) = &mut follower {
                self.look(follower).await;
            }
            let changed = async {
                match &watched {
                    Some(watched) => watched.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = changed => {}
                wish = wishes.next() => match wish {
                    Wish::Reload => tracing::info!("asked to read the configuration again"),
                    Wish::TellCost => self.tell_cost(),
                    Wish::Sleep => self.nap.begin(),
                    Wish::Wake => self.nap.end(),
                }
            }
        }
    }

    fn tell_cost(&self) {
        if let Err(error) = self.ledger.tell(&self.live.borrow().state, Timestamp::now()) {
            tracing::warn!(%error, "own cost not written down");
        }
    }

    async fn look(&self, follower: &mut Follower) {
        let before = self.live.borrow().clone();
        let news = follower.look(Timestamp::now());
        let config = self.live.borrow().clone();
        if config != before {
            telemetry::follow(&config);
            self.control.narrow_anew();
        }
        if let Some(news) = news {
            self.status.set_config_fault(news.fault);
            self.tell(news.event).await;
        }
    }

    async fn tell(&self, event: AgentEvent) {
        // When nobody listens any more the agent is about to end.
        let _ = self.observations.send(Observation::Event(event).into()).await;
    }
}
