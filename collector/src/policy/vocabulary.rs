//! The tools and teams of the matrices in force, for filters that ask for owners.

use std::collections::BTreeSet;

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

    /// The tools that items of an org may be about: those of its matrix, and those of rules, for a rule's findings may concern one
    /// that no document names.
    pub(crate) fn tools(&self, org: &OrgId) -> BTreeSet<&str> {
        let of_matrix = self.matrix(org).tools().map(|tool| tool.id.as_str());
        of_matrix.chain(self.rules.rules().iter().map(|rule| rule.tool.as_str())).collect()
    }

    /// What rules and watch lists ask owners of that no matrix knows, a line each. It is told and refuses nothing: a matrix may
    /// lose a tool while a rule still asks for it, and the collector goes on.
    pub fn unanswerable(&self) -> Vec<String> {
        let all = self.vocabulary(|_| true);
        let rules = self.rules.rules().iter().flat_map(|rule| {
            rule.unknown_to(&all).into_iter().map(|error| format!("rule {}: {error}", rule.id))
        });
        let watched = self.watch.unknown_to(|org| self.vocabulary(|one| org.is_none_or(|org| org == one)));
        rules.chain(watched).collect()
    }

    /// The same in the log, once the policy is in force.
    pub(crate) fn warn_of_unanswerable(&self) {
        self.unanswerable().iter().for_each(|fault| tracing::warn!("{fault}"));
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_triage::{matrix::starter, rules::RuleSet};

    use super::*;

    #[test]
    fn rules_and_watch_lists_that_ask_for_what_no_matrix_has_are_told() {
        let acme: OrgId = "acme".parse().unwrap();
        let watch =
            |tool: &str| format!("[[service]]\nname = \"cron\"\nwhen = 'owner(\"{tool}\") == \"msp-noc\"'\n");
        let rules = |team: &str| {
            let text = format!("[rules.disk-space]\nonly = 'owner(\"backup\") == \"{team}\"'\n");
            RuleSet::layer(&text, "rules.toml").unwrap()
        };
        let of = |tool: &str, team: &str| {
            let policy = Policy::of_texts(&[(acme.clone(), starter(&acme))], &watch(tool));
            Policy { rules: rules(team), ..policy }.unanswerable()
        };
        assert_eq!(of("backup", "msp-noc"), Vec::<String>::new());
        assert_eq!(
            of("bckup", "msp-nok"),
            [
                "rule disk-space: line 1, column 20: no team `msp-nok` in any matrix in sight; did you mean `msp-noc`?",
                "policy/watch.toml: service cron, `when`: line 1, column 7: no tool `bckup` in any matrix in sight; \
                 did you mean `backup`?",
            ]
        );
    }
}
