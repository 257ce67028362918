//! Why the service ended: a number of its own that the manager keeps, and what that number says.

use windows_service::service::ServiceExitCode;

use crate::{agent::AgentError, config::ConfigError, identity::IdentityError, state_dir::LockError};

/// What the log alone can say.
const FAILED: u32 = 1;
const NOT_ENROLLED: u32 = 2;
const NO_IDENTITY: u32 = 3;
const IN_USE: u32 = 4;
const BAD_CONFIG: u32 = 5;

/// The number for an error.
pub(super) fn code(error: &anyhow::Error) -> u32 {
    if error.is::<ConfigError>() {
        return BAD_CONFIG;
    }
    match error.downcast_ref() {
        Some(AgentError::Identity(IdentityError::NotEnrolled { .. })) => NOT_ENROLLED,
        Some(AgentError::Identity(_)) => NO_IDENTITY,
        Some(AgentError::Lock(LockError::Taken { .. })) => IN_USE,
        _ => FAILED,
    }
}

/// What the manager's number says; nothing when the service ended as it was asked to.
pub(super) fn meaning(exit: ServiceExitCode) -> Option<String> {
    match exit {
        ServiceExitCode::Win32(0) => None,
        ServiceExitCode::Win32(error) => {
            let error = i32::try_from(error).map(std::io::Error::from_raw_os_error);
            Some(error.map_or_else(|_| "an unknown error".into(), |error| error.to_string()))
        }
        ServiceExitCode::ServiceSpecific(NOT_ENROLLED) => {
            Some("not enrolled: dogwatch-agent enroll TOKEN".into())
        }
        ServiceExitCode::ServiceSpecific(NO_IDENTITY) => Some("its identity cannot be used".into()),
        ServiceExitCode::ServiceSpecific(IN_USE) => {
            Some("another dogwatch-agent is running on its state folder".into())
        }
        ServiceExitCode::ServiceSpecific(BAD_CONFIG) => Some("its configuration has a fault".into()),
        ServiceExitCode::ServiceSpecific(_) => Some("it failed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_without_enrolment_says_so_by_its_number() {
        let missing = IdentityError::NotEnrolled { folder: "x".into() };
        let code = code(&AgentError::from(missing).into());
        assert!(meaning(ServiceExitCode::ServiceSpecific(code)).unwrap().contains("not enrolled"));
    }

    #[test]
    fn what_ended_well_has_nothing_to_say() {
        assert_eq!(meaning(ServiceExitCode::NO_ERROR), None);
        assert_eq!(code(&anyhow::anyhow!("anything")), FAILED);
    }
}
