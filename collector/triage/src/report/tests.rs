//! Figures of a small fleet, and that each can be traced to its endpoints.

use dogwatch_model::{BackupJob, BackupKind, BackupStatus, Endpoint, EndpointState, Update, UpdateClass};
use uuid::Uuid;

use super::{review::review, *};
use crate::{
    boundary::report::Drift,
    matrix::{Matrix, starter},
    specimen::{DAY, before, full_server, noon, row, silent_server},
};

/// A server that misses nothing, one that misses a security update, and a machine that has told nothing.
fn fleet() -> Vec<Endpoint> {
    let patched = |updates: Vec<Update>| {
        let mut endpoint = full_server();
        endpoint.facts.patch.as_mut().unwrap().updates = Some(updates);
        endpoint
    };
    let update = Update {
        class: UpdateClass::Security,
        first_seen_missing: before(9 * DAY),
        ..Update::missing("apt", "openssl")
    };
    let named = |name: &str, id: u128, endpoint: Endpoint| Endpoint {
        name: name.into(),
        id: EndpointId(Uuid::from_u128(id)),
        ..endpoint
    };
    vec![
        named("good", 1, patched(Vec::new())),
        named("bad", 2, patched(vec![update])),
        named("mute", 3, Endpoint { class: None, ..silent_server() }),
    ]
}

fn counted(fleet: &[Endpoint], measures: &[Measure], filter: Option<&str>) -> FleetReport {
    let filter = filter.map(|filter| Filter::compile(filter).unwrap());
    report(measures, fleet.iter().map(row), filter.as_ref(), noon()).unwrap()
}

fn figure<'f>(report: &'f FleetReport, measure: &str, of_site: bool) -> &'f Figure {
    let is = |figure: &&Figure| figure.measure == measure && figure.place.site.is_some() == of_site;
    report.figures.iter().find(is).unwrap()
}

#[test]
fn compliance_is_of_those_that_could_be_judged_and_the_others_are_counted_beside() {
    let fleet = fleet();
    let report = counted(&fleet, PATCH, None);
    let figure = figure(&report, "security_current", false);
    assert_eq!((figure.numerator, figure.denominator, figure.unjudged), (1, 2, 1));
    assert_eq!((figure.share, report.endpoints), (Some(0.5), 3));
    assert_eq!(figure.oldest.as_ref().unwrap().name, "bad");
}

#[test]
fn every_figure_can_be_traced_to_the_endpoints_behind_it() {
    let fleet = fleet();
    for measures in [PATCH, BACKUP] {
        for filter in [None, Some("online || name == \"good\"")] {
            let report = counted(&fleet, measures, filter);
            assert!(!report.figures.is_empty());
            for figure in &report.figures {
                let behind = Filter::compile(&figure.rows_not).unwrap();
                let rows = fleet.iter().filter(|e| behind.judge(&row(e)) == Verdict::Match).count() as u64;
                assert_eq!(rows, figure.denominator - figure.numerator, "{figure:?}");
            }
        }
    }
}

#[test]
fn a_filter_is_the_denominator_and_what_it_cannot_decide_is_left_out_and_said() {
    let fleet = fleet();
    let report = counted(&fleet, PATCH, Some("patch.missing.total >= 0"));
    assert_eq!((report.endpoints, report.undecided), (2, 1));
    assert_eq!(figure(&report, "scanned_lately", true).unjudged, 0);
}

#[test]
fn what_was_never_backed_up_is_not_well_and_what_told_nothing_is_not_judged() {
    let mut never = full_server();
    let job = BackupJob::new("nightly".into(), "restic".into(), BackupKind::Backup, before(DAY));
    never.facts.backup = Some(BackupStatus { scanned_at: noon(), jobs: vec![job] });
    let report = counted(&[never, silent_server()], BACKUP, None);
    let ever = figure(&report, "ever_backed_up", false);
    assert_eq!((ever.numerator, ever.denominator, ever.unjudged), (0, 1, 1));
    let tested = figure(&report, "restore_tested", false);
    assert_eq!((tested.numerator, tested.denominator), (0, 1), "a test that there never was is due");
}

#[test]
fn where_no_copy_is_known_no_promise_counts_as_kept() {
    let mut without = full_server();
    without.facts.backup = Some(BackupStatus { scanned_at: noon(), jobs: Vec::new() });
    let report = counted(&[without, full_server()], BACKUP, None);
    for measure in ["last_succeeded", "rpo_met"] {
        let kept = figure(&report, measure, false);
        assert_eq!((kept.denominator, kept.unjudged), (1, 1), "{measure}");
    }
    assert_eq!(figure(&report, "ever_backed_up", false).denominator, 2, "none at all is a finding");
}

#[test]
fn a_review_lists_rows_never_reviewed_work_that_drifts_and_endpoints_nobody_hears_of() {
    let org: OrgId = "acme".parse().unwrap();
    let matrix = Matrix::parse(&starter(&org), "acme.toml", "v1".into(), None).unwrap();
    let rows = matrix.rows().len();
    let drift = |flagged| Drift {
        org: org.clone(),
        row: None,
        responsible: dogwatch_model::Side::Msp,
        items: 9,
        work: 9,
        by_other: 5,
        share: Some(0.5556),
        flagged,
    };
    let mut gone = silent_server();
    gone.presence.online = false;
    let mut retired = gone.clone();
    retired.state = EndpointState::Retired;
    let fleet = [silent_server(), gone, retired];
    let due = review(
        &[(org.clone(), &matrix)].into(),
        fleet.iter().map(row),
        (vec![drift(true), drift(false)], Vec::new()),
        noon(),
    );
    assert!(rows > 0 && due.rows.len() <= rows);
    assert_eq!(due.drift.len(), 1);
    assert_eq!(due.stale.iter().map(|stale| (stale.last_seen, stale.days)).collect::<Vec<_>>(), [(None, 30)]);
}
