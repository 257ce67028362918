//! A new collector: its folder, its certificate authority, its files, and the one link that lets the first person in.
//!
//! Everything is checked before anything is written, and only an empty folder is taken, so a mistake costs nothing and no
//! collector is ever made over another. The setup code itself is shown and never stored; its hash waits in a file
//! for the next start, which takes it into the store.

mod hosts;
mod templates;

use std::{
    io::Write,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use dogwatch_model::{OrgId, text::is_unfit};
use jiff::Timestamp;

use crate::{
    access::Sha256,
    authority::{Authority, audit_key::AuditKey, secret::new_secret, write_private},
    config::{Config, DataDir},
};

/// In the authority's folder: the hash of a setup code that the next start takes into the store.
pub const SETUP_HASH_FILE: &str = "setup.hash";

/// What a new collector is to be.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// Where the collector keeps everything; made if need be, and must be empty.
    #[arg(long, value_name = "DIR", default_value_os_t = default_data_dir())]
    pub data_dir: PathBuf,
    /// Who runs it, for people.
    #[arg(long, default_value = "Dogwatch")]
    pub name: String,
    /// A DNS name or address that people and agents will call it by; the first is the one that they are told.
    ///
    /// localhost, 127.0.0.1, ::1 and this machine's host name are always added. Without any, it listens on this
    /// machine alone.
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// The first org; more can be added as files in policy/orgs.
    #[arg(long, default_value = "home")]
    pub org: OrgId,
    /// The port for people and enrolment.
    #[arg(long, default_value_t = 7443, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// The port for agents.
    #[arg(long, default_value_t = 7444, value_parser = clap::value_parser!(u16).range(1..))]
    pub agent_port: u16,
    /// The address to listen on; 0.0.0.0 is all of this machine's.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<IpAddr>,
}

/// As root the system's place, else the user's state folder.
pub fn default_data_dir() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return "/var/lib/dogwatch-collector".into();
    }
    let home = || std::env::var_os("HOME").map_or_else(|| ".".into(), PathBuf::from).join(".local/state");
    std::env::var_os("XDG_STATE_HOME").map_or_else(home, PathBuf::from).join("dogwatch/collector")
}

/// Makes a new collector and says what was made.
///
/// # Errors
/// The folder is not empty or cannot be written, or a name or port is not usable; nothing is written then.
pub fn run(init: &Init) -> anyhow::Result<()> {
    make(init, Timestamp::now(), &mut std::io::stdout().lock())
}

/// Makes a new one-time setup code in place of one that was lost, and shows its link.
///
/// # Errors
/// The authority cannot be read, or the hash not be written.
pub fn new_setup_code(config: &Config, data: &DataDir) -> anyhow::Result<()> {
    let authority = Authority::open(&data.authority(), Timestamp::now())?;
    let mut out = std::io::stdout().lock();
    let link = setup_link(&authority, data, &config.people.address)?;
    writeln!(
        out,
        "From the next start of the collector on, this link lets the first administrator in, once:\n"
    )?;
    writeln!(out, "{link}")?;
    Ok(())
}

