//! SPDX licence expressions, as crates write them: `AND`, `OR`, `WITH`, brackets, and the older `/` for `OR`.
//!
//! AND binds more tightly than OR. Anything that does not parse is not met.
//! Source: SPDX specification 2.3, annex D.

/// Whether the expression can be met by licences of which each one is allowed.
pub(super) fn is_met(expression: &str, allows: impl Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allows: &allows };
    reader.either() == Some(true) && reader.words.is_empty()
}

struct Reader<'text, F> {
    words: &'text [&'text str],
    allows: &'text F,
}

impl<F: Fn(&str) -> bool> Reader<'_, F> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn either(&mut self) -> Option<bool> {
        let mut met = self.both()?;
        while self.take("OR") {
            met |= self.both()?;
        }
        Some(met)
    }

    fn both(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.either()?;
            return self.take(")").then_some(met);
        }
        let (licence, rest) = self.words.split_first()?;
        self.words = rest;
        if !self.take("WITH") {
            return Some((self.allows)(licence));
        }
        let (exception, rest) = self.words.split_first()?;
        self.words = rest;
        Some((self.allows)(&format!("{licence} WITH {exception}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_as_spdx_defines() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT OR ISC AND GPL-3.0-only", true),
            ("(MIT OR ISC) AND GPL-3.0-only", false),
            ("(GPL-3.0-only OR ISC) AND MIT", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("", false),
            ("MIT MIT", false),
            ("MIT OR", false),
            ("(MIT", false),
        ] {
            let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
            assert_eq!(is_met(expression, |licence| allowed.contains(&licence)), expected, "{expression}");
        }
    }
}
