//! Agents from Debian packages, each started from its own program with a configuration of ours on loopback, asked as its
//! servers ask, and ended by its pid.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

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

const ZABBIX: &str =
    "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort=10050\nLogFile=@/log\nPidFile=@/pid\nHostname=bench\n";

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
        config: ZABBIX,
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
        let mut running = Program::start(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        self.serve(settle);
        let used = tree::measure(running.pid(), || self.serve(time))?;
        running.stop()?;
        Ok((used, binary))
    }

    /// Asks at its interval, as long as it is to run.
    fn serve(&self, time: Duration) {
        let start = Instant::now();
        let Some((every, ask)) = self.asked else { return sleep(time) };
        while start.elapsed() < time {
            // One that is not up yet is asked the next time.
            let _ = ask();
            sleep(every.min(time.saturating_sub(start.elapsed())));
        }
    }
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
        stream.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

fn ask_exporter() -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
    stream.write_all(
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
    )?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
