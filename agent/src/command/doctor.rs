//! `dogwatch-agent doctor`: what is wrong on this machine, and how to mend it.
//!
//! Everything is looked at with the agent's own eyes: run it as the agent's user. It changes nothing, and says nothing
//! to the collector but a TLS greeting: attaching would take the place of the running agent.

mod clocks;
mod link;
mod running;
mod state;

use std::{io::Write as _, process::ExitCode, time::Duration};

use serde::Serialize;
use tokio::time::timeout;

use super::output::Output;
use crate::{
    VERSION,
    config::{Config, SourceName, reload},
    finding::{Finding, Verdict},
    identity::Identity,
    service::{self, Standing},
    sources,
};

/// For the service manager's answer.
const MANAGER: Duration = Duration::from_secs(10);

/// What can be typed after `doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Serialize)]
struct Examination {
    version: &'static str,
    findings: Vec<Finding>,
}

pub(super) fn doctor(located: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = super::runtime()?;
    let findings = runtime.block_on(examine(located));
    // A tool or volume that hangs must not hold up the end.
    runtime.shutdown_background();
    let worst = findings.iter().map(|finding| finding.verdict).max();
    let mut out = std::io::stdout();
    match arguments.output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut out, &Examination { version: VERSION, findings })?;
            writeln!(out)?;
        }
        Output::Text => write!(out, "{}", for_people(&findings))?,
    }
    Ok(if worst == Some(Verdict::Fail) { ExitCode::from(super::exit::FAILED) } else { ExitCode::SUCCESS })
}

async fn examine(located: &Config) -> Vec<Finding> {
    let (configuration, config) = configuration(located);
    let mut findings = vec![configuration];
    findings.extend(state::examine(&config));
    findings.push(managed().await);
    match Identity::load(&config.state) {
        Ok(identity) => {
            findings
                .push(Finding::ok("identity", "key and certificate belong together, up to the pinned root"));
            findings.push(state::certificate(&identity, jiff::Timestamp::now()));
            findings.extend(link::examine(&config, &identity).await);
            findings.push(clocks::examine(&config, &identity).await);
        }
        Err(error) => {
            let mend = "enrol with a join token: dogwatch-agent enroll TOKEN";
            findings.push(Finding::fail("identity", error.to_string(), mend));
        }
    }
    for &source in SourceName::ALL {
        findings.extend(sources::doctor::examine(source, &config).await);
    }
    findings.extend(running::examine(&config).await);
    findings
}

/// How the service stands. An agent that people run by hand is fine, and ends with their session.
async fn managed() -> Finding {
    let Ok(standing) = timeout(MANAGER, service::standing()).await else {
        let text = format!("the service manager did not answer within {MANAGER:?}");
        return Finding::warn("service", text, "look at the system's own log");
    };
    let detail = |standing: &Standing| {
        standing.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default()
    };
    match standing {
        Err(error) => {
            Finding::warn("service", error.to_string(), "harmless where there is no service manager")
        }
        Ok(standing) if !standing.installed => {
            Finding::warn("service", "is not installed", "dogwatch-agent service install")
        }
        Ok(standing) if !standing.running => {
            let text = format!("is installed and does not run{}", detail(&standing));
            Finding::warn("service", text, "dogwatch-agent service start; then read its log")
        }
        Ok(standing) if !standing.enabled => {
            let text = "runs, and does not start with the system";
            Finding::warn("service", text, "dogwatch-agent service install")
        }
        Ok(standing) => Finding::ok("service", format!("{} runs it{}", standing.manager, detail(&standing))),
    }
}

/// The file, and the configuration that an agent started now would work by.
fn configuration(located: &Config) -> (Finding, Config) {
    let file = located.file.as_ref().map(|file| file.path().display().to_string()).unwrap_or_default();
    match located.file.as_ref().map(|file| file.read()) {
        None => (Finding::ok("configuration", "none"), located.clone()),
        Some(Ok(read)) => {
            let text = if read.text.is_some() { file } else { format!("{file} is not there; defaults hold") };
            (Finding::ok("configuration", text), located.with(read.content))
        }
        Some(Err(fault)) => {
            let kept = reload::at_start(located.clone());
            let then =
                if kept.is_ok() { "the last good one is in force" } else { "the agent does not start by it" };
            let finding = Finding::fail("configuration", format!("{fault}; {then}"), fault.mend());
            (finding, kept.unwrap_or_else(|_| located.clone()))
        }
    }
}

fn for_people(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { subject, verdict, text: found, mend } in findings {
        let verdict = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        text.push_str(&format!("{verdict:<6}{subject:<15}{found}\n"));
        if let Some(mend) = mend {
            text.push_str(&format!("{:<21}-> {mend}\n", ""));
        }
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    text.push_str(&format!("{} to mend, {} to know\n", count(Verdict::Fail), count(Verdict::Warn)));
    text
}
