//! The doorman: arguments, logging, exit code.

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use dogwatch_collector::{
    collector::Collector,
    config::{Config, DataDir},
    init::{self, Init},
    lifecycle::{self, StopSignals},
    policy, schemas,
};
use dogwatch_model::counted;
use tokio_util::sync::CancellationToken;

/// Dogwatch's collector: takes what agents tell and keeps the one queue that both crews share.
#[derive(Debug, Parser)]
#[command(name = "dogwatch-collector", version, max_term_width = 100)]
#[command(
    after_help = "Environment:\n  DOGWATCH_LOG  which log lines appear, such as info, debug or warn,dogwatch_collector=debug [default: info]"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new collector: its certificate authority, configuration, rules and matrix, and a one-time setup link.
    ///
    /// Example: dogwatch-collector init --data-dir /var/lib/dogwatch-collector --name "Acme MSP" --host rmm.acme.example
    Init(Init),
    /// Serve agents and people until SIGTERM.
    ///
    /// SIGHUP reads the policy files again. Example: dogwatch-collector serve --data-dir /var/lib/dogwatch-collector
    Serve(Place),
    /// Validate every file, and say what is wrong with each.
    ///
    /// Exits with 1 when something is. Example: dogwatch-collector check --data-dir /var/lib/dogwatch-collector
    Check(Place),
    /// Make a new one-time setup link, in place of one that was lost; it works from the next start on.
    SetupCode(Place),
    /// Print the JSON Schema of a file, for editors.
    ///
    /// Example: dogwatch-collector schema notify > notify.schema.json
    Schema {
        /// Which file.
        file: schemas::File,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// Where the collector keeps everything.
    #[arg(long, value_name = "DIR", default_value_os_t = init::default_data_dir())]
    data_dir: PathBuf,
    /// Another configuration file than DIR/collector.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn read(&self) -> anyhow::Result<(Config, DataDir)> {
        let data = DataDir::new(&self.data_dir);
        let file = self.config.clone().unwrap_or_else(|| data.config_file());
        if !file.exists() {
            anyhow::bail!(
                "there is no collector in {}: `dogwatch-collector init --data-dir {0}` makes one",
                self.data_dir.display()
            );
        }
        Ok((Config::read(&file)?, data))
    }
}

fn main() -> ExitCode {
    let cli: Cli = match dogwatch_prompt::read() {
        Ok(cli) => cli,
        Err(mistyped) => return mistyped,
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DOGWATCH_LOG").unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let done = match &cli.command {
        Command::Init(asked) => init::run(asked),
        Command::Serve(place) => serve(place),
        Command::Check(place) => check(place),
        Command::SetupCode(place) => {
            place.read().and_then(|(config, data)| init::new_setup_code(&config, &data))
        }
        Command::Schema { file } => print_schema(*file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where this program speaks to a terminal")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn print_schema(file: schemas::File) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &file.schema()?)?;
    Ok(writeln!(out)?)
}

fn serve(place: &Place) -> anyhow::Result<()> {
    let (config, data) = place.read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let stop = CancellationToken::new();
        let signals = StopSignals::new()?;
        tokio::spawn(signals.cancel(stop.clone()));
        tokio::spawn(lifecycle::tell_of_stop(stop.clone()));
        let collector = Collector::build(&config, &data, &stop)?;
        say(&format!("ready people={} agents={}", collector.people_address(), collector.agents_address()));
        lifecycle::tell_service_manager(sd_notify::NotifyState::Ready);
        collector.run(stop).await
    });
    // What is still stuck by now (a disk that does not answer) has had its time.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}

fn check(place: &Place) -> anyhow::Result<()> {
    let (config, data) = place.read()?;
    let policy = policy::read(&data.policy(), &policy::Basis::of(&config))
        .map_err(|faults| policy::all_faults(&faults))?;
    let channels = dogwatch_collector::notify::Channels::read(&data.notify_file())?;
    let providers = dogwatch_collector::identity::Providers::read(&data.identity_file())?;
    dogwatch_collector::authority::Authority::open(&data.authority(), jiff::Timestamp::now())?;
    policy.unanswerable().iter().for_each(|fault| say(&format!("warning: {fault}")));
    say(&format!(
        "ok: collector.toml, the certificate authority, {}, {}, {}, {}: {}",
        counted(channels.channels.len(), "channel", "channels"),
        counted(providers.providers.len(), "identity provider", "identity providers"),
        counted(policy.rules.rules().len(), "rule", "rules"),
        counted(policy.orgs.len(), "org", "orgs"),
        policy.orgs.keys().map(|org| org.as_str()).collect::<Vec<_>>().join(", ")
    ));
    Ok(())
}

#[cfg(test)]
#[path = "../../packaging/shipped.rs"]
mod shipped;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_shipped_manual_is_what_the_code_makes() {
        super::shipped::manual(&super::Cli::command());
    }
}
