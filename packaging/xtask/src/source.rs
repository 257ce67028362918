//! A Rust file seen as a check needs it: which lines are code, and which of them are tests.
//!
//! Comments and the insides of string and character literals are blanked, so that a pattern named in prose
//! or in a check's own table is not taken for the thing itself, and braces can be counted. It is a scanner,
//! not a parser: it knows literals, comments, attributes and braces, and that is all that tidy asks.

mod blank;

use crate::tree::File;

/// A Rust file with literals and comments blanked, line by line.
pub(crate) struct Source<'file> {
    pub(crate) file: &'file File,
    lines: Vec<Line>,
}

struct Line {
    code: String,
    test: bool,
}

impl<'file> Source<'file> {
    pub(crate) fn read(file: &'file File) -> Self {
        let code = blank::blank(&file.text);
        let mut lines: Vec<Line> =
            code.lines().map(|line| Line { code: line.to_owned(), test: false }).collect();
        mark_tests(&mut lines);
        let loose_test = lines.iter().any(|line| !line.test && is_test_attribute(line.code.trim()));
        if loose_test || is_test_path(&file.path) {
            lines.iter_mut().for_each(|line| line.test = true);
        }
        Self { file, lines }
    }

    /// Code lines outside tests, numbered from 1.
    pub(crate) fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        self.numbered().filter(|(_, line)| !line.test).map(|(number, line)| (number, line.code.as_str()))
    }

    /// Code lines inside tests, numbered from 1.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (usize, &str)> {
        self.numbered().filter(|(_, line)| line.test).map(|(number, line)| (number, line.code.as_str()))
    }

    /// All code lines, numbered from 1.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.numbered().map(|(number, line)| (number, line.code.as_str()))
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Tests by place: a `tests.rs`, anything under a crate's `tests/` or `benches/`. The top-level `tests/` is
/// itself a crate, and its `src/` is a library that is held to the rules of production code.
fn is_test_path(path: &str) -> bool {
    let inside = path.strip_prefix("tests/").unwrap_or(path);
    inside.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
}

fn is_test_attribute(code: &str) -> bool {
    code.starts_with("#[test]") || (code.starts_with("#[") && code.contains("::test"))
}

/// Marks every `#[cfg(test)]` item: from the attribute to the brace or semicolon that ends it.
fn mark_tests(lines: &mut [Line]) {
    let mut index = 0;
    while index < lines.len() {
        if lines[index].code.trim_start().starts_with("#[cfg(test)]") {
            let end = item_end(lines, index);
            lines[index..=end].iter_mut().for_each(|line| line.test = true);
            index = end;
        }
        index += 1;
    }
}

/// The line on which the item that starts at `start` ends: where its outermost braces close, or at its
/// semicolon if it has none.
fn item_end(lines: &[Line], start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, line) in lines[start..].iter().enumerate() {
        for letter in line.code.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth <= 1 => return start + offset,
                '}' => depth -= 1,
                ';' if depth == 0 => return start + offset,
                _ => {}
            }
        }
    }
    lines.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn test_lines(path: &str, text: &str) -> Vec<usize> {
        Source::read(&file(path, text)).tests().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_test_module_ends_at_its_own_brace() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    const B: &str = \"}\";\n}\nfn c() {}\n";
        assert_eq!(test_lines("agent/src/a.rs", text), [2, 3, 4, 5]);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_one_declaration() {
        let text = "#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(test_lines("agent/src/a.rs", text), [1, 2]);
        assert_eq!(test_lines("agent/src/a/tests.rs", "fn a() {}\n"), [1]);
    }

    #[test]
    fn a_loose_test_makes_the_whole_file_a_test() {
        assert_eq!(test_lines("tests/enrol.rs", "fn a() {}\n#[test]\nfn b() {}\n"), [1, 2, 3]);
        assert_eq!(test_lines("tests/enrol.rs", "#[tokio::test]\nasync fn b() {}\n"), [1, 2]);
    }

    #[test]
    fn the_harness_library_is_production_code() {
        assert!(!is_test_path("tests/src/fleet.rs"));
        assert!(is_test_path("tests/tests/enrol.rs"));
        assert!(is_test_path("agent/tests/enrol.rs"));
    }
}
