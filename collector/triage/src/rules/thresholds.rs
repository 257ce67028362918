//! The numbers that the rules in force compare facts with: where an agent must not wait for its next summary.

use super::{Level, RuleSet};

/// A fact, by its name in the filter language, and a number that some rule compares it with.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// As in `health.disks.used_percent`.
    pub fact: String,
    /// In the fact's own unit; durations in seconds.
    pub at: f64,
}

impl RuleSet {
    /// Every threshold of the rules that are enabled, sorted, each once.
    pub fn thresholds(&self) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.enabled) {
            let levels =
                rule.levels.iter().flat_map(|Level { when, clear, .. }| [Some(when), clear.as_ref()]);
            for filter in levels.flatten() {
                filter.constants(rule.each.as_ref(), &mut |fact, at| thresholds.push(Threshold { fact, at }));
            }
        }
        thresholds.sort_by(|a, b| a.fact.cmp(&b.fact).then(a.at.total_cmp(&b.at)));
        thresholds.dedup();
        thresholds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rules: &str) -> Vec<(String, f64)> {
        let rules = RuleSet::parse(rules, "test").unwrap();
        rules.thresholds().into_iter().map(|threshold| (threshold.fact, threshold.at)).collect()
    }

    const HEAD: &str = "category = \"capacity\"\ntool = \"monitoring\"\ntitle = \"x\"\n";

    #[test]
    fn levels_clear_levels_and_elements_have_thresholds() {
        let rules = format!(
            "[rules.a]\n{HEAD}each = \"d in health.disks\"\nsubject = \"d.mount\"\n\
             warning = {{ when = \"d.used_percent > 80 && d.free_bytes < gib(10)\", clear = \"78 > d.used_percent\" }}\n\
             [rules.b]\n{HEAD}warning = {{ when = 'health.cpu.used_percent > 90 || !(health.cpu.load1 < 8)' }}\n\
             [rules.c]\n{HEAD}enabled = false\nwarning = {{ when = 'health.cpu.load1 > 99' }}\n\
             [rules.d]\n{HEAD}warning = {{ when = 'health.disks.exists(x, x.inodes_free_percent < 5)' }}\n"
        );
        let gib = f64::from(1 << 30);
        assert_eq!(
            of(&rules),
            [
                ("health.cpu.load1".to_owned(), 8.0),
                ("health.cpu.used_percent".to_owned(), 90.0),
                ("health.disks.free_bytes".to_owned(), 10.0 * gib),
                ("health.disks.inodes_free_percent".to_owned(), 5.0),
                ("health.disks.used_percent".to_owned(), 78.0),
                ("health.disks.used_percent".to_owned(), 80.0),
            ]
        );
    }

    #[test]
    fn what_an_agent_watches_before_it_was_told_is_what_the_shipped_rules_say() {
        let shipped = RuleSet::shipped().unwrap().thresholds();
        for &(metric, at) in dogwatch_model::metric::BANDS {
            let told = shipped.iter().any(|threshold| {
                dogwatch_model::metric::Metric::of_filter(&threshold.fact) == Some(metric)
                    && (threshold.at - at).abs() < 1e-9
            });
            assert!(told, "no shipped rule compares {metric} with {at}");
        }
    }
}
