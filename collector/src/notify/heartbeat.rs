//! The watch over the watch: a sign of life to somebody outside, who calls when it stays away.
//!
//! It is sent only after the core's thread has written to the disk just now. A collector that hangs, whose disk is full
//! or that was stopped sends none, and that is the alarm.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{Channels, News, http::post};
use crate::{
    core::{CoreHandle, Input},
    state::Health,
};

/// The core answers within this, or it is not well.
const CORE_LIMIT: Duration = Duration::from_secs(10);

/// Beats until `stop`, while there is somebody to beat for.
pub async fn run(
    core: CoreHandle,
    mut channels: watch::Receiver<Arc<Channels>>,
    name: String,
    stop: CancellationToken,
) {
    loop {
        let heartbeat = channels.borrow_and_update().heartbeat.clone();
        let pause = match &heartbeat {
            Some(heartbeat) => {
                match well(&core).await {
                    Ok(()) => {
                        let body = json!({ "collector": name, "at": jiff::Timestamp::now() }).to_string();
                        if let Err(fault) = post(&heartbeat.target, &[], body.into_bytes()).await {
                            tracing::warn!(error = fault.what, "heartbeat not sent");
                        }
                    }
                    Err(why) => tracing::error!(why, "no heartbeat: the watch is not well"),
                }
                heartbeat.every
            }
            None => Duration::MAX,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = channels.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whether the core's thread and the store work, by having them do so.
async fn well(core: &CoreHandle) -> Result<(), String> {
    if let Health::Degraded { why, .. } = core.health() {
        return Err(why);
    }
    let (reply, answer) = oneshot::channel();
    let asked = async {
        core.inputs.send(Input::Notify(Box::new(News::Beat(reply)))).await.ok()?;
        answer.await.ok()
    };
    match tokio::time::timeout(CORE_LIMIT, asked).await {
        Ok(Some(())) => Ok(()),
        Ok(None) => Err("the core has ended".to_owned()),
        Err(_) => Err(format!("the core has not written to the disk within {} s", CORE_LIMIT.as_secs())),
    }
}
