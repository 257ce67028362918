//! The Windows service control manager.
//!
//! A service has to say within half a minute that it is one, so `run` always asks first: the dispatcher answers at once
//! when it was somebody at a prompt. What the manager asks of a running service arrives on a thread of its own and is
//! handed over by a token; the service is stopped once the same `run` has ended, goodbye and all. Why it ended is in its
//! own log, and in short with the manager.

mod ending;
mod log;
mod power;

use std::{
    ffi::OsString,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use windows_service::{
    Error as ManagerError, define_windows_service,
    service::{
        Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept,
        ServiceErrorControl, ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo,
        ServiceStartType, ServiceState, ServiceStatus, ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle},
    service_dispatcher,
    service_manager::{ServiceManager, ServiceManagerAccess},
};

pub use log::log_lines;
pub use power::power_news;

use super::{NAME, Plan, ServiceError, Sight, Standing};
use crate::{
    paths,
    state_dir::{self, StateDir},
};

const MANAGER: &str = "service control manager";
const TITLE: &str = "Dogwatch agent";
const DESCRIPTION: &str = "Tells the Dogwatch collector how this machine is doing. It changes nothing on it.";
/// Waits before the restarts after the first, the second and every later failure of a day.
const RESTARTS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(60)];
const FAILURES_FORGOTTEN: Duration = Duration::from_secs(86_400);
/// The goodbye is bounded at a few seconds; the manager is told this much, for a loaded machine.
const END: Duration = Duration::from_secs(15);
/// How long `start` waits until the agent is up; the manager itself gives up after about as long.
const START: Duration = Duration::from_secs(30);
/// How long `stop` waits; the manager itself gives up after about as long.
const STOP: Duration = Duration::from_secs(30);
/// Between two looks at a service that is starting or stopping.
const LOOK: Duration = Duration::from_millis(200);

/// What the manager's answers mean (winerror.h).
mod code {
    pub(super) const ACCESS_DENIED: i32 = 5;
    pub(super) const DOES_NOT_EXIST: i32 = 1060;
    pub(super) const NOT_ACTIVE: i32 = 1062;
    pub(super) const NO_DISPATCHER: i32 = 1063;
    pub(super) const ALREADY_RUNNING: i32 = 1056;
}

type Main = Box<dyn FnOnce() -> anyhow::Result<()> + Send>;

/// What the service is to run, and what came of it: the manager calls a function that takes nothing and gives nothing.
static MAIN: Mutex<Option<Main>> = Mutex::new(None);
static OUTCOME: Mutex<Option<anyhow::Result<()>>> = Mutex::new(None);
static STATUS: Mutex<Option<ServiceStatusHandle>> = Mutex::new(None);
static ENDING: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

fn lock<T>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

define_windows_service!(service_entry, service_main);

