//! Alerts that have left the working set: what cannot be read is not told as what never was, and the way to what is
//! another's is the way to what never was.

use super::*;
use crate::{core::Desk, queue};

/// Puts a row of the archive on the disk as it is.
fn put(disk: &Disk, number: u64, value: Vec<u8>) {
    let mut changes = ChangeSet::default();
    changes.row(Row {
        table: Table::Archive,
        key: queue::alert_key(AlertNumber(number)),
        value: Some(value),
    });
    let mut store = disk.store.lock().unwrap();
    store.commit(&changes).unwrap();
    store.settle(Vec::new()).unwrap();
}

#[test]
fn a_damaged_row_is_told_of_and_never_left_out() {
    let mut sim = Sim::new();
    put(&sim.disk, 7, b"{\"alert\":".to_vec());
    for refused in [
        sim.ask(|reply| Command::ReadArchived(AlertNumber(7), reply)).map(drop),
        sim.ask(|reply| Command::ReadShelf(0, reply)).map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, Code::Unavailable);
        assert!(refused.to_string().contains("damaged"), "{refused}");
    }
    assert_eq!(sim.ask(|reply| Command::ReadArchived(AlertNumber(8), reply)).unwrap(), None);
}

#[tokio::test]
async fn the_way_to_what_is_anothers_is_the_way_to_what_never_was() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let live = sim.handle.read(|state| state.alerts.values().next().cloned()).unwrap();
    let numbered = |number| {
        let mut item = live.clone();
        item.alert.number = AlertNumber(number);
        item
    };
    put(&sim.disk, 501, serde_json::to_vec(&numbered(501)).unwrap());
    sim.handle.shared.write().unwrap().retired.add(numbered(502));
    let (disk, now) = (sim.disk.clone(), sim.now);
    let Sim { core, handle, queue, .. } = sim;
    let reach = |principal: &Principal| handle.read(|state| state.access.reach(principal, now));
    let stranger = Principal { org: Some("globex".parse().unwrap()), ..person(Side::Internal) };
    let (stranger, owner) = (reach(&stranger), reach(&person(Side::Internal)));
    std::thread::spawn(move || core.run(queue));
    let desk = Desk::new(handle);
    let live = live.alert.number;
    for number in [live, AlertNumber(501), AlertNumber(502), AlertNumber(999)] {
        disk.reads.lock().unwrap().clear();
        assert_eq!(desk.alert(&stranger, number).await.unwrap(), None);
        let read = std::mem::take(&mut *disk.reads.lock().unwrap());
        assert_eq!(read, [(Table::Archive, queue::alert_key(number))], "{number}");
    }
    for number in [live, AlertNumber(501), AlertNumber(502)] {
        assert!(desk.alert(&owner, number).await.unwrap().is_some(), "{number}");
    }
}
