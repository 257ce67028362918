//! Answers by a stand-in, in the shapes of Microsoft's documentation of the Windows Update Agent API.

use dogwatch_model::{InstallResult, ScanResult, UpdateClass, UpdateSeverity, UpdateState};

use super::*;

const SECURITY: &str = "0FA1201D-4330-4FA8-8AE9-B877473B6441";
const DEFINITIONS: &str = "e0789628-ce08-4437-be74-2495b842f43b";
/// 2026-06-10T00:00:00Z and the day after, in COM's days.
const JUNE_10: f64 = 46_183.0;
const JUNE_11: f64 = 46_184.0;

#[derive(Default)]
struct Fake {
    found: Option<Vec<Found>>,
    history: Option<Vec<Attempt>>,
}

impl Agent for Fake {
    fn search(&mut self) -> Result<Vec<Found>, Fault> {
        self.found.take().ok_or(Fault { step: "search", hresult: 0x8024_001F_u32.cast_signed() })
    }

    fn history(&mut self) -> Result<Vec<Attempt>, Fault> {
        self.history.take().ok_or(Fault { step: "read its history", hresult: 0x8024_8007_u32.cast_signed() })
    }

    fn settings(&mut self) -> Settings {
        Settings { installs_by_itself: Some(true), searched: Some(JUNE_10) }
    }
}

fn cumulative() -> Found {
    Found {
        id: "a1".into(),
        title: "2026-06 Cumulative Update for Windows 11 Version 24H2 for x64-based Systems (KB5060842)"
            .into(),
        kbs: vec!["5060842".into()],
        categories: vec![SECURITY.into(), "72e7624a-5b00-45d2-b92f-e561c0a6a160".into()],
        reboot_behaviour: Some(RebootBehaviour::Always),
        size_bytes: Some(1_000_000),
        changed: Some(JUNE_10),
        ..Found::default()
    }
}

fn failed(at: f64) -> Attempt {
    Attempt { id: "a1".into(), at, succeeded: false, hresult: 0x800F_0922_u32.cast_signed() }
}

fn one(found: Found, history: &[Attempt], boot_at: &str) -> dogwatch_model::Update {
    meaning::updates(&[found], history, boot_at.parse().ok()).remove(0)
}

#[test]
fn a_security_update_without_a_severity_has_none() {
    let update = one(cumulative(), &[], "");
    assert_eq!((update.id.as_str(), update.package.as_str()), ("wua:a1", "KB5060842"));
    assert_eq!((update.class, update.severity), (UpdateClass::Security, UpdateSeverity::Unspecified));
    assert_eq!((update.kbs, update.reboot_required), (vec!["KB5060842".to_owned()], Some(true)));
    assert_eq!(update.published_at, "2026-06-10T00:00:00Z".parse().ok());
    assert_eq!(update.state, UpdateState::Missing);
}

#[test]
fn definitions_drivers_and_faults_with_names_are_told_apart() {
    let class = |found| one(found, &[], "").class;
    let definitions = Found { categories: vec![DEFINITIONS.into(), SECURITY.into()], ..cumulative() };
    assert_eq!(class(definitions), UpdateClass::Definition);
    assert_eq!(class(Found { is_driver: true, ..Found::default() }), UpdateClass::Driver);
    let rollup = Found { cves: vec!["CVE-2026-1".into()], ..Found::default() };
    assert_eq!(class(rollup), UpdateClass::Security);
    assert_eq!(class(Found::default()), UpdateClass::Regular);
}

#[test]
fn a_failure_counts_after_the_next_start_of_the_machine() {
    let before = one(cumulative(), &[failed(JUNE_11)], "2026-06-10T12:00:00Z");
    assert_eq!(
        (before.state, before.result_code),
        (UpdateState::Missing, Some(0x800F_0922_u32.cast_signed()))
    );
    let after = one(cumulative(), &[failed(JUNE_10), failed(JUNE_11)], "2026-06-12T12:00:00Z");
    assert_eq!((after.state, after.last_attempt), (UpdateState::Failed, "2026-06-11T00:00:00Z".parse().ok()));
}

#[test]
fn how_far_an_update_has_come_is_told() {
    let state = |found| one(found, &[], "").state;
    assert_eq!(state(Found { is_hidden: true, ..cumulative() }), UpdateState::Declined);
    assert_eq!(state(Found { is_downloaded: true, ..cumulative() }), UpdateState::PendingInstall);
    assert_eq!(state(Found { reboot_required: true, ..cumulative() }), UpdateState::InstalledRebootPending);
    let newer = Found { id: "b2".into(), supersedes: vec!["a1".into()], ..Found::default() };
    let older = meaning::updates(&[cumulative(), newer], &[], None).remove(0);
    assert_eq!((older.state, older.superseded_by.as_deref()), (UpdateState::Superseded, Some("wua:b2")));
}

#[test]
fn no_date_is_none() {
    for days in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(meaning::instant(days), None, "{days}");
    }
    assert_eq!(meaning::instant(25_569.5), "1970-01-01T12:00:00Z".parse().ok());
}

#[test]
fn a_search_that_fails_is_a_failure_and_a_lost_history_is_a_part() {
    let scan = ask(&mut Fake { found: None, history: Some(vec![failed(JUNE_11)]) }, None);
    assert_eq!(scan.result(), ScanResult::Failed);
    let reason = "Windows Update Agent says: 0x8024001F WU_E_NO_CONNECTION when asked to search";
    assert_eq!(scan.reason().as_deref(), Some(reason));
    assert_eq!(scan.last_install_result, Some(InstallResult::Failed));
    let scan = ask(&mut Fake { found: Some(vec![cumulative()]), history: None }, None);
    assert_eq!((scan.result(), scan.auto_update), (ScanResult::Partial, Some(true)));
    assert!(scan.reason().unwrap().contains("WU_E_DS_NODATA"));
    assert_eq!(scan.metadata_at, "2026-06-10T00:00:00Z".parse().ok());
}

/// One test, because the thread of the agent is one for the process.
#[tokio::test]
async fn an_agent_that_hangs_is_not_asked_twice() {
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let question = move || {
        let _ = held.recv();
        Ok(ask(&mut Fake::default(), None))
    };
    let late = apart(Duration::from_millis(20), question).await.unwrap_err().to_string();
    assert!(late.contains("nothing within 20ms"), "{late}");
    let busy = apart(LIMIT, || Ok(ask(&mut Fake::default(), None))).await.unwrap_err().to_string();
    assert!(busy.contains("still owes the answer"), "{busy}");
    let_go.send(()).unwrap();
    while ASKED.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    let fault = || Err(Fault { step: "connect", hresult: hresult::NOT_IMPLEMENTED });
    let error = apart(LIMIT, fault).await.unwrap_err().to_string();
    assert!(error.contains("E_NOTIMPL"), "{error}");
}
