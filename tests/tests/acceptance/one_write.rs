//! A report costs one TCP segment each way: the agent writes it at once with all that frames it, and its acknowledgement
//! comes as one. Counted in the kernel's account of the agent's calls on its connection.

use std::{fs, path::Path, process::Command};

use dogwatch_tests::harness::{
    Lab, PATIENCE,
    agent::LabAgent,
    program::{Finished, Running},
    tool,
    wait::wait_for,
};
use serde_json::{Value, json};

/// One after the other, each a report of its own.
const REPORTS: u64 = 6;
/// HTTP/2 has words of its own now and then: an answered ping, a wider window.
const FRAMES_OF_ITS_OWN: u64 = 1;
/// What sockets are written and read by. `read` is left out: the agent reads small files all the time, and being looked at
/// for each of them would slow it down.
const WRITES: &[&str] = &["write", "writev", "sendto", "sendmsg"];
const READS: &[&str] = &["recvfrom", "recvmsg"];

#[test]
fn a_report_is_one_write_and_its_acknowledgement_one_read() {
    let Some(strace) = tool::find("strace", "a report is one write and its acknowledgement one read") else {
        return;
    };
    let lab = Lab::start();
    let agent = lab.enrol("srv-01");
    let trace = lab.folder().join("agent-trace");
    let _running = traced(&strace, &agent, &trace);
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
    let port = format!(":{}]>", lab.collector().agents_port());

    let before = settled(&agent, &trace, &port, 1);
    for run in 1..=REPORTS {
        agent.backup_run("nightly", &["true"]).succeeds();
        settled(&agent, &trace, &port, before.acknowledged + run);
    }
    let after = settled(&agent, &trace, &port, before.acknowledged + REPORTS);
    let reports = after.acknowledged - before.acknowledged;
    let (writes, reads) = (after.writes - before.writes, after.reads - before.reads);
    assert!(writes > 0 && reads > 0, "nothing was traced");
    assert!(writes <= reports + FRAMES_OF_ITS_OWN, "{writes} writes for {reports} reports");
    assert!(reads <= reports + FRAMES_OF_ITS_OWN, "{reads} reads for {reports} acknowledgements");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    acknowledged: u64,
    writes: u64,
    reads: u64,
}

/// The agent under strace, which stays behind it so that the agent is our child.
fn traced(strace: &Path, agent: &LabAgent, trace: &Path) -> Running {
    let run = agent.command(&["run"], &[]);
    let calls = format!("trace={},{}", WRITES.join(","), READS.join(","));
    let mut traced = Command::new(strace);
    // A file for each thread: no call is cut in two by another's.
    traced.args(["-D", "-ff", "--seccomp-bpf", "-yy", "-s0", "-e", &calls, "-o"]).arg(trace);
    traced.arg(run.get_program()).args(run.get_args());
    traced.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Running::start(&mut traced, &agent.log())
}

/// What was counted once so many reports are acknowledged, none is under way and the trace has no more to say.
#[track_caller]
fn settled(agent: &LabAgent, trace: &Path, port: &str, least: u64) -> Count {
    let mut last = None;
    let look = || {
        let (sent, acknowledged) = told(agent);
        let text = traces(trace);
        let now =
            Count { acknowledged, writes: calls(&text, WRITES, port), reads: calls(&text, READS, port) };
        let quiet = last.replace(now) == Some(now) && sent == acknowledged && acknowledged >= least;
        (quiet, now)
    };
    wait_for("every report acknowledged", PATIENCE, look, |(quiet, _)| *quiet).1
}

/// Reports sent and acknowledged, as the agent itself counts them.
fn told(agent: &LabAgent) -> (u64, u64) {
    let status = Finished::of(&mut agent.command(&["status", "--self", "-o", "json"], &[])).json();
    let sum = |name: &str| -> u64 {
        let lanes = status["cost"]["told"][name].as_object();
        lanes.into_iter().flatten().filter_map(|(_, number): (_, &Value)| number.as_u64()).sum()
    };
    (sum("sent"), sum("acknowledged"))
}

/// What all threads have done so far.
fn traces(trace: &Path) -> String {
    let folder = trace.parent().expect("a lab's folder");
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_ours = files.filter(|path| path.file_stem() == trace.file_name());
    of_ours.map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
}

/// Calls that moved bytes on the agent's connection.
fn calls(trace: &str, names: &[&str], port: &str) -> u64 {
    let moved = |line: &&str| {
        let call = line.split_once('(').is_some_and(|(name, _)| names.contains(&name));
        let result = line.rsplit_once(" = ").map(|(_, result)| result);
        let bytes = result.and_then(|result| result.trim().parse::<u64>().ok());
        call && line.contains(port) && bytes.is_some_and(|bytes| bytes > 0)
    };
    trace.lines().filter(moved).count() as u64
}
