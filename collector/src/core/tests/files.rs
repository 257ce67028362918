//! Settings that change while the collector runs, or stands still, are on record.

use dogwatch_triage::audit::{Chain, Record};
use serde_json::json;

use super::*;
use crate::{
    core::FileRead,
    reload::{Outline, changed_unseen},
};

const BEFORE: &str = "[[channel]]\nid = \"noc\"\nkind = \"slack\"\nurl = \"https://canary-1\"\n";

impl Sim {
    fn reads(&mut self, old: &str, new: &str) {
        let file = FileRead {
            name: "notify.toml",
            outline: Outline::of(new),
            changed_unseen: changed_unseen(old, new),
        };
        self.step(Input::File(Box::new(file)));
    }

    fn changes(&mut self) -> Vec<Record> {
        let lines = self.ask(|reply| Command::ReadAudit(Chain::Collector, 0, reply)).unwrap();
        let all = lines.iter().map(|line| serde_json::from_slice::<Record>(line).unwrap());
        all.filter(|record| record.act == "config.change").collect()
    }
}

#[test]
fn a_file_of_settings_that_says_something_else_is_on_record_without_its_secrets() {
    let mut sim = Sim::new();
    sim.reads(BEFORE, BEFORE);
    assert_eq!(sim.changes(), [], "the first look has nothing to compare with");
    let teams = BEFORE.replace("slack", "teams");
    sim.reads(BEFORE, &teams);
    sim.reads(&teams, &format!("# a word\n{teams}"));
    let other = teams.replace("canary-1", "canary-2");
    sim.reads(&teams, &other);
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    sim.reads(&other, &other);
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    sim.reads("", "");
    let told: Vec<_> = sim.changes().into_iter().map(|one| (one.on, one.before, one.after)).collect();
    let of = |before, after| ("notify.toml".to_owned(), Some(before), Some(after));
    let gone = json!({
        "channel.noc.id": "noc", "channel.noc.kind": "teams", "channel.noc.url": "(not shown)",
    });
    assert_eq!(
        told,
        [
            of(json!({ "channel.noc.kind": "slack" }), json!({ "channel.noc.kind": "teams" })),
            of(
                json!({ "channel.noc.url": "(not shown)" }),
                json!({ "channel.noc.url": "changed (not shown)" })
            ),
            of(gone, json!({})),
        ]
    );
}
