//! Acknowledge only what is on disk: the kernel's own account of the order of events.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use dogwatch_proto::v1::{AgentEvent, Lane, LaneMarks, Report};
use dogwatch_tests::harness::{
    Lab, PATIENCE,
    peer::{Peer, identities},
    settings::Settings,
    tool, wait,
};
use jiff::Timestamp;
use tokio::runtime::Runtime;
use uuid::Uuid;

const FIRST: LaneMarks = LaneMarks { kept: 1, latest: 1, samples: 1 };

#[test]
fn the_journal_is_synced_before_the_acknowledgement_leaves() -> Result<()> {
    let Some(strace) = tool::find("strace", "the journal is synced before the acknowledgement leaves") else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let calls = "trace=fdatasync,fsync,read,recvfrom,write,writev,sendto,sendmsg";
    let under = [
        strace.display().to_string(),
        "-D".into(),
        "-f".into(),
        "-yy".into(),
        "-s0".into(),
        "-e".into(),
        calls.into(),
    ];
    let under = under.into_iter().chain(["-o".into(), trace.display().to_string()]).collect();
    let lab = Lab::with(&Settings { under, ..Settings::default() });

    let runtime = Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let mut peer = runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;
    // The first report's exchange carries what a new connection has to settle; the second one stands alone.
    let mut text = String::new();
    for sequence in [1, 2] {
        text = settled(&trace);
        runtime.block_on(peer.report(event(sequence)))?;
        runtime.block_on(peer.acknowledged(Lane::Kept, sequence))?;
    }
    let before = text.len();
    let port = format!(":{}->", lab.collector().agents_port());
    let news = wait::wait_for(
        "the acknowledgement in the trace",
        PATIENCE,
        || fs::read_to_string(&trace).unwrap_or_default().get(before..).unwrap_or_default().to_owned(),
        |news| news.lines().any(|line| is_send(line, &port)),
    );

    let lines: Vec<&str> = news.lines().collect();
    let sent = lines.iter().position(|line| is_send(line, &port)).context("no acknowledgement")?;
    let arrived =
        lines[..sent].iter().position(|line| is_receipt(line, &port)).context("no report came in")?;
    let synced = lines[arrived..sent]
        .iter()
        .any(|line| line.contains("fdatasync") && line.trim_end().ends_with("= 0"));
    assert!(
        synced,
        "no fdatasync between the report and its acknowledgement:\n{}",
        lines[..=sent].join("\n")
    );
    let journal =
        lines[arrived..sent].iter().any(|line| line.contains("fdatasync(") && line.contains("/journal/"));
    assert!(journal, "what was synced is not the journal:\n{}", lines[..=sent].join("\n"));
    Ok(())
}

/// The trace once nothing is added to it any more.
fn settled(trace: &Path) -> String {
    let mut last = String::new();
    wait::wait_for(
        "a quiet collector",
        PATIENCE,
        || {
            let now = fs::read_to_string(trace).unwrap_or_default();
            let quiet = now == last;
            last.clone_from(&now);
            (quiet, now)
        },
        |(quiet, _)| *quiet,
    )
    .1
}

/// Bytes that leave on an agent's connection.
fn is_send(line: &str, port: &str) -> bool {
    ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|call| line.contains(call)) && line.contains(port)
}

/// Bytes that have come in on an agent's connection.
fn is_receipt(line: &str, port: &str) -> bool {
    let call = line.contains("recvfrom(") || line.contains("read(");
    call && line.contains(port) && !line.contains("EAGAIN") && !line.contains("= 0")
}

fn event(sequence: u64) -> Report {
    let at_us = Timestamp::now().as_microsecond();
    let event = AgentEvent { at_us, kind: "lab".to_owned(), detail: "one report by itself".to_owned() };
    let mut report = Report { sequence, observed_at_us: at_us, events: vec![event], ..Report::default() };
    report.set_lane(Lane::Kept);
    report
}
