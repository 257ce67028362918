//! `dogwatch-agent backup run --job NAME -- COMMAND…`: between cron and the backup, invisible to both.
//!
//! Input, output and exit code pass through. A command that a signal ended gives 128 + its number, as shells do; one
//! that could not be started 126 or 127. If the report cannot be written that is said, and the exit code is still the
//! command's: watching a backup must never be what breaks it.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::{ExitCode, ExitStatus, Stdio},
};

use aws_lc_rs::digest;
use dogwatch_model::RunResult;
use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
};

use super::{Job, drop_off_or_say, keep_reserve, tail::Tail, verdict};
use crate::{
    config::Config,
    sources::backup::{
        drop_in::{DropIn, MESSAGE_BYTES},
        hush::Hush,
        noticed::{Noticed, Told},
    },
};

/// What can be typed after `backup run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  dogwatch-agent backup run --job nightly --every 24h -- restic backup /srv"
)]
pub(in crate::command) struct Arguments {
    #[command(flatten)]
    job: Job,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What came of the command.
pub(super) struct Ran {
    pub(super) exit_code: i32,
    pub(super) result: RunResult,
    pub(super) message: Option<String>,
    pub(super) output_bytes: u64,
    pub(super) output_sha256: String,
    noticed: Option<Told>,
}

impl Ran {
    /// The command's exit code, to be passed on.
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(u8::try_from(self.exit_code).unwrap_or(1))
    }
}

pub(super) fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    arguments.job.check()?;
    keep_reserve(config);
    let started_at = Timestamp::now();
    let product = arguments.job.product.clone().or_else(|| program_name(&arguments.command));
    let mut ran = execute_to_end(&arguments.command, product.as_deref())?;
    let mut drop_in = DropIn {
        started_at: Some(started_at),
        ended_at: Some(Timestamp::now().max(started_at)),
        exit_code: Some(ran.exit_code),
        message: ran.message.take(),
        product,
        ..arguments.job.drop_in(ran.result)
    };
    if let Some(told) = ran.noticed.take() {
        told.lay_over(&mut drop_in);
    }
    drop_off_or_say(config, &drop_in)?;
    Ok(ran.code())
}

/// Runs the command to its end; `product` says how its exit code is understood.
pub(super) fn execute_to_end(command: &[OsString], product: Option<&str>) -> io::Result<Ran> {
    let mut ran = super::super::runtime()?.block_on(execute(command, product));
    let hush = Hush::of_ours();
    ran.message = ran.message.map(|message| hush.text(&message));
    Ok(ran)
}

/// The command's own name, without its folder.
pub(super) fn program_name(command: &[OsString]) -> Option<String> {
    let name = std::path::Path::new(command.first()?).file_name()?;
    Some(name.to_string_lossy().into_owned())
}

async fn execute(command: &[OsString], product: Option<&str>) -> Ran {
    let Some((program, arguments)) = command.split_first() else { return not_started(127, "no command") };
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    match command.spawn() {
        Ok(child) => watched(child, product).await,
        Err(error) => {
            let text = format!("cannot run {}: {error}", program.to_string_lossy());
            // Whoever called sees what a shell would have said.
            let _ = writeln!(io::stderr(), "dogwatch-agent: {text}");
            not_started(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }, &text)
        }
    }
}

fn not_started(exit_code: i32, message: &str) -> Ran {
    Ran {
        exit_code,
        result: RunResult::Failed,
        message: Some(message.to_owned()),
        output_bytes: 0,
        output_sha256: hex(digest::digest(&digest::SHA256, &[])),
        noticed: None,
    }
}

fn hex(digest: digest::Digest) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is kept of an output that passes by.
struct Kept {
    tail: Tail,
    noticed: Noticed,
    bytes: u64,
    hash: digest::Context,
}

impl Kept {
    fn new() -> Self {
        let hash = digest::Context::new(&digest::SHA256);
        Self { tail: Tail::default(), noticed: Noticed::default(), bytes: 0, hash }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.tail.note(bytes);
        self.noticed.note(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.hash.update(bytes);
    }
}

async fn watched(mut child: Child, product: Option<&str>) -> Ran {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (pid, stopper) = (child.id(), Stopper::new());
    let mut stopped = false;
    let (mut out, mut err) = (Kept::new(), Kept::new());
    let ended = {
        let passing = async {
            tokio::join!(pass_on(stdout, io::stdout(), &mut out), pass_on(stderr, io::stderr(), &mut err));
            child.wait().await
        };
        let mut passing = std::pin::pin!(passing);
        let mut stopper = stopper;
        loop {
            tokio::select! {
                ended = &mut passing => break ended,
                () = stopper.asked() => {
                    stopped = true;
                    forward_stop(pid);
                }
            }
        }
    };
    let noticed = out.noticed.finish();
    // What went to standard error tells more about a failure; what was understood need not be repeated.
    let said = || out.tail.text(MESSAGE_BYTES).filter(|_| noticed.is_none());
    let message = err.tail.text(MESSAGE_BYTES).or_else(said);
    match ended {
        Ok(status) => {
            let exit_code = exit_code(status);
            let result = match verdict::of(product, exit_code) {
                RunResult::Failed if stopped => RunResult::Cancelled,
                result => result,
            };
            let output_sha256 = hex(out.hash.finish());
            Ran { exit_code, result, message, output_bytes: out.bytes, output_sha256, noticed }
        }
        Err(error) => not_started(1, &format!("lost sight of the command: {error}")),
    }
}

/// Passes output on as it comes and keeps its end. When nobody reads ours any more, theirs is still read: a closed
/// terminal is no reason for a backup to fail.
async fn pass_on(from: Option<impl AsyncRead + Unpin>, mut to: impl Write, kept: &mut Kept) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        kept.note(&buffer[..read]);
        let _ = to.write_all(&buffer[..read]).and_then(|()| to.flush());
    }
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

/// Asks the command to end, as we were asked.
#[cfg(unix)]
fn forward_stop(pid: Option<u32>) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    // It may have ended in this very moment.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
}

#[cfg(not(unix))]
fn forward_stop(_pid: Option<u32>) {}

/// Hears that we are asked to end.
struct Stopper {
    #[cfg(unix)]
    signals: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl Stopper {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::terminate()).ok().zip(signal(SignalKind::interrupt()).ok());
        Self { signals: both }
    }

    async fn asked(&mut self) {
        let Some((terminate, interrupt)) = &mut self.signals else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Stopper {
    fn new() -> Self {
        Self {}
    }

    async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
