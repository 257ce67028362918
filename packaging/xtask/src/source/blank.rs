//! Replaces comments and the insides of literals by spaces; lines and columns stay where they were.

/// What the scanner is inside of.
enum Inside {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
}

pub(super) fn blank(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut scanner = Scanner { letters: &letters, at: 0, out: String::with_capacity(text.len()) };
    let mut inside = Inside::Code;
    while scanner.at < letters.len() {
        inside = match inside {
            Inside::Code => scanner.code(),
            Inside::LineComment => scanner.line_comment(),
            Inside::BlockComment { depth } => scanner.block_comment(depth),
            Inside::Text => scanner.text(),
            Inside::RawText { hashes } => scanner.raw_text(hashes),
        };
    }
    scanner.out
}

struct Scanner<'text> {
    letters: &'text [char],
    at: usize,
    out: String,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> char {
        self.letters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            self.out.push(self.peek(0));
            self.at += 1;
        }
    }

    fn hide(&mut self, count: usize) {
        for _ in 0..count {
            self.out.push(if self.peek(0) == '\n' { '\n' } else { ' ' });
            self.at += 1;
        }
    }

    fn code(&mut self) -> Inside {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => return Inside::LineComment,
            ('/', '*') => {
                self.hide(2);
                return Inside::BlockComment { depth: 1 };
            }
            ('"', _) => {
                self.keep(1);
                return Inside::Text;
            }
            ('r', '"' | '#') if !self.follows_word() => {
                if let Some(hashes) = self.raw_opening() {
                    self.keep(hashes + 2);
                    return Inside::RawText { hashes };
                }
                self.keep(1);
            }
            ('\'', _) => self.quote(),
            _ => self.keep(1),
        }
        Inside::Code
    }

    /// Whether the letter before belongs to a word; a literal's prefix letter (`br"…"`) does not count.
    fn follows_word(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).map(|index| self.letters[index]) else { return false };
        let prefix = matches!(before, 'b' | 'c')
            && self.at.checked_sub(2).is_none_or(|index| !is_word(self.letters[index]));
        is_word(before) && !prefix
    }

    /// The number of hashes of a raw string that opens here; none if it is a raw identifier (`r#type`).
    fn raw_opening(&self) -> Option<usize> {
        let hashes = self.letters[self.at + 1..].iter().take_while(|&&letter| letter == '#').count();
        (self.peek(hashes + 1) == '"').then_some(hashes)
    }

    /// A character literal, whose inside is hidden, or the tick of a lifetime.
    fn quote(&mut self) {
        let length = if self.peek(1) == '\\' {
            (3..=12).find(|&ahead| self.peek(ahead) == '\'')
        } else {
            (self.peek(2) == '\'').then_some(2)
        };
        self.keep(1);
        if let Some(length) = length {
            self.hide(length - 1);
            self.keep(1);
        }
    }

    fn line_comment(&mut self) -> Inside {
        if self.peek(0) == '\n' {
            self.keep(1);
            return Inside::Code;
        }
        self.hide(1);
        Inside::LineComment
    }

    fn block_comment(&mut self, depth: usize) -> Inside {
        let depth = match (self.peek(0), self.peek(1)) {
            ('*', '/') => depth - 1,
            ('/', '*') => depth + 1,
            _ => {
                self.hide(1);
                return Inside::BlockComment { depth };
            }
        };
        self.hide(2);
        if depth == 0 { Inside::Code } else { Inside::BlockComment { depth } }
    }

    fn text(&mut self) -> Inside {
        match self.peek(0) {
            '\\' => self.hide(2.min(self.letters.len() - self.at)),
            '"' => {
                self.keep(1);
                return Inside::Code;
            }
            _ => self.hide(1),
        }
        Inside::Text
    }

    fn raw_text(&mut self, hashes: usize) -> Inside {
        if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
            self.keep(hashes + 1);
            return Inside::Code;
        }
        self.hide(1);
        Inside::RawText { hashes }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_hidden_and_code_stays_in_place() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"a("b\"}", c)"#, r#"a("    ", c)"#),
            ("a(r\"b\\\", c)", "a(r\"  \", c)"),
            (r##"a(br#"b"}"#, c)"##, r##"a(br#"   "#, c)"##),
            ("r#type = '{'; '\\''; &'a str", "r#type = ' '; '  '; &'a str"),
            (r"'\u{1F600}' }", r"'         ' }"),
            ("a \"b\nc\" d", "a \" \n \" d"),
        ] {
            assert_eq!(blank(text), expected, "{text}");
        }
    }
}
