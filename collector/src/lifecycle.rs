//! Signals in, one cancellation out, and the service manager told of both.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGTERM and SIGINT, listened to from the moment this exists: a stop that comes during the start is not lost.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Cancels `stop` at the first signal.
    pub async fn cancel(mut self, stop: CancellationToken) {
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            () = stop.cancelled() => return,
        };
        tracing::info!(signal = name, "stopping");
        stop.cancel();
    }
}

/// Tells the service manager, if there is one.
pub fn tell_service_manager(state: sd_notify::NotifyState<'_>) {
    // Without a service manager there is nobody to tell.
    let _ = sd_notify::notify(false, &[state]);
}

/// Tells the service manager the moment that `stop` comes: the drain that follows takes its time.
pub async fn tell_of_stop(stop: CancellationToken) {
    stop.cancelled().await;
    tell_service_manager(sd_notify::NotifyState::Stopping);
}
