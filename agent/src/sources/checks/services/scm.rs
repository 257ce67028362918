//! Windows: the service control manager.

use std::path::Path;

use windows_service::{
    Error,
    service::{ServiceAccess, ServiceExitCode, ServiceStartType, ServiceState, ServiceStatus},
    service_manager::{ServiceManager, ServiceManagerAccess},
};

use super::Found;

/// `ERROR_SERVICE_DOES_NOT_EXIST`
const DOES_NOT_EXIST: i32 = 1060;
/// `ERROR_SERVICE_NEVER_STARTED`: told as the exit code of a service that has not run since the boot.
const NEVER_STARTED: u32 = 1077;

#[derive(Debug)]
pub(super) struct Manager;

impl Manager {
    pub(super) fn new(_root: &Path) -> Self {
        Self
    }

    /// There is nothing cheaper than to ask.
    pub(super) fn glance(&self, names: &[&str]) -> Vec<Option<bool>> {
        vec![None; names.len()]
    }

    pub(super) async fn ask(&self, names: &[&str]) -> Result<Vec<Found>, String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        // The manager answers at once, unless it is busy with the start of the system.
        let asked = tokio::task::spawn_blocking(move || look(&names)).await;
        asked.map_err(|error| error.to_string())?
    }
}

fn look(names: &[String]) -> Result<Vec<Found>, String> {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT);
    let manager = manager.map_err(|error| format!("the service control manager: {error}"))?;
    Ok(names.iter().map(|name| one(&manager, name)).collect())
}

fn one(manager: &ServiceManager, name: &str) -> Found {
    let service = match manager.open_service(name, ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG)
    {
        Ok(service) => service,
        Err(Error::Winapi(error)) if error.raw_os_error() == Some(DOES_NOT_EXIST) => {
            return Found { state: "missing", enabled: None };
        }
        Err(_) => return Found { state: "unknown", enabled: None },
    };
    let state = service.query_status().map_or("unknown", |status| state(&status));
    let enabled = service.query_config().ok().and_then(|config| match config.start_type {
        ServiceStartType::AutoStart | ServiceStartType::BootStart | ServiceStartType::SystemStart => {
            Some(true)
        }
        ServiceStartType::Disabled => Some(false),
        // Started by whatever needs it: says nothing about itself.
        ServiceStartType::OnDemand => None,
    });
    Found { state, enabled }
}

fn state(status: &ServiceStatus) -> &'static str {
    let failed = match status.exit_code {
        ServiceExitCode::Win32(code) => code != 0 && code != NEVER_STARTED,
        ServiceExitCode::ServiceSpecific(_) => true,
    };
    match status.current_state {
        ServiceState::Running => "running",
        ServiceState::StartPending | ServiceState::ContinuePending => "starting",
        ServiceState::StopPending | ServiceState::PausePending => "stopping",
        ServiceState::Paused => "stopped",
        ServiceState::Stopped if failed => "failed",
        ServiceState::Stopped => "stopped",
    }
}
