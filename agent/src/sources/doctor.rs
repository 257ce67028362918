//! What stands in a source's way on this machine. Each source has its own examination in its own room; this is the
//! table of them.

use std::time::Duration;

use tokio::time::timeout;

use super::{backup, health, inventory, patch};
use crate::{
    config::{Config, SourceName},
    finding::Finding,
};

/// For one source's examination: a tool asked for its version.
const LIMIT: Duration = Duration::from_secs(10);

/// Examines one source.
pub async fn examine(source: SourceName, config: &Config) -> Vec<Finding> {
    if !config.allows(source) {
        return vec![Finding::ok(source.as_str(), "switched off in agent.toml")];
    }
    let examination = async {
        match source {
            SourceName::Health => health::doctor::examine(&config.root),
            SourceName::Inventory => inventory::doctor::examine(&config.root),
            SourceName::Patch => patch::doctor::examine(&config.root).await,
            SourceName::Backup => backup::doctor::examine(config),
            SourceName::Checks | SourceName::Drives | SourceName::Incidents | SourceName::Software => {
                Vec::new()
            }
        }
    };
    timeout(LIMIT, examination).await.unwrap_or_else(|_| {
        let mend = "look for a volume or a tool that hangs";
        vec![Finding::fail(source.as_str(), format!("the examination did not end within {LIMIT:?}"), mend)]
    })
}
