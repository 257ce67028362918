//! The shipped examples, one for each usual split, are as good as they tell others to be.

use super::*;
use crate::matrix::{Tag, Tier};

const EXAMPLES: [(&str, &str); 4] = [
    ("by-tier.toml", include_str!("../../../examples/by-tier.toml")),
    ("by-technology.toml", include_str!("../../../examples/by-technology.toml")),
    ("by-function.toml", include_str!("../../../examples/by-function.toml")),
    ("after-hours.toml", include_str!("../../../examples/after-hours.toml")),
];

fn example(name: &str) -> Matrix {
    let (_, text) = EXAMPLES.iter().find(|(known, _)| *known == name).unwrap();
    Matrix::parse(text, name, "0".repeat(12), None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn nothing_is_to_be_said_about_an_example() {
    for (name, text) in EXAMPLES {
        let matrix = example(name);
        let found = lint(&matrix, &[Source { file: name, text }], &LintContext::on(TODAY));
        assert!(found.is_empty(), "{}", found.iter().map(|one| format!("\n{one}")).collect::<String>());
        assert!(matrix.catch_all().is_some() && matrix.signers(dogwatch_model::Side::Internal).len() == 1);
    }
}

#[test]
fn each_example_splits_as_its_name_says() {
    let tiers = example("by-tier.toml");
    let tiers: BTreeSet<_> = tiers.rows().iter().filter_map(|row| row.tier).collect();
    assert_eq!(tiers, [Tier::L1, Tier::L2, Tier::L3, Tier::L4].into());
    let functions = example("by-function.toml");
    let tags: BTreeSet<_> = functions.rows().iter().filter_map(|row| row.tag).collect();
    assert_eq!(tags, Tag::ALL.iter().copied().collect());
    let technologies = example("by-technology.toml");
    assert!(technologies.rows().iter().all(|row| !row.selects.tools.is_empty()));
    assert_eq!(technologies.boundaries().len(), 2);
    let hours = example("after-hours.toml");
    assert!(hours.rows().iter().all(|row| row.duty.calendar().is_some()));
}
