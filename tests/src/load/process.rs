//! Programs under measurement: started, metered through `/proc`, ended by their own pid.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::{
    process::{Pid, Resource, Signal},
    system::sysinfo,
};

/// A running child. Dropping it kills it: a benchmark that fails leaves nothing behind.
pub struct Program {
    child: Child,
}

impl Program {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| {
            format!(
                "cannot start {}; build everything first: cargo build --release --workspace",
                command.get_program().display()
            )
        })?;
        Ok(Self { child })
    }

    /// Starts a program and waits for the first line that it prints.
    pub fn start_and_read_line(command: &mut Command) -> Result<(Self, String)> {
        let mut program = Self::start(command.stdout(Stdio::piped()))?;
        let stdout = program.child.stdout.take().context("standard output was piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("cannot read what the program prints")?;
        Ok((program, line))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads its meters.
    pub fn meter(&self) -> Meter {
        Meter { folder: PathBuf::from(format!("/proc/{}", self.child.id())) }
    }

    /// SIGKILL, and waits for its end.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop).context("cannot wait for a killed child")
    }

    /// SIGTERM, and waits for its end.
    pub fn stop(&mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM)?;
        self.child.wait().map(drop).context("cannot wait for a stopped child")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only for a child that has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has used, by the kernel's own account.
#[derive(Debug, Clone)]
pub struct Meter {
    folder: PathBuf,
}

impl Meter {
    /// This process.
    pub fn own() -> Self {
        Self { folder: PathBuf::from("/proc/self") }
    }

    /// Processor time of all its threads, user and system; the kernel counts in hundredths of a second.
    pub fn cpu(&self) -> Result<Duration> {
        let text = read(&self.folder.join("stat"))?;
        // The second field is the program's name in brackets and may hold anything; utime and stime are 14 and 15.
        let fields = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks: u64 =
            fields.split_ascii_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory in bytes, counted exactly.
    pub fn resident_bytes(&self) -> Result<u64> {
        let text = read(&self.folder.join("smaps_rollup"))?;
        let kib = text
            .lines()
            .find_map(|line| line.strip_prefix("Rss:"))
            .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
            .context("smaps_rollup has no Rss line")?;
        Ok(kib * 1024)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A program built beside this one.
pub fn sibling(name: &str) -> Result<PathBuf> {
    let me = std::env::current_exe().context("cannot tell where this program lies")?;
    Ok(me.with_file_name(name))
}

/// Raises the limit of open files as far as the system lets us; says how far.
pub fn raise_open_files() -> Result<u64> {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    rustix::process::setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")?;
    Ok(limit.current.unwrap_or(u64::MAX))
}

/// Load average over the last minute: a figure from a busy machine is worth saying so.
pub fn load_average() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a load average is small")]
    let load = sysinfo().loads[0] as f64 / 65536.0;
    load
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_meters_itself() {
        let meter = Meter::own();
        let before = meter.cpu().unwrap();
        assert!(meter.resident_bytes().unwrap() > 100_000);
        assert!(meter.cpu().unwrap() >= before);
    }
}
