//! Where a request comes from, for whatever is done on its behalf.
//!
//! The guard before the routes says it once, around the handler; [`crate::core::CoreHandle`] sends it along with every command.
//! So no handler can forget it, and none has to carry it.

use core::future::Future;
use std::net::IpAddr;

use crate::once::Once;

/// Where a command comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address that asked.
    pub(crate) from: Option<IpAddr>,
    /// The request, when it is to be done once.
    pub(crate) once: Option<Box<Once>>,
}

tokio::task_local! {
    static ORIGIN: Origin;
}

impl Origin {
    /// A request from an address.
    pub const fn of(from: Option<IpAddr>) -> Self {
        Self { from, once: None }
    }

    /// The same, to be done once.
    pub(crate) fn with(self, once: Once) -> Self {
        Self { once: Some(Box::new(once)), ..self }
    }

    /// Does something on behalf of a request.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        ORIGIN.scope(self, work).await
    }

    /// The request on whose behalf this runs; nobody's when there is none.
    pub(crate) fn current() -> Self {
        ORIGIN.try_with(Self::clone).unwrap_or_default()
    }
}
