//! Windows has no signals. The service manager tells of a sleep of the machine; the rest is asked by a restart.

use tokio::sync::watch;

use super::Wish;
use crate::service;

pub(super) const ARE_HEARD: bool = false;

#[derive(Debug)]
pub(super) struct Wishes(watch::Receiver<Option<Wish>>);

impl Wishes {
    pub(super) fn new() -> Self {
        Self(service::power_news())
    }

    pub(super) async fn next(&mut self) -> Wish {
        loop {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let told = *self.0.borrow_and_update();
            if let Some(wish) = told {
                return wish;
            }
        }
    }
}

/// There is no way to ask another process.
pub(super) fn ask(_: u32, _: Wish) -> bool {
    false
}
