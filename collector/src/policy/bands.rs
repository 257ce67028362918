//! Bands: where an agent must not wait for its next summary. They follow from the rules in force, so that a changed rule
//! needs no second change here; `collector.toml` may add some.

use dogwatch_model::metric::{MARKS, Metric};
use dogwatch_triage::rules::RuleSet;

use crate::config::{Band, Telemetry};

/// What is computed here and no agent tells.
const OURS: &[&str] = &["health.clock_offset"];

/// The telemetry settings with the bands of the rules. What is past the number of bands that an agent takes is left
/// out, and said.
pub(super) fn with_rules(mut telemetry: Telemetry, rules: &RuleSet) -> Telemetry {
    for threshold in rules.thresholds() {
        match Metric::of_filter(&threshold.fact) {
            Some(metric) => {
                let band = Band { metric, at: threshold.at };
                if !telemetry.bands.contains(&band) {
                    telemetry.bands.push(band);
                }
            }
            None if threshold.fact.starts_with("health.") && !OURS.contains(&threshold.fact.as_str()) => {
                tracing::info!(
                    fact = threshold.fact,
                    at = threshold.at,
                    "a rule compares what agents tell with their summaries only: it may be a minute late"
                );
            }
            None => {}
        }
    }
    if telemetry.bands.len() > MARKS {
        tracing::warn!(
            bands = telemetry.bands.len(),
            limit = MARKS,
            "the rules compare with more numbers than agents take as bands: the rest may be a minute late"
        );
        telemetry.bands.truncate(MARKS);
    }
    telemetry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(rules: &str, own: Vec<Band>) -> Vec<(Metric, f64)> {
        let telemetry = Telemetry { bands: own, ..Telemetry::default() };
        let rules = RuleSet::parse(rules, "test").unwrap();
        with_rules(telemetry, &rules).bands.into_iter().map(|band| (band.metric, band.at)).collect()
    }

    const HEAD: &str = "[rules.r]\ncategory = \"capacity\"\ntool = \"monitoring\"\ntitle = \"x\"\n";

    #[test]
    fn each_number_that_a_rule_compares_with_is_a_band() {
        let rules = format!(
            "{HEAD}each = \"d in health.disks\"\nsubject = \"d.mount\"\n\
             warning = {{ when = 'd.used_percent > 70 && d.full_in < duration(\"2h\")', clear = 'd.used_percent < 65' }}"
        );
        let own = Band { metric: Metric::Users, at: 3.0 };
        assert_eq!(
            bands(&rules, vec![own]),
            [
                (Metric::Users, 3.0),
                (Metric::DiskFullIn, 7200.0),
                (Metric::DiskUsed, 65.0),
                (Metric::DiskUsed, 70.0)
            ]
        );
    }

    #[test]
    fn no_rule_makes_more_bands_than_an_agent_takes() {
        let rule = |n: u32| {
            format!(
                "{}warning = {{ when = 'health.cpu.load1 > {n}' }}\n",
                HEAD.replace("rules.r", &format!("rules.r{n}"))
            )
        };
        let rules: String = (0..80).map(rule).collect();
        assert_eq!(bands(&rules, Vec::new()).len(), MARKS);
    }

    #[test]
    fn every_number_of_health_in_the_shipped_rules_is_one_that_agents_can_watch() {
        let blind: Vec<String> = RuleSet::shipped()
            .unwrap()
            .thresholds()
            .into_iter()
            .map(|threshold| threshold.fact)
            .filter(|fact| fact.starts_with("health.") && !OURS.contains(&fact.as_str()))
            .filter(|fact| Metric::of_filter(fact).is_none())
            .collect();
        assert_eq!(blind, Vec::<String>::new());
    }
}
