//! Which package may depend on which: the table of the architecture, read against every `Cargo.toml`.
//!
//! Pure packages name all that they may use, so that no clock, thread or socket comes in through a
//! dependency. The others name the packages of this workspace that they may use, and what they must not link.
//! What a package links by way of others is checked by `licences`, which asks cargo for the whole graph.

use super::manifest::Manifest;
use crate::finding::Finding;
use crate::tree::File;

struct Arrows {
    package: &'static str,
    /// The packages of this workspace it may depend on, for its tests too.
    inside: &'static [&'static str],
    outside: Outside,
}

enum Outside {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// What the agent must not link: servers, stores and screens. Every endpoint pays for its size and its risk.
pub(crate) const NOT_IN_AGENT: &[&str] = &["axum", "sled", "sqlx", "reqwest", "ratatui"];

const MODEL: &str = "dogwatch-model";
const JOURNAL: &str = "dogwatch-journal";
const PROMPT: &str = "dogwatch-prompt";
const PROTO: &str = "dogwatch-proto";
const TRIAGE: &str = "dogwatch-triage";

const TABLE: &[Arrows] = &[
    Arrows {
        package: MODEL,
        inside: &[],
        outside: Outside::Only(&["serde", "thiserror", "jiff", "uuid", "schemars"]),
    },
    Arrows { package: JOURNAL, inside: &[], outside: Outside::Only(&["crc32c", "thiserror"]) },
    Arrows { package: PROMPT, inside: &[MODEL], outside: Outside::Only(&["clap"]) },
    Arrows {
        package: PROTO,
        inside: &[MODEL],
        outside: Outside::Only(&[
            "jiff",
            "prost",
            "protox",
            "thiserror",
            "tonic",
            "tonic-prost",
            "tonic-prost-build",
            "uuid",
        ]),
    },
    Arrows {
        package: TRIAGE,
        inside: &[MODEL],
        outside: Outside::Only(&[
            "cel",
            "jiff",
            "memchr",
            "schemars",
            "serde",
            "serde_json",
            "thiserror",
            "toml",
            "uuid",
        ]),
    },
    Arrows {
        package: "dogwatch-agent",
        inside: &[MODEL, PROMPT, PROTO, JOURNAL],
        outside: Outside::AllBut(NOT_IN_AGENT),
    },
    Arrows {
        package: "dogwatch-collector",
        inside: &[MODEL, PROMPT, PROTO, JOURNAL, TRIAGE],
        outside: Outside::AllBut(&["clap_complete", "ratatui", "sysinfo"]),
    },
    Arrows {
        package: "dogwatch",
        inside: &[MODEL, PROMPT, TRIAGE],
        outside: Outside::AllBut(&["axum", "sled", "sqlx"]),
    },
    Arrows { package: "xtask", inside: &[], outside: Outside::AllBut(&[]) },
    Arrows {
        package: "dogwatch-tests",
        inside: &[MODEL, PROTO, JOURNAL, TRIAGE, "dogwatch-agent", "dogwatch-collector"],
        outside: Outside::AllBut(&[]),
    },
];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let manifest = Manifest::read(file);
    let Some(package) = manifest.package() else { return Vec::new() };
    let Some(arrows) = TABLE.iter().find(|arrows| arrows.package == package) else {
        let what = format!("package {package} has no row in the table of dependency arrows");
        return vec![Finding::whole(&file.path, what, "add one in packaging/xtask/src/tidy/arrows.rs")];
    };
    let shipped = manifest.dependencies().into_iter().filter(|name| !arrows.may_use(name));
    let in_tests = manifest.dev_dependencies();
    let tested =
        in_tests.into_iter().filter(|name| is_ours(name) && *name != package && !arrows.may_use(name));
    shipped
        .chain(tested)
        .map(|name| {
            let what = format!("{package} may not depend on {name}");
            Finding::new(&file.path, line_of(file, name), what, "move what needs it to a package that may")
        })
        .collect()
}

impl Arrows {
    fn may_use(&self, name: &str) -> bool {
        if is_ours(name) {
            return self.inside.contains(&name);
        }
        match self.outside {
            Outside::Only(allowed) => allowed.contains(&name),
            Outside::AllBut(denied) => !denied.contains(&name),
        }
    }
}

fn is_ours(name: &str) -> bool {
    TABLE.iter().any(|arrows| arrows.package == name)
}

fn line_of(file: &File, dependency: &str) -> usize {
    let names_it =
        |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    file.lines().find(|(_, line)| names_it(line)).map_or(1, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded;

    fn findings(package: &str, table: &str, dependency: &str) -> usize {
        let text = format!("[package]\nname = \"{package}\"\n[{table}]\n{dependency}.workspace = true\n");
        seeded("some/Cargo.toml", &text, check).len()
    }

    #[test]
    fn an_arrow_against_the_flow_is_found() {
        for (package, dependency) in [
            (MODEL, "tokio"),
            (JOURNAL, MODEL),
            (TRIAGE, "dogwatch-collector"),
            (TRIAGE, "tokio"),
            ("dogwatch-agent", "axum"),
            ("dogwatch-agent", TRIAGE),
            ("dogwatch", "dogwatch-collector"),
        ] {
            assert_eq!(findings(package, "dependencies", dependency), 1, "{package} → {dependency}");
            assert_eq!(findings(package, "target.'cfg(unix)'.dependencies", dependency), 1, "{dependency}");
        }
        assert_eq!(findings(TRIAGE, "dependencies", MODEL), 0);
        assert_eq!(findings("dogwatch-agent", "dependencies", "tokio"), 0);
    }

    #[test]
    fn tests_may_use_any_library_but_follow_the_arrows_inside() {
        assert_eq!(findings(MODEL, "dev-dependencies", "proptest"), 0);
        assert_eq!(findings("dogwatch-agent", "dev-dependencies", "dogwatch-collector"), 1);
    }

    #[test]
    fn a_package_without_a_row_is_found() {
        assert_eq!(findings("dogwatch-novelty", "dependencies", "serde"), 1);
    }
}
