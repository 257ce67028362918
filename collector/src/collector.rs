//! Config → build → run: the only place that wires the collector together and spawns its tasks.
//!
//! The order of a start: ports are taken first (they fail fast and belong to nobody else from then on), then the store
//! is loaded, and only then is anybody let in. The order of a stop is the reverse, each step bounded.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    access::Sha256,
    api,
    authority::{Authority, audit_key::AuditKey, standing::KeyStatus},
    config::{Config, DataDir, std_duration},
    core::{self, CoreThread, Input, Settings},
    enrolment::EnrolmentService,
    identity::Providers,
    ingest, init,
    listener::{Bound, Door, Limits, Listener},
    notify::{self, Channels, worker::Worker},
    policy, reload,
    storage::{Embedded, EmbeddedOptions, Storage},
};

mod certificates;

use certificates::Certificates;

/// A collector that is ready to serve.
pub struct Collector {
    core: CoreThread,
    people: Listener,
    agents: Listener,
    policy_files: policy::Watch,
    notify_file: reload::Watch<Channels>,
    identity_file: reload::Watch<Providers>,
    channels: tokio::sync::watch::Receiver<Arc<Channels>>,
    name: String,
    certificates: Certificates,
    drain_limit: std::time::Duration,
}

impl Collector {
    /// Builds everything that a collector is, from its configuration and its data directory.
    ///
    /// # Errors
    /// One of its ports is taken, one of its files is not what it should be, or its store is in use or broken.
    pub fn build(config: &Config, data: &DataDir, stop: &CancellationToken) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let people_port = Bound::new(config.people.listen, "people.listen in collector.toml")?;
        let agents_port = Bound::new(config.agents.listen, "agents.listen in collector.toml")?;
        let authority = Authority::open(&data.authority(), now)?
            .with_endpoint_lifetime(config.times.certificate_lifetime);
        let authority = Arc::new(authority);
        let basis = policy::Basis::of(config);
        let policy = policy::read(&data.policy(), &basis).map_err(|faults| policy::all_faults(&faults))?;
        let storage = store(config, data)?;
        let policy = Arc::new(ArcSwap::from_pointee(policy));
        let setup = SetupFile::of(data);
        let settings = Settings::new(&config.storage, &config.times);
        let channels = Channels::read(&data.notify_file())?;
        let files = (policy, channels.facts());
        let providers = Providers::read(&data.identity_file())?;
        let (core, notes) = core::start(storage, files, settings, setup.read()?, now, stop.clone())?;
        setup.remove();
        notes.iter().for_each(|note| tracing::warn!(note, "store"));
        let handle = core.handle();
        handle.sign_audit_with(Arc::new(AuditKey::open_or_make(&data.authority())?));
        let (policy_files, orgs) = policy::Watch::new(data.policy(), basis, handle.clone())?;
        let (notify_file, channels) = reload::Watch::new(data.notify_file(), channels, handle.clone());
        let (identity_file, providers) = reload::Watch::new(data.identity_file(), providers, handle.clone());

