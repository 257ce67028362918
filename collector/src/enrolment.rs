//! First contact: a join token's secret and a certificate request in, an identity out.
//!
//! The service checks the form and counts failed tries by address; whether the secret is good, and which org and site
//! it stands for, only the core says. The endpoint is on disk before its certificate is signed: a crash between the
//! two leaves an endpoint that never calls, not a certificate that nobody knows.

use core::future::Future;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::extract::ConnectInfo;
use dogwatch_model::EndpointState;
use dogwatch_proto::v1::{
    EnrolRequest, EnrolResponse,
    enrolment_server::{Enrolment, EnrolmentServer},
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use crate::{
    authority::{Authority, AuthorityError},
    core::{Commands, CoreHandle, Enrol, Enrolled},
    origin::Origin,
    refusal::{Code, Refusal},
};

mod application;
mod attempts;

use attempts::Attempts;

/// The largest request read; a real one is under 1 KiB.
const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// Puts an endpoint on record. The core does; tests put something simpler in its place.
pub trait Register: Send + Sync + 'static {
    /// Enrols an endpoint with a join token's secret; answers when it is on disk.
    fn enrol(&self, enrol: Enrol) -> impl Future<Output = Result<Enrolled, Refusal>> + Send;
}

impl Register for CoreHandle {
    fn enrol(&self, enrol: Enrol) -> impl Future<Output = Result<Enrolled, Refusal>> + Send {
        Commands::enrol(self, enrol)
    }
}

/// The enrolment service.
pub struct EnrolmentService<R> {
    register: R,
    authority: Arc<Authority>,
    /// `host:port` where agents find the agents' listener.
    uplink_address: String,
    attempts: Attempts,
}

impl<R: Register> EnrolmentService<R> {
    /// The service, to be added to the router of the people's listener.
    pub fn new(register: R, authority: Arc<Authority>, uplink_address: String) -> EnrolmentServer<Self> {
        let service = Self { register, authority, uplink_address, attempts: Attempts::default() };
        EnrolmentServer::new(service).max_decoding_message_size(MAX_REQUEST_BYTES)
    }

    async fn admit(&self, request: EnrolRequest) -> Result<EnrolResponse, Refusal> {
        let csr = request.csr_der.clone();
        let enrolled = self.register.enrol(application::read(request)?).await?;
        let chain = self
            .authority
            .issue(&csr, &enrolled.org, enrolled.id, Timestamp::now())
            .map_err(|error| cannot_issue(&enrolled, &error))?;
        tracing::info!(
            endpoint.id = %enrolled.id, endpoint.name = enrolled.name, org = %enrolled.org, site = %enrolled.site,
            state = %enrolled.state, "endpoint enrolled"
        );
        Ok(EnrolResponse {
            endpoint_id: enrolled.id.0.as_bytes().to_vec().into(),
            org: enrolled.org.to_string(),
            site: enrolled.site.to_string(),
            name: enrolled.name,
            chain_der: chain.chain_der.into_iter().map(Into::into).collect(),
            root_der: self.authority.root().to_vec().into(),
            uplink_address: self.uplink_address.clone(),
            approval_pending: enrolled.state == EndpointState::Pending,
        })
    }
}

#[tonic::async_trait]
impl<R: Register> Enrolment for EnrolmentService<R> {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolResponse>, Status> {
        let address = caller(&request);
        if !self.attempts.may_try(address, Instant::now()) {
            return Err(Refusal::new(
                Code::TooMany,
                "too many failed tries to enrol from this address; wait a minute and try again",
            )
            .into());
        }
        match Origin::of(Some(address)).during(self.admit(request.into_inner())).await {
            Ok(response) => Ok(Response::new(response)),
            Err(refusal) => {
                if refusal.code != Code::Unavailable {
                    self.attempts.failed(address, Instant::now());
                }
                tracing::warn!(%address, why = refusal.what, "enrolment refused");
                Err(refusal.into())
            }
        }
    }
}

/// The caller's address; without one (never behind our own listener) all such callers count as one.
fn caller(request: &Request<EnrolRequest>) -> IpAddr {
    request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip())
}

fn cannot_issue(enrolled: &Enrolled, error: &AuthorityError) -> Refusal {
    tracing::error!(endpoint.id = %enrolled.id, org = %enrolled.org, %error, "cannot issue a certificate");
    Refusal::new(
        Code::Unavailable,
        "the collector cannot issue certificates now (its log says why); tell its administrator, then try again",
    )
}

#[cfg(test)]
mod tests;
