//! Real enrolment, many at a time, over one connection to the people's listener.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use dogwatch_model::JoinToken;
use dogwatch_proto::v1::{EnrolRequest, EnrolResponse, enrolment_client::EnrolmentClient};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use uuid::Uuid;

use super::trust::{Place, client_config, fetch_root};

/// Requests under way at once: enough to share the collector's group commits, few enough for one connection.
const UNDER_WAY: usize = 64;

/// One simulated machine's identity.
#[derive(Clone)]
pub struct Identity {
    /// The id that the collector gave.
    pub endpoint: Uuid,
    /// The name that the collector gave.
    pub name: String,
    /// Where its stream goes.
    pub uplink: Place,
    /// Its key and certificate, ready for a handshake.
    pub tls: Arc<ClientConfig>,
}

/// Enrols `count` machines named `<prefix>-00000` and so on.
pub async fn enrol(token: &JoinToken, prefix: &str, count: usize) -> Result<Vec<Identity>> {
    let place = Place::find(&token.address).await?;
    let root = fetch_root(&place, token.root_sha256).await?;
    let mut roots = RootCertStore::empty();
    roots.add(root)?;
    let roots = Arc::new(roots);
    let channel = place.connect(client_config(Arc::clone(&roots), None)?).await?;

    let mut identities = Vec::with_capacity(count);
    let mut uplink = None;
    let mut tasks = JoinSet::new();
    let mut names = (0..count).map(|number| format!("{prefix}-{number:05}"));
    loop {
        while tasks.len() < UNDER_WAY
            && let Some(name) = names.next()
        {
            tasks.spawn(enrol_one(channel.clone(), token.secret.clone(), name));
        }
        let Some(done) = tasks.join_next().await else { return Ok(identities) };
        let (key, answer) = done??;
        let place = match &uplink {
            Some(place) => Place::clone(place),
            None => uplink.insert(Place::find(&answer.uplink_address).await?).clone(),
        };
        let chain = answer.chain_der.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        identities.push(Identity {
            endpoint: Uuid::from_slice(&answer.endpoint_id)?,
            name: answer.name,
            uplink: place,
            tls: client_config(Arc::clone(&roots), Some((chain, key)))?,
        });
    }
}

async fn enrol_one(
    channel: Channel,
    secret: String,
    name: String,
) -> Result<(PrivateKeyDer<'static>, EnrolResponse)> {
    let key = KeyPair::generate()?;
    let csr = CertificateParams::default().serialize_request(&key)?;
    let answer = EnrolmentClient::new(channel)
        .enrol(EnrolRequest {
            secret,
            csr_der: csr.der().to_vec().into(),
            name: name.clone(),
            tags: vec!["simulated".to_owned()],
            class: Some("server".to_owned()),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            machine_id_hash: Some(format!("simulated {name}")),
        })
        .await
        .with_context(|| format!("enrolment of {name} was refused"))?
        .into_inner();
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|error| anyhow::anyhow!("the key just made cannot be read: {error}"))?;
    Ok((key, answer))
}