        let keys: Arc<dyn KeyStatus> = Arc::new(handle.clone());
        let certificates = Certificates::new(authority.clone(), hosts(config), keys.clone(), now)?;
        let enrolment =
            EnrolmentService::new(handle.clone(), authority.clone(), config.agents.address.clone());
        let info = api::ApiInfo {
            name: config.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            people_address: config.people.address.clone(),
            agents_address: config.agents.address.clone(),
            root_sha256: authority.root_sha256(),
            orgs,
            notify_file: notify_file.standing(),
            providers,
            identity_file: identity_file.standing(),
        };
        let people_router =
            api::router(handle.clone(), info).route_service("/dogwatch.v1.Enrolment/{*method}", enrolment);
        let (health, health_service) = tonic_health::server::health_reporter();
        drop(health);
        let uplink =
            ingest::Uplink::new(handle, authority, ingest::Terms::new(&config.times, &config.limits));
        let agents_router =
            tonic::service::Routes::new(uplink).add_service(health_service).into_axum_router();
        Ok(Self {
            core,
            people: Listener {
                bound: people_port,
                tls: certificates.people.clone(),
                door: Door::People,
                router: api::in_time(people_router),
                limits: limits(config, &Limits::people(), config.limits.people_connections),
            },
            agents: Listener {
                bound: agents_port,
                tls: certificates.agents.clone(),
                door: Door::Agents(keys),
                router: agents_router,
                limits: limits(config, &Limits::agents(), config.limits.agent_connections),
            },
            policy_files,
            notify_file,
            identity_file,
            channels,
            name: config.name.clone(),
            certificates,
            drain_limit: std_duration(config.times.drain_limit),
        })
    }

    /// Where people are served.
    pub const fn people_address(&self) -> SocketAddr {
        self.people.bound.address()
    }

    /// Where agents are served.
    pub const fn agents_address(&self) -> SocketAddr {
        self.agents.bound.address()
    }

    /// Serves until `stop`, then drains.
    ///
    /// # Errors
    /// The store broke: what was acknowledged is on disk, and nothing more is taken.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self {
            core,
            people,
            agents,
            policy_files,
            notify_file,
            identity_file,
            channels,
            name,
            certificates,
            drain_limit,
        } = self;
        let handle = core.handle();
        // Listeners outlive `stop` by the time the agents need to be told.
        let close = CancellationToken::new();
        let listeners = tokio::spawn({
            let close = close.clone();
            async move { tokio::join!(people.run(close.clone()), agents.run(close)) }
        });
        let feed = tokio::spawn(handle.feed.clone().run(close.clone()));
        let files = tokio::spawn(policy_files.run(stop.clone()));
        let certificates = tokio::spawn(certificates.run(stop.clone()));
        let notify_file = tokio::spawn(notify_file.run(stop.clone()));
        let identity_file = tokio::spawn(identity_file.run(stop.clone()));
        let heartbeat =
            tokio::spawn(notify::heartbeat::run(handle.clone(), channels.clone(), name, stop.clone()));
        let worker = Worker::new(handle.clone(), channels).await;
        let worker = tokio::spawn(worker.run(stop.clone()));
        let broken = core_ended(&core, &stop).await;
        if !broken {
            let jitter_ms = DRAIN_JITTER_MS;
            let _ = tokio::time::timeout(drain_limit, handle.inputs.send(Input::Drain { jitter_ms })).await;
        }
        close.cancel();
        stop.cancel();
        drop(handle);
        let ended = tokio::task::spawn_blocking(move || core.join());
        let ended = tokio::time::timeout(drain_limit, ended).await;
        let _ = tokio::time::timeout(drain_limit, listeners).await;
        let _ = tokio::join!(feed, files, certificates, notify_file, identity_file, heartbeat, worker);
        match ended {
            Ok(joined) => Ok(joined.context("the core's thread")??),
            Err(_) => anyhow::bail!(
                "the store could not be closed within {drain_limit:?}; what was acknowledged is on disk"
            ),
        }
    }
}

fn store(config: &Config, data: &DataDir) -> anyhow::Result<Box<dyn Storage>> {
    let cache_bytes = config.storage.view_cache_mib << 20;
    let options = EmbeddedOptions { cache_bytes, ..EmbeddedOptions::default() };
    Ok(Box::new(Embedded::open(&data.store(), options)?))
}

/// Agents spread their return over this after a stop.
const DRAIN_JITTER_MS: u32 = 2_000;

/// Waits for `stop`, or for the core to end by itself, which only a broken store makes it do: then `true`.
async fn core_ended(core: &CoreThread, stop: &CancellationToken) -> bool {
    let handle = core.handle();
    tokio::select! {
        () = stop.cancelled() => false,
        () = handle.inputs.closed() => true,
    }
}

fn hosts(config: &Config) -> Vec<String> {
    let host = |address: &str| {
        address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']).to_owned()
    };
    vec![host(&config.people.address), host(&config.agents.address)]
}

fn limits(config: &Config, base: &Limits, connections: usize) -> Limits {
    Limits {
        handshake: std_duration(config.limits.handshake),
        pending: config.limits.pending_handshakes,
        pending_per_address: config.limits.pending_per_address,
        waiting_per_address: config.limits.waiting_per_address,
        connections,
        drain: std_duration(config.times.drain_limit),
        ..*base
    }
}

/// The hash of a setup code that `init` (or `setup-code`) left for the next start.
struct SetupFile(std::path::PathBuf);

impl SetupFile {
    fn of(data: &DataDir) -> Self {
        Self(data.authority().join(init::SETUP_HASH_FILE))
    }

    fn read(&self) -> anyhow::Result<Option<Sha256>> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(
                text.trim().parse().with_context(|| format!("{} is damaged; delete it", self.0.display()))?,
            )),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", self.0.display())),
        }
    }

    /// Once its content is in the store.
    fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, file = %self.0.display(), "cannot remove");
        }
    }
}
