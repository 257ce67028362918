//! Agents from Debian packages, each started from its own program with a configuration of ours on loopback, asked as its
//! servers ask, and ended by its pid.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::tree::{self, Used};
use crate::load::process::Program;

/// Where all of them listen: in a namespace of its own, one at a time.
const PORT: u16 = 10_050;

/// How often a peer is asked, and how.
type Scrape = (Duration, fn() -> Result<()>);

/// An agent that others use.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// The Debian package.
    pub(super) package: &'static str,
    program: &'static str,
    /// Its configuration; `@` stands for the folder that it may use.
    config: &'static str,
    /// Its arguments; `@` stands for the folder, in which `config` lies.
    arguments: &'static [&'static str],
    /// How often it is asked, and how.
    asked: Option<Scrape>,
}

/// The first agent becomes another user when it is started as root, who may not write our folder. The second knows no such
/// word.
const ZABBIX: &str = "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort=10050\nLogFile=@/log\nPidFile=@/pid\nHostname=bench\n\
     AllowRoot=1\n";
const ZABBIX_2: &str = "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort=10050\nLogFile=@/log\nPidFile=@/pid\nHostname=bench\n\
     ControlSocket=@/socket\n";

/// All of them, at the intervals that they are mostly run with.
pub(super) const ALL: &[Peer] = &[
    Peer {
        name: "collectd, each 10 s",
        package: "collectd-core",
        program: "/usr/sbin/collectd",
        config: "Hostname \"bench\"\nBaseDir \"@\"\nPIDFile \"@/pid\"\nInterval 10\nLoadPlugin cpu\nLoadPlugin memory\n\
                 LoadPlugin df\nLoadPlugin interface\nLoadPlugin load\nLoadPlugin swap\nLoadPlugin uptime\n\
                 LoadPlugin network\n<Plugin network>\n  Server \"127.0.0.1\" \"10050\"\n</Plugin>\n",
        arguments: &["-f", "-C", "@/config"],
        asked: None,
    },
    Peer {
        name: "zabbix_agentd, each 60 s",
        package: "zabbix-agent",
        program: "/usr/sbin/zabbix_agentd",
        config: ZABBIX,
        arguments: &["-f", "-c", "@/config"],
        asked: Some((Duration::from_secs(60), ask_zabbix)),
    },
    Peer {
        name: "zabbix_agent2, each 60 s",
        package: "zabbix-agent2",
        program: "/usr/sbin/zabbix_agent2",
        config: ZABBIX_2,
        arguments: &["-f", "-c", "@/config"],
        asked: Some((Duration::from_secs(60), ask_zabbix)),
    },
    Peer {
        name: "node_exporter, each 15 s",
        package: "prometheus-node-exporter",
        program: "/usr/bin/prometheus-node-exporter",
        config: "",
        arguments: &["--web.listen-address=127.0.0.1:10050"],
        asked: Some((Duration::from_secs(15), ask_exporter)),
    },
    Peer {
        name: "netdata",
        package: "netdata-core",
        program: "/usr/sbin/netdata",
        config: "[global]\n  run as user = root\n[directories]\n  cache = @\n  lib = @\n  log = @\n[web]\n  bind to = 127.0.0.1:10050\n",
        arguments: &["-D", "-c", "@/config"],
        asked: None,
    },
];

impl Peer {
    /// Runs it for a while; what it used, and how large its program is.
    pub(super) fn measure(&self, settle: Duration, time: Duration) -> Result<(Used, u64)> {
        let binary = fs::metadata(self.program).with_context(|| format!("no {}", self.program))?.len();
        let folder = tempfile::TempDir::with_prefix("dogwatch-bench-peer-")?;
        let within = |text: &str| text.replace('@', &folder.path().display().to_string());
        let config: PathBuf = folder.path().join("config");
        fs::write(&config, within(self.config))?;
        // Whoever pushes by UDP finds somebody there.
        let _sink = UdpSocket::bind(("127.0.0.1", PORT))?;
        let mut command = Command::new(Path::new(self.program));
        command.args(self.arguments.iter().map(|argument| within(argument)));
        let said = fs::File::create(folder.path().join("said"))?;
        let mut running = Program::start(command.stdout(said.try_clone()?).stderr(said))?;
        // One that is not up yet is asked the next time.
        let _ = self.serve(settle);
        let mut served = Ok(());
        let used = tree::measure(running.pid(), || served = self.serve(time));
        let used = served.and(used).with_context(|| last_words(folder.path()))?;
        running.stop()?;
        Ok((used, binary))
    }

    /// Asks at its interval, as long as it is to run; a failure is the last one.
    fn serve(&self, time: Duration) -> Result<()> {
        let start = Instant::now();
        let mut served = Ok(());
        let Some((every, ask)) = self.asked else {
            sleep(time);
            return served;
        };
        while start.elapsed() < time {
            served = ask().with_context(|| format!("{} does not answer", self.name));
            sleep(every.min(time.saturating_sub(start.elapsed())));
        }
        served
    }

    /// Whether it is on this machine.
    pub(super) fn is_here(&self) -> bool {
        Path::new(self.program).exists()
    }
}

/// What it said or logged last.
fn last_words(folder: &Path) -> String {
    let line = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned)
    };
    line("said").or_else(|| line("log")).unwrap_or_else(|| "it said nothing".to_owned())
}

/// What a server of Zabbix asks a host for by its plainest template.
const KEYS: &[&str] = &[
    "agent.ping",
    "system.cpu.util",
    "system.cpu.load[all,avg1]",
    "system.cpu.load[all,avg5]",
    "system.cpu.load[all,avg15]",
    "system.cpu.num",
    "system.uptime",
    "system.users.num",
    "vm.memory.size[total]",
    "vm.memory.size[available]",
    "system.swap.size[,total]",
    "system.swap.size[,free]",
    "vfs.fs.size[/,total]",
    "vfs.fs.size[/,used]",
    "vfs.fs.inode[/,pfree]",
    "net.if.in[lo]",
    "net.if.out[lo]",
    "proc.num",
];

fn ask_zabbix() -> Result<()> {
    for key in KEYS {
        let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
        let mut request = b"ZBXD\x01".to_vec();
        request.extend(u64::try_from(key.len())?.to_le_bytes());
        request.extend(key.as_bytes());
        stream.write_all(&request)?;
        answered(&mut stream)?;
    }
    Ok(())
}

/// Reads to the end of an answer; there has to be one.
fn answered(stream: &mut TcpStream) -> Result<()> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    ensure!(!answer.is_empty(), "an empty answer");
    Ok(())
}

fn ask_exporter() -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
    stream.write_all(
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
    )?;
    answered(&mut stream)
}
