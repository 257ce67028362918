//! `SIGHUP`, `SIGUSR1`, `SIGUSR2` and `SIGCONT`.

use rustix::process::{Pid, Signal as Number, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Wish;

pub(super) const ARE_HEARD: bool = true;

impl Wish {
    fn number(self) -> Number {
        match self {
            Self::Reload => Number::HUP,
            Self::TellCost => Number::USR1,
            Self::Sleep => Number::USR2,
            Self::Wake => Number::CONT,
        }
    }
}

#[derive(Debug)]
pub(super) struct Wishes {
    reload: Option<Signal>,
    tell_cost: Option<Signal>,
    sleep: Option<Signal>,
    wake: Option<Signal>,
}

impl Wishes {
    pub(super) fn new() -> Self {
        let heard = |wish: Wish| {
            let heard = signal(SignalKind::from_raw(wish.number().as_raw()));
            heard.inspect_err(|error| tracing::warn!(%error, "a signal is not heard")).ok()
        };
        Self {
            reload: heard(Wish::Reload),
            tell_cost: heard(Wish::TellCost),
            sleep: heard(Wish::Sleep),
            wake: heard(Wish::Wake),
        }
    }

    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            () = heard(&mut self.reload) => Wish::Reload,
            () = heard(&mut self.tell_cost) => Wish::TellCost,
            () = heard(&mut self.sleep) => Wish::Sleep,
            () = heard(&mut self.wake) => Wish::Wake,
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

pub(super) fn ask(pid: u32, wish: Wish) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, wish.number()).is_ok())
}
