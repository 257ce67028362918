//! What stands in the braces of a path.

use serde_json::{Value, json};

/// A place in a path.
pub(crate) struct Place {
    /// As in the path, without its braces.
    pub(crate) name: &'static str,
    words: &'static str,
    example: &'static str,
}

/// Every name that a path has in braces.
pub(crate) const PLACES: &[Place] = &[
    Place { name: "endpoint", words: "Id or name of an endpoint.", example: "srv-01" },
    Place { name: "number", words: "Number of an item, with or without `#`.", example: "1042" },
    Place {
        name: "version",
        words: "Beginning of the hash of a version of a matrix.",
        example: "3f9a0c1b2d4e",
    },
    Place { name: "view", words: "Name of a saved view.", example: "stale-backups" },
    Place { name: "window", words: "Id of a maintenance window.", example: "w3f9a2c1b07" },
    Place { name: "org", words: "Id of an org.", example: "acme" },
    Place {
        name: "person",
        words: "Id of a person; `ORG:ID` or `msp:ID` where two have that id.",
        example: "acme:sam",
    },
    Place { name: "grant", words: "Short id of a grant.", example: "3f9a0c1b2d" },
    Place { name: "seal", words: "Short id of a sealed code.", example: "k7m2p9" },
    Place { name: "id", words: "Id out of the list that it is in.", example: "k7m2p9" },
];

/// The places of a path, in order.
pub(super) fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The parameter of that name.
pub(super) fn parameter(name: &str) -> Value {
    let (words, example) = match PLACES.iter().find(|place| place.name == name) {
        Some(place) => (place.words, place.example),
        None => ("", ""),
    };
    json!({
        "name": name, "in": "path", "required": true, "description": words, "example": example,
        "schema": { "type": "string", "minLength": 1 },
    })
}
