//! What one look at one source found.

use dogwatch_model::{InstallResult, ScanResult, Update};
use jiff::Timestamp;

use super::ground::ScanError;

/// What a source says.
#[derive(Debug)]
pub(super) struct Scan {
    /// What is available, or why that is not known.
    pub(super) updates: Result<Vec<Update>, ScanError>,
    /// What makes the answer less than whole.
    pub(super) warning: Option<String>,
    /// When the package index was last refreshed.
    pub(super) metadata_at: Option<Timestamp>,
    /// When anything was last installed.
    pub(super) last_install_at: Option<Timestamp>,
    /// How that went.
    pub(super) last_install_result: Option<InstallResult>,
    /// Whether the system installs this source's updates by itself.
    pub(super) auto_update: Option<bool>,
    /// Packages that want a reboot and are newer than the boot; absent where the source cannot tell.
    pub(super) since_boot: Option<Vec<(String, Timestamp)>>,
}

impl From<Result<Vec<Update>, ScanError>> for Scan {
    /// A scan of which nothing is known but the updates.
    fn from(updates: Result<Vec<Update>, ScanError>) -> Self {
        Self {
            updates,
            warning: None,
            metadata_at: None,
            last_install_at: None,
            last_install_result: None,
            auto_update: None,
            since_boot: None,
        }
    }
}

impl Scan {
    /// What it came to.
    pub(super) fn result(&self) -> ScanResult {
        match &self.updates {
            Ok(_) if self.warning.is_some() => ScanResult::Partial,
            Ok(_) => ScanResult::Ok,
            Err(ScanError::Unsupported(_)) => ScanResult::Unsupported,
            Err(_) => ScanResult::Failed,
        }
    }

    /// Why it is not `ok`.
    pub(super) fn reason(&self) -> Option<String> {
        match &self.updates {
            Ok(_) => self.warning.clone(),
            Err(error) => Some(super::ground::clip(&error.to_string())),
        }
    }
}
