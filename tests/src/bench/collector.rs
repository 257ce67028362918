//! A real collector in a data directory of its own, from `init` to a join token.

use std::{
    fs::File,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use dogwatch_model::JoinToken;
use rustls_pki_types::CertificateDer;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::api::Api;
use crate::load::{
    agent::Agent,
    enrol::enrol,
    fleet::Fleet,
    process::{Meter, Program, sibling},
    trust::{Place, fetch_root},
};

/// The org that `init` makes, and some site of it.
const ORG: &str = "home";
const SITE: &str = "lab";
/// A start may take this long before it counts as broken.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Between looks at a starting collector: fine enough to measure a start of some hundred milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A running collector that nobody else knows of.
pub struct Collector {
    folder: TempDir,
    program: Program,
    api: Api,
    login_link: String,
    people: String,
    root: CertificateDer<'static>,
}

impl Collector {
    /// Initialises, starts and sets one up.
    pub fn start(runtime: &Handle) -> Result<Self> {
        let folder = TempDir::with_prefix("dogwatch-bench-")?;
        let link = init(folder.path())?;
        let program = serve(folder.path())?;
        let place = wait_until(|| runtime.block_on(Place::find(&link.people)))?;
        let root = runtime.block_on(fetch_root(&place, unhex(&link.root)?))?;
        let mut api = Api::new(&link.people, &root);
        wait_until(|| api.get("/readyz"))?;
        let setup = json!({ "code": link.code, "person": "bench" });
        let answer = api.post("/api/v1/setup", &setup)?;
        let bearer = answer["token"].as_str().context("set-up answered without a token")?;
        api.sign_in(bearer);
        let login_link = format!("https://{}/#{bearer}.{}", link.people, link.root);
        Ok(Self { folder, program, api, login_link, people: link.people, root })
    }

    /// A token for this many agents.
    pub fn join_token(&self, uses: usize) -> Result<JoinToken> {
        self.join_token_of(ORG, uses)
    }

    fn join_token_of(&self, org: &str, uses: usize) -> Result<JoinToken> {
        let order = json!({ "org": org, "site": SITE, "uses": uses, "expires_in_seconds": 3600 });
        let answer = self.api.post("/api/v1/join-tokens", &order)?;
        let token = answer["token"].as_str().context("no token in the answer")?;
        Ok(token.parse()?)
    }

    /// Enrols this many agents.
    pub fn crew(&self, runtime: &Handle, agents: usize) -> Result<Vec<Agent>> {
        let token = self.join_token(agents)?;
        Ok(Fleet::crew(runtime.block_on(enrol(&token, "sim", agents))?))
    }

    /// Enrols this many agents in an org.
    pub fn crew_in(&self, runtime: &Handle, org: &str, agents: usize) -> Result<Vec<Agent>> {
        let token = self.join_token_of(org, agents)?;
        Ok(Fleet::crew(runtime.block_on(enrol(&token, &format!("{org}-sim"), agents))?))
    }

    /// `host:port` of the people's listener.
    pub fn people(&self) -> &str {
        &self.people
    }

    /// Its root certificate.
    pub const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// Kills it (SIGKILL), starts it again, and returns how long it took from the start until `ready` was content.
    pub fn kill_and_restart(&mut self, ready: impl Fn(&Api) -> Result<()>) -> Result<Duration> {
        self.program.kill()?;
        let start = Instant::now();
        self.program = serve(self.folder.path())?;
        wait_until(|| self.api.get("/readyz").and_then(|_| ready(&self.api)))?;
        Ok(start.elapsed())
    }

    /// Puts a file in the policy folder and has it read.
    pub fn policy(&self, name: &str, toml: &str) -> Result<()> {
        self.put(&format!("policy/{name}"), toml, "policy in force")
    }

    /// Puts its `notify.toml` down and has it read.
    pub fn channels(&self, toml: &str) -> Result<()> {
        self.put("notify.toml", toml, "notify.toml in force")
    }

    /// Replaces a file that the collector watches, for its own eyes, and waits until the log says that it counts.
    fn put(&self, name: &str, toml: &str, in_force: &str) -> Result<()> {
        let said = || -> Result<usize> {
            let log = std::fs::read_to_string(self.folder.path().join("bench.log"))?;
            Ok(log.matches(in_force).count())
        };
        let before = said()?;
        let path = self.folder.path().join(name);
        std::fs::write(&path, toml)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        wait_until(|| {
            if said()? == before {
                bail!("{name} is not in force");
            }
            Ok(())
        })
    }

    /// People's API.
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// What `dogwatch login` takes.
    pub fn login_link(&self) -> &str {
        &self.login_link
    }

    /// Its processor time and memory.
    pub fn meter(&self) -> Meter {
        self.program.meter()
    }

    /// Bytes on disk in its data directory.
    pub fn bytes_on_disk(&self) -> Result<u64> {
        bytes_below(self.folder.path())
    }
}

struct SetupLink {
    people: String,
    code: String,
    root: String,
}

fn init(folder: &Path) -> Result<SetupLink> {
    let (people, agents) = (free_port()?, free_port()?);
    let output = Command::new(sibling("dogwatch-collector")?)
        .args(["init", "--name", "Benchmark", "--host", "localhost"])
        .args(["--port", &people.to_string(), "--agent-port", &agents.to_string(), "--data-dir"])
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start dogwatch-collector; build it first: cargo build --release")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let link = text
        .split_ascii_whitespace()
        .find_map(|word| word.trim_start_matches("https://").split_once("/setup#"))
        .and_then(|(people, fragment)| Some((people, fragment.rsplit_once('.')?)));
    let Some((people, (code, root))) = link else {
        bail!("dogwatch-collector init ({}) printed no set-up link: {text}", output.status);
    };
    Ok(SetupLink { people: people.to_owned(), code: code.to_owned(), root: root.to_owned() })
}

fn serve(folder: &Path) -> Result<Program> {
    let log = File::options().create(true).append(true).open(folder.join("bench.log"))?;
    Program::start(
        Command::new(sibling("dogwatch-collector")?)
            .arg("serve")
            .arg("--data-dir")
            .arg(folder)
            .stdout(log.try_clone()?)
            .stderr(log),
    )
}

/// Looks until there is something to see.
fn wait_until<T>(mut look: impl FnMut() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        match look() {
            Ok(seen) => return Ok(seen),
            Err(error) if start.elapsed() > START_LIMIT => {
                return Err(error.context(format!("the collector was not ready after {START_LIMIT:?}")));
            }
            Err(_) => std::thread::sleep(LOOK_EVERY),
        }
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_below(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

fn unhex(text: &str) -> Result<[u8; 32]> {
    let bytes: Vec<u8> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or("?"), 16))
        .collect::<Result<_, _>>()
        .with_context(|| format!("the set-up link ends with {text}, which is no hash in hex"))?;
    bytes.try_into().ok().context("the set-up link's hash is not 32 bytes")
}
