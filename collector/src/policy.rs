//! Policy: the rules, each org's ownership matrix, and what endpoints watch, as files that people edit.
//!
//! ```text
//! policy/rules.toml        changes to the shipped rules, by rule id; may be empty
//! policy/directory.toml    the MSP's own teams, people and calendars; may be absent
//! policy/orgs/ORG.toml     one matrix per org: an org exists when it has one
//! policy/watch.toml        services, checks and intervals for every org; may be absent
//! policy/watch/ORG.toml    an org's own, over those; may be absent
//! ```
//! Once both sides have signed a version of an org's matrix ([`crate::ownership`]), that one decides and the file is a
//! draft. A set of files is taken whole or not at all: when one of them does not validate, the last good set stays in force
//! and every fault is reported with its place. An alert standing open about something that a new policy does not
//! mention any more clears by itself.

mod agreed;
mod bands;
mod orgs;
mod read;
mod seen;
mod teams;
mod told;
mod vocabulary;
mod watch;

use std::collections::BTreeMap;

use dogwatch_model::OrgId;
use dogwatch_triage::{
    alert,
    matrix::{self, Directory, Matrix},
    rules::RuleSet,
    watch_list::WatchList,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{Config, Telemetry},
    ownership::{Version, in_force},
};
pub use agreed::Draft;
pub use orgs::OrgFiles;
pub use read::{PolicyFault, all_faults, read};
pub(crate) use seen::{Seen, SeenFile};
pub use told::{Told, ToldValue};
pub(crate) use watch::watcher;
pub use watch::{Standing, Watch};

/// What the policy rests on that is not in its files: from `collector.toml`.
#[derive(Debug, Clone, Default)]
pub struct Basis {
    /// An ended alert that fires again within this is reopened.
    pub reopen_window: SignedDuration,
    /// What agents are told where no policy file says otherwise.
    pub telemetry: Telemetry,
}

impl Basis {
    /// That of a configuration.
    pub fn of(config: &Config) -> Self {
        Self { reopen_window: config.times.reopen_window, telemetry: config.telemetry.clone() }
    }
}

/// Everything that decides, as it was last read whole and valid.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What is wrong when.
    pub rules: RuleSet,
    /// Whose it is, per org: what both sides have agreed on, else what the file says.
    pub orgs: BTreeMap<OrgId, Matrix>,
    /// The orgs' files, as they were read: drafts, where an agreed version is in force.
    pub drafts: BTreeMap<OrgId, Draft>,
    /// The MSP's own teams, people, calendars and rotas.
    pub directory: Directory,
    /// Its text, which decides as well.
    directory_text: String,
    /// Every file that was read.
    files: BTreeMap<String, SeenFile>,
    /// How alerts live.
    pub alerts: alert::Policy,
    /// What endpoints watch.
    pub watch: WatchList,
    /// What agents are told beneath it.
    pub telemetry: Telemetry,
    /// For an org whose matrix file went away: everything goes to its last resort.
    ownerless: Matrix,
}

impl Policy {
    /// The matrix of an org.
    pub fn matrix(&self, org: &OrgId) -> &Matrix {
        self.orgs.get(org).unwrap_or(&self.ownerless)
    }

    /// What the audit is told of it.
    pub(crate) fn seen(&self, versions: &BTreeMap<OrgId, Vec<Version>>, at: Timestamp) -> Seen {
        let signed = self.orgs.iter().filter(|(_, matrix)| matrix.standing() == matrix::Standing::Signed);
        let in_force = signed.filter_map(|(org, _)| {
            let version = in_force(versions.get(org)?, at)?;
            Some((org.clone(), version.hash.clone()))
        });
        let matrices = self.orgs.iter().map(|(org, matrix)| (org.clone(), matrix.version().to_owned()));
        Seen { files: self.files.clone(), in_force: in_force.collect(), matrices: matrices.collect() }
    }

    /// The version of an org's matrix.
    pub fn matrix_version(&self, org: &OrgId) -> Option<&str> {
        Some(self.matrix(org).version())
    }
}

#[cfg(test)]
impl Policy {
    /// The shipped rules and the matrix that a new org begins with.
    pub(crate) fn of_a_new(org: &OrgId) -> Self {
        Self::watching(org, "")
    }

    /// The same with a watch list of the MSP's.
    pub(crate) fn watching(org: &OrgId, watch: &str) -> Self {
        Self::of_texts(&[(org.clone(), dogwatch_triage::matrix::starter(org))], watch)
    }

    /// The shipped rules with these matrices and a watch list.
    pub(crate) fn of_texts(orgs: &[(OrgId, String)], watch: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("policy");
        std::fs::create_dir_all(folder.join("orgs")).unwrap();
        for (org, text) in orgs {
            std::fs::write(folder.join("orgs").join(format!("{org}.toml")), text).unwrap();
        }
        std::fs::write(folder.join("watch.toml"), watch).unwrap();
        let reopen_window = alert::Policy::default().reopen_window;
        read(&folder, &Basis { reopen_window, ..Basis::default() })
            .map_err(|faults| all_faults(&faults))
            .unwrap()
    }
}
