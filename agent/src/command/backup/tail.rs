//! The last lines of an output, bounded.

use std::collections::VecDeque;

/// Lines that are kept: the error is among the last ones.
const LINES: usize = 20;
/// Bytes of a line that are kept: progress bars write without end.
const LINE_BYTES: usize = 400;

/// Keeps the last lines of what passes by.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<Vec<u8>>,
    open: Vec<u8>,
}

impl Tail {
    pub(super) fn note(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // A carriage return starts a line over, as progress bars do.
            if matches!(byte, b'\n' | b'\r') {
                self.close();
            } else if self.open.len() < LINE_BYTES {
                self.open.push(byte);
            }
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.lines.push_back(std::mem::take(&mut self.open));
        }
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }

    /// The last lines that fit into `most` bytes, oldest first.
    pub(super) fn text(mut self, most: usize) -> Option<String> {
        self.close();
        let mut text = String::new();
        for line in self.lines.iter().rev() {
            let line: String =
                String::from_utf8_lossy(line).chars().filter(|c| *c == '\t' || !c.is_control()).collect();
            if text.len() + line.len() + 1 > most {
                break;
            }
            text = if text.is_empty() { line } else { format!("{line}\n{text}") };
        }
        (!text.trim().is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(chunks: &[&str], most: usize) -> Option<String> {
        let mut tail = Tail::default();
        chunks.iter().for_each(|chunk| tail.note(chunk.as_bytes()));
        tail.text(most)
    }

    #[test]
    fn the_last_lines_are_kept_however_they_were_cut() {
        assert_eq!(tail(&["on", "e\ntw", "o\nthree"], 100).as_deref(), Some("one\ntwo\nthree"));
        assert_eq!(tail(&["one\ntwo\nthree\n"], 10).as_deref(), Some("two\nthree"));
        let many: String = (0..1_000).map(|n| format!("{n}\n")).collect();
        assert!(tail(&[&many], 1_000).unwrap().starts_with("980\n"));
    }

    #[test]
    fn progress_bars_and_control_characters_do_no_harm() {
        assert_eq!(tail(&["10%\r20%\r\x1b[1mdone\x1b[0m\n"], 100).as_deref(), Some("10%\n20%\n[1mdone[0m"));
        assert_eq!(tail(&[&"x".repeat(1_000_000)], 1_000).unwrap().len(), LINE_BYTES);
        assert_eq!(tail(&["\n \n"], 100), None);
    }
}
