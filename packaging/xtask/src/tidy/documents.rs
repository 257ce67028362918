//! A document that names a path names one that exists.
//!
//! Read are the inline code spans of the documents at the root, not their code blocks, which show output and
//! commands. A span is taken for a path of the repository if it begins with one of its top-level folders, or
//! ends as a file of the project does. `{a,b}` stands for both.

use crate::finding::Finding;
use crate::tree::Tree;

/// Documents whose paths must hold. The change log is left out: it may speak of what is gone.
const DOCUMENTS: [&str; 4] = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md"];

const ENDINGS: [&str; 5] = [".rs", ".proto", ".sh", ".md", "/"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in DOCUMENTS.iter().filter_map(|name| tree.get(name)) {
        let mut in_block = false;
        for (number, line) in document.lines() {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            } else if !in_block {
                let missing =
                    spans(line).flat_map(expand).filter(|path| is_path(tree, path) && !tree.holds(path));
                findings.extend(missing.map(|path| {
                    let what = format!("`{path}` does not exist");
                    Finding::new(&document.path, number, what, "name the path from the root as it is now")
                }));
            }
        }
    }
    findings
}

/// The texts between back-ticks.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(tree: &Tree, span: &str) -> bool {
    let unlike = |letter: char| !letter.is_alphanumeric() && !"._-/".contains(letter);
    if span.is_empty() || span.starts_with('/') || span.contains(unlike) {
        return false;
    }
    let of_this_tree = span.split_once('/').is_some_and(|(folder, _)| tree.holds(folder));
    of_this_tree || ENDINGS.iter().any(|ending| span.ends_with(ending) && span.len() > ending.len())
}

/// `a/{b,c}` names `a/b` and `a/c`.
fn expand(span: &str) -> Vec<String> {
    let braces = span.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (choices, after))) = braces else { return vec![span.to_owned()] };
    choices.split(',').flat_map(|choice| expand(&format!("{before}{}{after}", choice.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(document: &str) -> Vec<String> {
        let files =
            [("agent/src/main.rs", ""), ("agent/src/uplink/lane.rs", ""), ("ARCHITECTURE.md", document)];
        check(&Tree::seeded(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        for span in [
            "agent/src/spool.rs",
            "agent/source",
            "spool.rs",
            "agents/src/main.rs",
            "agent/src/{main,gone}.rs",
        ] {
            assert_eq!(findings(&format!("one\nsee `{span}`")).len(), 1, "{span}");
        }
    }

    #[test]
    fn a_path_that_exists_and_what_is_not_a_path_are_fine() {
        for text in [
            "`agent/src/main.rs`, `agent/src/uplink/`, `agent/src/{main,uplink/lane}.rs`",
            "`/etc/dogwatch/`, `dogwatch.v1.Uplink/Attach`, `cargo run -p xtask -- tidy`, `a < b`",
            "```\nagent/src/gone.rs `agent/src/gone.rs`\n```",
        ] {
            assert_eq!(findings(text), [""; 0], "{text}");
        }
    }
}
