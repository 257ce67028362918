//! Policy: the rules, and each org's ownership matrix, as files that people edit.
//!
//! ```text
//! policy/rules.toml        changes to the shipped rules, by rule id; may be empty
//! policy/directory.toml    the MSP's own teams, people and calendars; may be absent
//! policy/orgs/ORG.toml     one matrix per org: an org exists when it has one
//! ```
//! A set of files is taken whole or not at all: when one of them does not validate, the last good set stays in force
//! and every fault is reported with its place. An alert standing open about something that a new policy does not
//! mention any more clears by itself.

mod read;
mod watch;

use std::collections::BTreeMap;

use dogwatch_model::OrgId;
use dogwatch_triage::{alert, matrix::Matrix, rules::RuleSet};

pub use read::{PolicyFault, all_faults, read};
pub use watch::{Standing, Watch};

/// Everything that decides, as it was last read whole and valid.
#[derive(Debug)]
pub struct Policy {
    /// What is wrong when.
    pub rules: RuleSet,
    /// Whose it is, per org.
    pub orgs: BTreeMap<OrgId, Matrix>,
    /// How alerts live.
    pub alerts: alert::Policy,
    /// For an org whose matrix file went away: everything goes to its last resort.
    ownerless: Matrix,
}

impl Policy {
    /// The matrix of an org.
    pub fn matrix(&self, org: &OrgId) -> &Matrix {
        self.orgs.get(org).unwrap_or(&self.ownerless)
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
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("orgs")).unwrap();
        let file = folder.path().join("orgs").join(format!("{org}.toml"));
        std::fs::write(file, dogwatch_triage::matrix::starter(org)).unwrap();
        read(folder.path(), alert::Policy::default().reopen_window)
            .map_err(|faults| all_faults(&faults))
            .unwrap()
    }
}
