//! What both sides have agreed on takes the place of what the files say.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::matrix::{self, Directory, Matrix, MatrixError};
use jiff::Timestamp;

use super::{Policy, PolicyFault};
use crate::{
    access::Sha256,
    ownership::{Version, in_force},
};

/// An org's file in the policy folder.
#[derive(Debug, Clone)]
pub struct Draft {
    /// As people call it: `policy/orgs/acme.toml`.
    pub file: String,
    /// What it says.
    pub text: String,
    /// The same, understood.
    pub matrix: Matrix,
}

/// What alerts record as the version of a matrix: the directory's text decides as well.
pub(super) fn version_of(text: &str, directory_text: &str) -> String {
    Sha256::of(format!("{text}\0{directory_text}").as_bytes()).to_string()[..12].to_owned()
}

impl Policy {
    /// The same policy with the versions that are in force at an instant, and without the sides that have left.
    ///
    /// # Errors
    /// An agreed version does not go with the directory as it is now: a team that it names is gone, say.
    pub fn with_agreed(
        mut self,
        versions: &BTreeMap<OrgId, Vec<Version>>,
        left: &BTreeMap<Side, BTreeSet<OrgId>>,
        at: Timestamp,
    ) -> Result<Self, Vec<PolicyFault>> {
        let mut faults = Vec::new();
        self.orgs = self.drafts.iter().map(|(org, draft)| (org.clone(), draft.matrix.clone())).collect();
        for (org, versions) in versions {
            let Some(version) = in_force(versions, at).filter(|_| self.drafts.contains_key(org)) else {
                continue;
            };
            match self.understand(&version.text, &format!("the signed matrix {} of {org}", version.hash)) {
                Ok(matrix) => {
                    drop(self.orgs.insert(org.clone(), matrix.with_standing(matrix::Standing::Signed)));
                }
                Err(error) => faults.push(PolicyFault::Content(error.to_string())),
            }
        }
        for (side, orgs) in left {
            for org in orgs {
                if let Some(matrix) = self.orgs.remove(org) {
                    self.orgs.insert(org.clone(), matrix.without(*side));
                }
            }
        }
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// Reads a document as the matrix of an org, with the directory as it is now.
    ///
    /// # Errors
    /// Every fault, with its place.
    pub fn understand(&self, text: &str, name: &str) -> Result<Matrix, MatrixError> {
        Matrix::parse(text, name, version_of(text, &self.directory_text), Some(self.directory()))
    }

    /// The MSP's directory.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether the file of an org says something else than the version in force.
    pub fn file_differs(&self, org: &OrgId) -> bool {
        let draft = self.drafts.get(org).map(|draft| draft.matrix.version());
        draft.is_some() && draft != self.orgs.get(org).map(Matrix::version)
    }
}
