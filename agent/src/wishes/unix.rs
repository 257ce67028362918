//! `SIGHUP` and `SIGUSR1`.

use rustix::process::{Pid, Signal as Number, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Wish;

pub(super) const ARE_HEARD: bool = true;

#[derive(Debug)]
pub(super) struct Wishes {
    reload: Option<Signal>,
    tell_cost: Option<Signal>,
}

impl Wishes {
    pub(super) fn new() -> Self {
        let heard = |kind| {
            let heard = signal(kind);
            heard.inspect_err(|error| tracing::warn!(%error, "a signal is not heard")).ok()
        };
        Self { reload: heard(SignalKind::hangup()), tell_cost: heard(SignalKind::user_defined1()) }
    }

    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            () = heard(&mut self.reload) => Wish::Reload,
            () = heard(&mut self.tell_cost) => Wish::TellCost,
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    if let Some(signal) = signal {
        signal.recv().await;
    } else {
        std::future::pending().await
    }
}

pub(super) fn ask_for_cost(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Number::USR1).is_ok())
}
