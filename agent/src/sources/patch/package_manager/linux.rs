//! On Linux there is nothing of what Windows and macOS have built in.

use super::Manager;
use crate::sources::patch::{
    ground::{Ground, ScanError},
    scan::Scan,
};

/// Whatever claims to be one of the three is none.
pub(super) async fn scan(manager: Manager, _ground: &Ground) -> Scan {
    let what = format!("{} is not of this system", manager.name());
    Scan::from(Err(ScanError::Unsupported(what)))
}
