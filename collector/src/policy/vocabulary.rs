//! The tools and teams of the matrices in force, for filters that ask for owners.

use dogwatch_model::OrgId;
use dogwatch_triage::filter::Vocabulary;

use super::Policy;

impl Policy {
    /// Those of the orgs that are meant, together: a filter goes over all that somebody sees.
    pub(crate) fn vocabulary(&self, meant: impl Fn(&OrgId) -> bool) -> Vocabulary<'_> {
        let mut vocabulary = Vocabulary::default();
        for (_, matrix) in self.orgs.iter().filter(|(org, _)| meant(org)) {
            vocabulary.tools.extend(matrix.tools().map(|tool| tool.id.as_str()));
            vocabulary.teams.extend(matrix.directory().teams().map(|team| team.id.as_str()));
            vocabulary.teams.insert(matrix.last_resort().as_str());
        }
        vocabulary
    }
}
