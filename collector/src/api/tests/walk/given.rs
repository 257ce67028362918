//! What to put into the places of a question, by the name of the place.
//!
//! Each name has values that name something hidden (`zebra`, `yak`), something of one's own (`globex`, `own`) and
//! something that nobody has.

/// Values by the name of a parameter in a path.
const PLACES: &[(&str, &[&str])] = &[
    ("endpoint", &["zebra-srv", "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d21", "yak-srv", "own-srv", "nowhere"]),
    ("number", &["21", "%2321", "11", "1", "1021", "99"]),
    ("seal", &["x-zebra", "x-own", "none"]),
    ("version", &["2eb7a0", "2e", "0a0a0a", "ffffff"]),
    ("view", &["zebra-view", "own-view", "none"]),
    ("window", &["w-zebra", "w-yak", "w-own", "w-none"]),
    ("id", &["j-zebra", "j-yak", "j-own", "t-owner", "t-yak", "t-zebra-guest", "t-admin", "none"]),
    ("org", &["zebra", "globex", "nowhere"]),
    (
        "person",
        &["owner", "zebra:owner", "zebra-guest", "yak", "globex:yak", "admin", "viewer", "kim", "nobody"],
    ),
    ("grant", &["g-zebra", "t-owner", "g-yak", "t-yak", "g-kim", "t-viewer", "none"]),
];

/// Values by the name of a query parameter or of a member of a body.
const MEMBERS: &[(&str, &[&str])] = &[
    ("about", &["backup", "zebra-only", "nothing-such"]),
    ("act", &["token", "endpoint.approve"]),
    ("after", &["0", "zebra"]),
    ("all", &["true"]),
    ("alert", &["21", "22", "11", "12", "1", "2", "99"]),
    ("at", &["2026-11-22T10:00:00Z"]),
    ("by", &["owner", "admin", "site", "org", "os.family"]),
    ("category", &["capacity"]),
    ("code", &["zebra", "none", "123456"]),
    ("confirm", &["zebra", "globex"]),
    (
        "cursor",
        // The last two are numbers as an answer gives them: 1 and 21.
        &[
            "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d21",
            "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d01",
            "zebra",
            "MQ",
            "MjE",
        ],
    ),
    ("endpoint", &["zebra-srv", "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d21", "yak-srv", "own-srv", "nowhere"]),
    ("error", &["access_denied"]),
    ("expect", &["zebra-it", "msp-noc", "nobody"]),
    ("fields", &["name,org,site", "id"]),
    (
        "filter",
        &[
            "org == \"zebra\"",
            "site == \"yak\" || online",
            "alerts.open >= 0",
            "owner(\"backup\") == \"zebra-it\"",
        ],
    ),
    ("from", &["2026-11-01T00:00:00Z", "2eb7a0", "0a0a0a"]),
    ("hidden", &["true"]),
    ("into", &["21", "11", "2", "99"]),
    ("iss", &["https://id.zebra.example"]),
    ("kinds", &["alert", "endpoint"]),
    ("limit", &["1", "1000"]),
    ("mine", &["true"]),
    ("name", &["zebra-view", "openssl"]),
    ("new_password", &["another sentence that nobody guesses"]),
    ("on", &["customer", "vendor"]),
    ("order", &["newest", "oldest"]),
    ("org", &["zebra", "globex", "nowhere"]),
    ("password", &["a sentence that nobody guesses"]),
    ("person", &["owner", "zebra:owner", "globex:yak", "admin", "viewer", "kim", "sam"]),
    ("provider", &["zebra", "nobody"]),
    ("reason", &["because"]),
    ("repeat", &["4h"]),
    ("role", &["admin"]),
    ("scope", &["zebra", "zebra/zebra-main", "globex/yak", "globex", "globex/here", "*"]),
    ("severity", &["critical"]),
    ("side", &["msp", "vendor"]),
    ("site", &["zebra-main", "yak", "here", "mars"]),
    ("sort", &["name", "-org", "alerts.open"]),
    ("state", &["all", "open", "active"]),
    ("team", &["zebra-it", "msp-noc", "nobody"]),
    ("ticket", &["zebra", "none"]),
    ("to", &["2eb7a0", "0a0a0a", "zebra-it", "msp-noc", "21", "11", "2", "99"]),
    ("tool", &["backup", "zebra-only"]),
    ("until", &["2026-11-23T00:00:00Z"]),
    ("user_code", &["BCDF-GHJK"]),
    ("verb", &["configure", "administer", "view"]),
    ("verbs", &["configure", "administer"]),
    ("version", &["2eb7a0", "0a0a0a", "ffffff"]),
    ("week", &["UTC"]),
];

/// Values for a place in a path.
pub(super) fn place(name: &str, path: &str) -> &'static [&'static str] {
    found(PLACES, name).unwrap_or_else(|| {
        panic!("the walk does not know what to put for `{{{name}}}` of {path}: add it to PLACES in api/tests/walk/given.rs, with values that name something hidden, and put such things into the hidden part of api/tests/walk/world.rs")
    })
}

/// Values for a query parameter.
pub(super) fn parameter(name: &str, path: &str) -> &'static [&'static str] {
    found(MEMBERS, name).unwrap_or_else(|| {
        panic!("the walk does not know what to put for `?{name}=` of {path}: add it to MEMBERS in api/tests/walk/given.rs, with values that name something hidden")
    })
}

/// Values for a member of a body, where it names things.
pub(super) fn member(name: &str) -> Option<&'static [&'static str]> {
    found(MEMBERS, name)
}

fn found(table: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(known, _)| *known == name).map(|(_, values)| *values)
}
