//! How many of something, as people say it: `1 grant`, `2 grants`.

use std::fmt::Display;

/// A count with the word for one or for many: `counted(1, "entry", "entries")` is `1 entry`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_nothing_is_many() {
        let of = |count: u64| counted(count, "entry", "entries");
        assert_eq!([0, 1, 2].map(of), ["0 entries", "1 entry", "2 entries"]);
    }
}
