//! An org as a whole: its rules for coming in.

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{not_allowed, unseen};
use crate::{
    access::{Change, Principal, Register},
    refusal::Refusal,
};

impl Register {
    pub(super) fn second_factor(
        &self,
        org: &OrgId,
        all: bool,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if !self.is_owner(by, org, now) {
            return Err(not_allowed(format!("only an owner of {org} can change how its people come in")));
        }
        let mut standing = self.orgs.get(org).cloned().unwrap_or_default();
        standing.second_factor_for_all = all;
        Ok(vec![Change::Org(org.clone(), standing)])
    }
}
