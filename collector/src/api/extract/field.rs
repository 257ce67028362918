//! Where in a body something is, by the names that whoever wrote it knows: `packet.links[2]`.

use std::fmt::Write as _;

use crate::api::discreet;

/// One step into a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// A member of an object.
    Member(&'a str),
    /// An element of a list, from 0.
    Element(usize),
}

/// The way to a field; none to the body itself. Names that may be more than names are left out, as everywhere.
pub(super) fn named<'a>(steps: impl IntoIterator<Item = Step<'a>>) -> Option<String> {
    let mut way = String::new();
    for step in steps {
        match step {
            Step::Member(name) => {
                let shown = if discreet::is_name(name) { name } else { "…" };
                way.extend((!way.is_empty()).then_some('.'));
                way.push_str(shown);
            }
            // Writing to a text does not fail.
            Step::Element(at) => drop(write!(way, "[{at}]")),
        }
    }
    (!way.is_empty()).then_some(way)
}

/// The same from what a parser was at.
pub(super) fn of(path: &serde_path_to_error::Path) -> Option<String> {
    use serde_path_to_error::Segment;
    named(path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(Step::Element(*index)),
        Segment::Map { key } => Some(Step::Member(key)),
        Segment::Enum { variant } => Some(Step::Member(variant)),
        Segment::Unknown => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_by_its_way_and_what_may_be_a_secret_is_not() {
        let way = [Step::Member("packet"), Step::Member("links"), Step::Element(2)];
        assert_eq!(named(way).as_deref(), Some("packet.links[2]"));
        assert_eq!(named([Step::Member("labels"), Step::Member("dwt_abc 123")]).as_deref(), Some("labels.…"));
        assert_eq!(named([]), None);
    }
}
