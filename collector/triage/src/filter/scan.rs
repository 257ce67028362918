//! A first look at the source, before the parser: limits that keep the parser's stack small, and the mistakes
//! for which a grammar has no good words (`=`, `and`, a quote that is never closed).

use super::{MAX_SOURCE_BYTES, error::FilterError};

/// How deep brackets and conditionals may nest. The parser takes 12 KiB of stack per level (measured, 130 KiB when it
/// is not optimised), and a thread may have no more than 2 MiB.
const MAX_NESTING: usize = 24;

/// How many tokens an expression may have: a chain such as `1 + 1 + 1` is a tree as deep as it is long, which the
/// parser and the lowering walk by recursion. The longest shipped condition has 60.
const MAX_TOKENS: usize = 300;

/// Checks the source.
pub(super) fn check(source: &str) -> Result<(), FilterError> {
    if source.len() > MAX_SOURCE_BYTES {
        let what = format!("the expression has {} bytes; {MAX_SOURCE_BYTES} are allowed", source.len());
        return Err(FilterError::at(source, 0, what).mend("split it, or shorten it"));
    }
    let mut scan =
        Scan { source, bytes: source.as_bytes(), at: 0, open: Vec::new(), conditionals: 0, tokens: 0 };
    scan.run()
}

struct Scan<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    open: Vec<(usize, u8)>,
    conditionals: usize,
    tokens: usize,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), FilterError> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_whitespace() {
                self.at += 1;
                continue;
            }
            if self.bytes[self.at..].starts_with(b"//") {
                self.at +=
                    self.bytes[self.at..].iter().position(|&b| b == b'\n').unwrap_or(self.source.len());
                continue;
            }
            self.tokens += 1;
            if self.tokens > MAX_TOKENS {
                return Err(self.error(self.at, "the expression has too many parts").mend("split it"));
            }
            match byte {
                b'"' | b'\'' => self.quoted(byte)?,
                b'_' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => self.word()?,
                _ => self.mark(byte)?,
            }
        }
        match self.open.last() {
            Some(&(at, bracket)) => Err(self.error(at, format!("`{}` is never closed", char::from(bracket)))),
            None if self.tokens == 0 => Err(self.error(0, "the expression is empty")),
            None => Ok(()),
        }
    }

    fn error(&self, at: usize, what: impl Into<String>) -> FilterError {
        FilterError::at(self.source, at, what)
    }

    fn quoted(&mut self, quote: u8) -> Result<(), FilterError> {
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => break,
                _ if byte == quote => return Ok(()),
                _ => {}
            }
        }
        Err(self
            .error(start, "the text is never closed")
            .mend(format!("end it with `{}`", char::from(quote))))
    }

    fn word(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|&b| b == b'_' || b.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        let word = &self.source[start..self.at];
        if matches!(self.bytes.get(self.at), Some(b'"' | b'\'')) {
            return Err(self
                .error(start, format!("prefixed text such as `{word}\"…\"` is not supported"))
                .mend("use plain \"…\""));
        }
        let mend = match word.to_ascii_lowercase().as_str() {
            "and" => "`&&`",
            "or" => "`||`",
            "not" => "`!`",
            _ => return Ok(()),
        };
        // `x.and` would be a field; the grammar has no such fields, so the word is always meant as logic.
        Err(self.error(start, format!("`{word}` is not an operator")).mend(format!("use {mend}")))
    }

    fn mark(&mut self, byte: u8) -> Result<(), FilterError> {
        let start = self.at;
        let next = self.bytes.get(start + 1).copied();
        self.at += 1;
        match byte {
            b'(' | b'[' => self.open.push((start, byte)),
            b')' | b']' => self.close(byte)?,
            b'{' | b'}' => {
                return Err(self.error(start, "maps and messages are not part of the filter language"));
            }
            b'?' => self.conditionals += 1,
            b'=' | b'!' | b'<' | b'>' if next == Some(b'=') => self.at += 1,
            b'=' => return Err(self.error(start, "`=` is not an operator").mend("use `==`")),
            b'&' | b'|' if next == Some(byte) => self.at += 1,
            b'&' | b'|' => {
                let sign = char::from(byte);
                return Err(self
                    .error(start, format!("`{sign}` is not an operator"))
                    .mend(format!("use `{sign}{sign}`")));
            }
            b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'.' | b',' | b':' => {}
            _ => {
                let sign = self.source[start..].chars().next().unwrap_or('?');
                return Err(self.error(start, format!("unexpected `{sign}`")));
            }
        }
        if self.open.len() + self.conditionals > MAX_NESTING {
            return Err(self
                .error(start, "the expression nests too deeply")
                .mend(format!("{MAX_NESTING} levels are allowed")));
        }
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), FilterError> {
        let wanted = if byte == b')' { b'(' } else { b'[' };
        match self.open.pop() {
            Some((_, open)) if open == wanted => Ok(()),
            _ => Err(self.error(self.at - 1, format!("`{}` closes nothing", char::from(byte)))),
        }
    }
}
