//! `dogwatch-agent run`.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::{
    agent,
    config::{Config, reload},
    service, telemetry,
};

pub(super) fn run(located: Config) -> anyhow::Result<ExitCode> {
    // Read by what the service manager has started: only then is there a log for what is wrong with the file.
    service::dispatch(move || run_until_asked(configured(located)?))?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration, and a log by it; of a file that cannot be taken, the log that an agent without one has.
fn configured(located: Config) -> anyhow::Result<Config> {
    let bare = located.clone();
    let config = reload::at_start(located).inspect_err(|_| telemetry::start(&bare))?;
    telemetry::start(&config);
    Ok(config)
}

fn run_until_asked(config: Config) -> anyhow::Result<()> {
    let runtime = super::runtime()?;
    let ended = runtime.block_on(async {
        let cancel = CancellationToken::new();
        let asked = cancel.clone();
        tokio::spawn(async move {
            asked_to_end().await;
            asked.cancel();
        });
        agent::run(config, cancel).await
    });
    // A volume that hangs must not hold up the end.
    runtime.shutdown_background();
    Ok(ended?)
}

#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals do what they always do: end the process.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_end() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = service::asked_to_end() => {}
    }
}
