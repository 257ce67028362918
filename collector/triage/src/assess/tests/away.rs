//! What happens to findings and holds while a rule is not judged, because its `while` is not true.

use super::*;
use crate::specimen::{GIB, HOUR, disk};

fn set_online(watch: &mut Watch, online: bool) -> Vec<String> {
    watch.endpoint.presence.online = online;
    watch.look(Reads::PRESENCE)
}

fn without_silence(changes: Vec<String>) -> Vec<String> {
    changes.into_iter().filter(|change| !change.contains("silent")).collect()
}

#[test]
fn a_hold_goes_on_after_a_reconnection_from_where_it_stood() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.set_cpu(Some(95.0)).report(), NOTHING);
    watch.after(600);
    assert_eq!(set_online(&mut watch, false), NOTHING);
    assert_eq!(watch.due_in(), Some(180), "only its silence is waited for");
    watch.after(HOUR);
    assert_eq!(set_online(&mut watch, true), NOTHING);
    assert_eq!(watch.due_in(), Some(300));
    assert_eq!(watch.after(299).report(), NOTHING);
    assert_eq!(watch.after(1).report(), ["+cpu/ warning"]);
}

#[test]
fn many_short_absences_add_up_to_none() {
    let mut watch = Watch::shipped();
    watch.set_cpu(Some(95.0)).report();
    for _ in 0..14 {
        watch.after(60);
        assert_eq!(set_online(&mut watch, false), NOTHING);
        assert_eq!(watch.after(30).tick(), NOTHING);
        assert_eq!(watch.after(30).tick(), NOTHING);
        assert_eq!(set_online(&mut watch, true), NOTHING);
    }
    assert_eq!(watch.after(59).report(), NOTHING);
    assert_eq!(watch.after(1).report(), ["+cpu/ warning"]);
}

#[test]
fn what_fires_goes_on_while_away_whatever_is_known_meanwhile() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, free| {
        watch.endpoint.facts.health.as_mut().unwrap().disks = vec![disk("/var", 100 * GIB, free)];
    };
    set(&mut watch, 4 * GIB);
    assert_eq!(watch.report(), ["+disk-space//var critical"]);
    watch.after(60);
    set_online(&mut watch, false);
    set(&mut watch, 90 * GIB);
    for _ in 0..5 {
        let changes = watch.after(60).tick();
        assert_eq!(without_silence(changes), NOTHING);
    }
    let changes = set_online(&mut watch, true);
    assert_eq!(without_silence(changes), NOTHING);
    let cleared: Vec<String> = (0..3).flat_map(|_| watch.after(10).report()).collect();
    assert_eq!(cleared, ["-disk-space//var"]);
}

#[test]
fn an_explanation_says_why_a_rule_is_not_judged() {
    let mut watch = Watch::shipped();
    watch.endpoint.presence.online = false;
    let row = row_at(&watch.endpoint, watch.now);
    let explained = explain(&Snapshot { row, standing: &[], sample: Reads::NONE }, &watch.rules);
    let cpu = explained.iter().find(|rule| rule.rule.as_str() == "cpu").unwrap();
    assert_eq!(cpu.set_aside.as_deref(), Some("left as it was: judged only while online"));
}
