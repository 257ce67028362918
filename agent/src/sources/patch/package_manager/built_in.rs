//! Asks what Windows and macOS have built in. The agent for Linux is built without it; tests have it everywhere.

use super::Manager;
use crate::sources::patch::{ground::Ground, scan::Scan, softwareupdate, winget, wua};

/// Asks one of the three.
pub(super) async fn scan(manager: Manager, ground: &Ground) -> Scan {
    match manager {
        Manager::Wua => wua::scan().await,
        Manager::Winget => winget::scan(ground).await,
        _ => softwareupdate::scan(ground).await,
    }
}
