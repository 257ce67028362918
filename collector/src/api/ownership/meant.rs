//! Which document is meant: one that is sent along, a version, the file, or what is in force.

use dogwatch_model::OrgId;
use dogwatch_triage::matrix::{Matrix, Standing};

use super::find;
use crate::{
    api::{Shared, caller::Caller, problem::Problem},
    ownership::in_force,
    policy::Policy,
};

/// How the document in force is named.
const IN_FORCE: &str = "in_force";

/// How the org's file in the policy folder is named.
const FILE: &str = "file";

/// A document, by its text and a name for people.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) text: String,
}

impl Document {
    /// The one that is meant: a text of its own, or one that the collector knows by `version`; both is refused.
    pub(super) fn meant(
        api: &Shared,
        (caller, policy): (&Caller, &Policy),
        org: &OrgId,
        (version, text): (Option<&str>, Option<String>),
    ) -> Result<Self, Problem> {
        match (version, text) {
            (Some(_), Some(_)) => Err(Problem::invalid("send a text or name a version, not both")),
            (None, Some(text)) => Ok(Self { name: "draft".to_owned(), text }),
            (None | Some(IN_FORCE), None) => Self::in_force(api, caller, policy, org),
            (Some(FILE), None) => Self::of_file(policy, org),
            (Some(hash), None) => caller.see(api, |sight| {
                let (version, _) = find(sight, hash)?;
                if version.org != *org {
                    let what =
                        format!("version {} is of org `{}`, not of `{org}`", version.hash, version.org);
                    return Err(Problem::invalid(what));
                }
                Ok(Self { name: format!("version {}", version.hash), text: version.text.clone() })
            }),
        }
    }

    fn in_force(api: &Shared, caller: &Caller, policy: &Policy, org: &OrgId) -> Result<Self, Problem> {
        let signed = policy.matrix(org).standing() == Standing::Signed;
        let version = caller.see(api, |sight| {
            let current = in_force(sight.versions(org), caller.now).filter(|_| signed);
            current
                .map(|version| Self { name: format!("version {}", version.hash), text: version.text.clone() })
        });
        version.map_or_else(|| Self::of_file(policy, org), Ok)
    }

    fn of_file(policy: &Policy, org: &OrgId) -> Result<Self, Problem> {
        let draft = policy.drafts.get(org);
        let draft = draft.ok_or_else(|| Problem::not_found(format!("there is no org `{org}`")))?;
        Ok(Self { name: draft.file.clone(), text: draft.text.clone() })
    }

    /// The matrix that it is, with the directory as it is now.
    pub(super) fn understood(&self, policy: &Policy, org: &OrgId) -> Result<Matrix, Problem> {
        let matrix =
            policy.understand(&self.text, &self.name).map_err(|e| Problem::invalid(e.to_string()))?;
        if matrix.org() == org {
            return Ok(matrix);
        }
        let what = format!("the document is the matrix of org `{}`; mend `id` under [org]", matrix.org());
        Err(Problem::invalid(what))
    }
}
