//! What the running agent knows and nobody else: how its sources did when they last looked.

use dogwatch_model::ScanResult;

use crate::{
    command::status::{cost, is_agent},
    config::Config,
    cost::Standing,
    finding::Finding,
    link_status::{self, LinkState},
};

/// Asks the running agent; nothing where there is none, or where it cannot be asked.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let agent = link_status::read(&config.state).ok().flatten();
    let agent = agent.filter(|agent| agent.link != LinkState::Stopped && is_agent(agent.pid));
    let told = match agent {
        Some(agent) => cost::look(config, &agent).await.told,
        None => None,
    };
    let looks = told.map(|told| told.looks).unwrap_or_default();
    looks
        .iter()
        .flat_map(|look| &look.results)
        .filter_map(|(part, standing)| finding(part, standing))
        .collect()
}

fn finding(part: &str, standing: &Standing) -> Option<Finding> {
    let reason = standing.reason.as_deref().unwrap_or("no reason was given");
    let mend = "see what it says; `dogwatch-agent status --self` shows when it last looked";
    match standing.result {
        ScanResult::Ok | ScanResult::Unsupported => None,
        ScanResult::Partial => {
            Some(Finding::warn(part, format!("the last look was partial: {reason}"), mend))
        }
        ScanResult::Failed => Some(Finding::fail(part, format!("the last look failed: {reason}"), mend)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    #[test]
    fn what_failed_is_a_failure_and_what_there_is_not_is_none() {
        let standing = |result| Standing { result, reason: Some("the database is locked".into()) };
        let failed = finding("patch.apt", &standing(ScanResult::Failed)).unwrap();
        assert_eq!((failed.subject.as_str(), failed.verdict), ("patch.apt", Verdict::Fail));
        assert!(failed.text.ends_with("the database is locked"));
        assert_eq!(finding("drives", &standing(ScanResult::Partial)).map(|f| f.verdict), Some(Verdict::Warn));
        assert!(finding("drives", &standing(ScanResult::Unsupported)).is_none());
    }
}