/// Runs `main` as the service that the manager started, or at once when it was somebody else.
///
/// # Errors
/// What `main` ended with.
pub fn dispatch(main: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> anyhow::Result<()> {
    *lock(&MAIN) = Some(Box::new(main));
    match service_dispatcher::start(NAME, service_entry) {
        Ok(()) => lock(&OUTCOME).take().unwrap_or(Ok(())),
        Err(ManagerError::Winapi(error)) if error.raw_os_error() == Some(code::NO_DISPATCHER) => run_main(),
        Err(error) => Err(error.into()),
    }
}

fn run_main() -> anyhow::Result<()> {
    let main = lock(&MAIN).take();
    main.map_or(Ok(()), |main| main())
}

fn service_main(_arguments: Vec<OsString>) {
    log::keep();
    match service_control_handler::register(NAME, |control| handle(&control)) {
        Ok(handle) => *lock(&STATUS) = Some(handle),
        Err(error) => {
            *lock(&OUTCOME) = Some(Err(error.into()));
            return;
        }
    }
    report(ServiceState::StartPending, 0);
    let outcome = run_main();
    let exit = outcome.as_ref().map_or_else(ending::code, |()| 0);
    if let Err(error) = &outcome {
        tracing::error!(exit, "service failed: {error:#}");
    }
    report(ServiceState::Stopped, exit);
    *lock(&OUTCOME) = Some(outcome);
}

fn handle(control: &ServiceControl) -> ServiceControlHandlerResult {
    match control {
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            ENDING.cancel();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::PowerEvent(event) => {
            power::take(event);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    }
}

/// Tells the manager a state; nobody is told when it was not the manager who started this.
fn report(state: ServiceState, exit: u32) {
    let Some(handle) = *lock(&STATUS) else { return };
    let pending = matches!(state, ServiceState::StartPending | ServiceState::StopPending);
    let accepted = ServiceControlAccept::STOP
        | ServiceControlAccept::SHUTDOWN
        | ServiceControlAccept::PRESHUTDOWN
        | ServiceControlAccept::POWER_EVENT;
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: if state == ServiceState::Running {
            accepted
        } else {
            ServiceControlAccept::empty()
        },
        // Its own failure and not a signal's, so that the recovery actions count it.
        exit_code: if exit == 0 { ServiceExitCode::NO_ERROR } else { ServiceExitCode::ServiceSpecific(exit) },
        checkpoint: 0,
        wait_hint: if pending { END } else { Duration::ZERO },
        process_id: None,
    };
    if let Err(error) = handle.set_service_status(status) {
        tracing::warn!(%error, ?state, "service manager not told");
    }
}

/// The agent is up.
pub fn ready() {
    report(ServiceState::Running, 0);
}

/// The agent is on its way out.
pub fn stopping() {
    report(ServiceState::StopPending, 0);
}

/// The manager shows no line of the service's own; whether there is somebody to say goodbye to can be told from it.
pub fn status(line: &str) {
    power::follow(line);
}

/// Until the manager asks the service to end; never for what it did not start.
pub async fn asked_to_end() {
    ENDING.cancelled().await;
}

fn refused(error: ManagerError) -> ServiceError {
    let ManagerError::Winapi(cause) = error else { return ServiceError::Refused(error.to_string()) };
    match cause.raw_os_error() {
        Some(code::ACCESS_DENIED) => {
            ServiceError::NotAllowed("the service control manager denied access".into(), "administrator")
        }
        Some(code::DOES_NOT_EXIST) => {
            ServiceError::Unsupported(format!("{NAME} is not installed; try: {NAME} service install"))
        }
        _ => ServiceError::Refused(format!("the service control manager refused: {cause}")),
    }
}

fn is(error: &ManagerError, code: i32) -> bool {
    matches!(error, ManagerError::Winapi(cause) if cause.raw_os_error() == Some(code))
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager, ServiceError> {
    ServiceManager::local_computer(None::<&str>, access).map_err(refused)
}

fn open(access: ServiceAccess) -> Result<Service, ManagerError> {
    ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)?.open_service(NAME, access)
}

pub(super) async fn install(plan: &Plan) -> Result<Vec<String>, ServiceError> {
    only_the_running_system(&plan.root)?;
    if plan.sight == Sight::Full {
        return Err(ServiceError::Unsupported(
            "the service is LocalSystem here already and sees everything".into(),
        ));
    }
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: TITLE.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: plan.program.clone(),
        // The services' environment need not be that of the administrator who enrolled it.
        launch_arguments: vec!["--state-dir".into(), paths::state_dir().into(), "run".into()],
        dependencies: Vec::new(),
        // LocalSystem: Windows Update, the event log and BitLocker answer nobody less.
        account_name: None,
        account_password: None,
    };
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START | ServiceAccess::QUERY_STATUS;
    let (service, verb) = match open(access) {
        Ok(service) => {
            service.change_config(&info).map_err(refused)?;
            (service, "changed")
        }
        Err(error) if is(&error, code::DOES_NOT_EXIST) => {
            let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
            (manager.create_service(&info, access).map_err(refused)?, "created")
        }
        Err(error) => return Err(refused(error)),
    };
    let mut done = vec![format!("{verb} the service {NAME}: it starts with the system")];
    done.extend(settle(&service)?);
    if let Some(folder) = paths::config_file().parent() {
        // Closed before the enrolment or the service's log puts anything into it.
        let made = state_dir::create_private_dir(folder);
        made.map_err(|error| ServiceError::Refused(error.to_string()))?;
        state_dir::restrict(folder).await.map_err(|error| ServiceError::Refused(error.to_string()))?;
        done.push(format!("restricted {} to SYSTEM and Administrators", folder.display()));
    }
    Ok(done)
}