fn make(init: &Init, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let data = DataDir::new(&init.data_dir);
    let plan = Plan::of(init)?;
    check_empty(data.path())?;

    let authority = Authority::create(&data.authority(), &plan.trust_domain, &plan.hosts, now)?;
    authority.ensure_org(&init.org, now)?;
    let audit_key = AuditKey::open_or_make(&data.authority())?;
    let orgs = data.policy().join("orgs");
    make_folder(&orgs)?;
    write_private(&data.policy().join("rules.toml"), templates::RULES.as_bytes())?;
    write_private(&data.policy().join("watch.toml"), templates::WATCH.as_bytes())?;
    let matrix = orgs.join(format!("{}.toml", init.org));
    write_private(&matrix, dogwatch_triage::matrix::starter(&init.org).as_bytes())?;
    let address = |port| hosts::with_port(&plan.host, port);
    let link = setup_link(&authority, &data, &address(init.port))?;
    // Last: it is what makes the folder a collector.
    write_private(&data.config_file(), plan.config(init).as_bytes())?;

    writeln!(out, "Made a collector in {}:", data.path().display())?;
    writeln!(
        out,
        "  collector.toml          people on {} (told {}),",
        plan.socket(init.port),
        address(init.port)
    )?;
    writeln!(
        out,
        "                          agents on {} (told {})",
        plan.socket(init.agent_port),
        address(init.agent_port)
    )?;
    writeln!(out, "  authority/              root {}", authority.root_sha256())?;
    writeln!(out, "                          server certificate for {}", plan.hosts.join(", "))?;
    writeln!(out, "  authority/audit.key     signs the audit's checkpoints, key {}", audit_key.id())?;
    writeln!(
        out,
        "  authority/root.key      needed for new orgs only: move it offline when you are settled"
    )?;
    writeln!(out, "  policy/rules.toml       your own rules, over the shipped ones")?;
    writeln!(out, "  policy/watch.toml       what endpoints watch: services and checks")?;
    writeln!(
        out,
        "  policy/orgs/{}.toml   who owns what, when: provisional until both sides agree",
        init.org
    )?;
    writeln!(out, "\nStart it:  dogwatch-collector serve --data-dir {}", data.path().display())?;
    writeln!(out, "Then let the first administrator in with this link. It is shown once and works once:\n")?;
    writeln!(out, "{link}")?;
    Ok(())
}

/// What follows from the options, checked.
struct Plan {
    trust_domain: String,
    /// In the server certificate.
    hosts: Vec<String>,
    /// What others are told.
    host: String,
    listen: IpAddr,
}

impl Plan {
    fn of(init: &Init) -> anyhow::Result<Self> {
        if init.port == init.agent_port {
            bail!("--port and --agent-port are both {}; people and agents need one each", init.port);
        }
        if init.name.trim().is_empty() || init.name.contains(is_unfit) {
            bail!("--name must be a line of text, such as \"Acme MSP\"");
        }
        let listen = init.listen.unwrap_or_else(|| {
            let everywhere = !init.hosts.iter().all(|host| hosts::is_this_machine_alone(host));
            if everywhere { [0, 0, 0, 0].into() } else { [127, 0, 0, 1].into() }
        });
        Ok(Self {
            trust_domain: hosts::trust_domain_of(&init.name),
            hosts: hosts::all_names(&init.hosts),
            host: init.hosts.first().map_or("localhost", String::as_str).to_owned(),
            listen,
        })
    }

    fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.listen, port)
    }

    fn config(&self, init: &Init) -> String {
        templates::config(&templates::Values {
            name: &init.name,
            people: (self.socket(init.port), hosts::with_port(&self.host, init.port)),
            agents: (self.socket(init.agent_port), hosts::with_port(&self.host, init.agent_port)),
        })
    }
}

fn check_empty(folder: &Path) -> anyhow::Result<()> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot look into {}", folder.display())),
    };
    let Some(first) = entries.next().transpose()? else { return Ok(()) };
    let folder = folder.display();
    if DataDir::new(first.path().parent().unwrap_or(Path::new("."))).config_file().exists() {
        bail!(
            "{folder} holds a collector already: start it with `dogwatch-collector serve --data-dir {folder}`, \
             make a new setup link with `dogwatch-collector setup-code --data-dir {folder}`, or choose another --data-dir"
        );
    }
    bail!(
        "{folder} is not empty (it has {}): choose another --data-dir, or empty it if it is left from an `init` that failed",
        first.file_name().display()
    );
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Makes a code, leaves its hash for the next start, and returns the link with the code in it.
fn setup_link(authority: &Authority, data: &DataDir, address: &str) -> anyhow::Result<String> {
    let code = new_secret()?;
    let hash = Sha256::of(code.as_bytes());
    write_private(&data.authority().join(SETUP_HASH_FILE), format!("{hash}\n").as_bytes())?;
    Ok(format!("https://{address}/setup#{code}.{}", authority.root_sha256()))
}

#[cfg(test)]
mod tests;
