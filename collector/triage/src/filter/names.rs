//! Looks names up in the schema, and finds the one that was probably meant.

use super::{
    reads::Reads,
    schema::{About, Field, Kind},
};

/// The field of this name.
pub(super) fn find(among: &'static [Field], name: &str) -> Option<&'static Field> {
    among.iter().find(|field| field.name == name)
}

/// The field of a whole name such as `patch.missing.total`, through groups only, and all that deciding it reads.
pub(super) fn lookup(path: &str) -> Option<(&'static Field, Reads)> {
    lookup_of(About::Endpoint, path)
}

/// The same of what an expression is about.
pub(super) fn lookup_of(about: About, path: &str) -> Option<(&'static Field, Reads)> {
    let (mut among, mut reads, mut names) = (about.fields(), Reads::NONE, path.split('.'));
    loop {
        let field = find(among, names.next()?)?;
        reads |= field.reads;
        match (&field.kind, names.clone().next()) {
            (_, None) => return Some((field, reads)),
            (Kind::Group(members), Some(_)) => among = members,
            _ => return None,
        }
    }
}

/// What was probably meant: a neighbour spelt alike, or else the same name in another place.
pub(super) fn suggest(about: About, among: &'static [Field], prefix: &str, name: &str) -> Option<String> {
    let neighbour = nearest(name, among.iter().map(|field| field.name));
    neighbour.map(|near| format!("{prefix}{near}")).or_else(|| elsewhere("", about.fields(), name))
}

fn elsewhere(prefix: &str, among: &'static [Field], name: &str) -> Option<String> {
    among.iter().find_map(|field| {
        let path = format!("{prefix}{}", field.name);
        match &field.kind {
            _ if field.name == name => Some(path),
            Kind::Group(members) => elsewhere(&format!("{path}."), members, name),
            _ => None,
        }
    })
}

/// The candidate spelt most like `text`, if one is near enough to be meant.
pub fn nearest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = text.to_lowercase();
    let near = |candidate: &&str| {
        let distance = distance(&lower, candidate);
        let begins = lower.len() >= 3 && (candidate.starts_with(&lower) || lower.starts_with(candidate));
        // A third of the letters may be wrong; what begins alike is as good as one wrong letter.
        if begins { Some(distance.min(1)) } else { (distance * 3 <= lower.len().max(3)).then_some(distance) }
    };
    candidates
        .filter_map(|candidate| near(&candidate).map(|d| (d, candidate)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let change = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