/// What a service has beyond its first entry: its description, a start after the rush of the others, and recovery.
fn settle(service: &Service) -> Result<Vec<String>, ServiceError> {
    service.set_description(DESCRIPTION).map_err(refused)?;
    let actions = RESTARTS.map(|delay| ServiceAction { action_type: ServiceActionType::Restart, delay });
    let recovery = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FAILURES_FORGOTTEN),
        reboot_msg: None,
        command: None,
        actions: Some(actions.to_vec()),
    };
    service.update_failure_actions(recovery).map_err(refused)?;
    // None of these is worth a failed installation: without them it starts a little early, ends a little fast, or is not
    // started again when it gave up by itself.
    let counted = service.set_failure_actions_on_non_crash_failures(true);
    let delayed = service.set_delayed_auto_start(true);
    let patient = service.set_preshutdown_timeout(END);
    let complain = |what: &str, set: Result<(), ManagerError>| {
        set.err().map(|error| format!("{what}: {}", refused(error)))
    };
    let complaints = [
        complain("its own failures do not count", counted),
        complain("the start is not delayed", delayed),
        complain("the end is not waited for", patient),
    ];
    Ok(complaints.into_iter().flatten().collect())
}

pub(super) async fn uninstall(root: &Path) -> Result<Vec<String>, ServiceError> {
    only_the_running_system(root)?;
    let service = match open(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS | ServiceAccess::DELETE) {
        Ok(service) => service,
        Err(error) if is(&error, code::DOES_NOT_EXIST) => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    end(&service).await?;
    service.delete().map_err(refused)?;
    Ok(vec![format!("removed the service {NAME}")])
}

pub(super) async fn start() -> Result<(), ServiceError> {
    let service = open(ServiceAccess::START | ServiceAccess::QUERY_STATUS).map_err(refused)?;
    match service.start::<&str>(&[]) {
        Err(error) if !is(&error, code::ALREADY_RUNNING) => return Err(refused(error)),
        _ => {}
    }
    let up = async {
        loop {
            let status = service.query_status().map_err(refused)?;
            match status.current_state {
                ServiceState::Running => return Ok(()),
                ServiceState::Stopped => {
                    return Err(ServiceError::Refused(format!("{NAME} {}", ended(&status))));
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    };
    let late = || ServiceError::Refused(format!("{NAME} is not up after {START:?}"));
    tokio::time::timeout(START, up).await.unwrap_or_else(|_| Err(late()))
}

/// What people are told of a service that does not run.
fn ended(status: &ServiceStatus) -> String {
    let log = log::file_in(&StateDir::new(paths::state_dir()));
    let meaning = ending::meaning(status.exit_code);
    meaning.map_or_else(|| "stopped".into(), |why| format!("stopped: {why} (see {})", log.display()))
}

pub(super) async fn stop() -> Result<(), ServiceError> {
    end(&open(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS).map_err(refused)?).await
}

/// Asks the service to end and waits until it has.
async fn end(service: &Service) -> Result<(), ServiceError> {
    match service.stop() {
        Err(error) if is(&error, code::NOT_ACTIVE) => return Ok(()),
        asked => asked.map_err(refused)?,
    };
    let stopped = async {
        while service.query_status().map_err(refused)?.current_state != ServiceState::Stopped {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    let late = || ServiceError::Refused(format!("{NAME} did not stop within {STOP:?}"));
    tokio::time::timeout(STOP, stopped).await.unwrap_or_else(|_| Err(late()))
}

pub(super) async fn standing() -> Result<Standing, ServiceError> {
    let service = match open(ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG) {
        Ok(service) => service,
        Err(error) if is(&error, code::DOES_NOT_EXIST) => return Ok(Standing::absent(MANAGER)),
        Err(error) => return Err(refused(error)),
    };
    let config = service.query_config().map_err(refused)?;
    let status = service.query_status().map_err(refused)?;
    Ok(Standing {
        manager: MANAGER,
        installed: true,
        enabled: config.start_type == ServiceStartType::AutoStart,
        running: matches!(status.current_state, ServiceState::Running | ServiceState::StartPending),
        detail: Some(match status.current_state {
            ServiceState::Stopped => ended(&status),
            state => format!("{state:?}"),
        }),
    })
}

fn only_the_running_system(root: &Path) -> Result<(), ServiceError> {
    if root == Path::new("/") {
        return Ok(());
    }
    Err(ServiceError::Unsupported(
        "--root is for images of Linux and macOS; Windows has its own tools for that".into(),
    ))
}
