//! Systems whose service manager this version does not ask.

use std::path::Path;

use super::Found;

#[derive(Debug)]
pub(super) struct Manager;

impl Manager {
    pub(super) fn new(_root: &Path) -> Self {
        Self
    }

    pub(super) fn glance(&self, names: &[&str]) -> Vec<Option<bool>> {
        vec![None; names.len()]
    }

    #[expect(clippy::unused_async, reason = "the same call on each system")]
    pub(super) async fn ask(&self, _names: &[&str]) -> Result<Vec<Found>, String> {
        Err("this version cannot ask the service manager here".to_owned())
    }
}
