//! `os-release(5)`. Pure.

/// The value of a key, without its quotes and escapes.
pub(super) fn value(os_release: &str, key: &str) -> Option<String> {
    let raw = os_release.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?.trim();
    let quoted = ['"', '\''].iter().find_map(|&quote| raw.strip_prefix(quote)?.strip_suffix(quote));
    let mut value = String::new();
    let mut characters = quoted.unwrap_or(raw).chars();
    while let Some(character) = characters.next() {
        value.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on Debian 12.
    const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n\
        VERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n";

    #[test]
    fn quoted_bare_and_absent_values_are_told_apart() {
        assert_eq!(value(DEBIAN, "NAME").as_deref(), Some("Debian GNU/Linux"));
        assert_eq!(value(DEBIAN, "VERSION_ID").as_deref(), Some("12"));
        assert_eq!(value(DEBIAN, "ID").as_deref(), Some("debian"));
        assert_eq!(value(DEBIAN, "BUILD_ID"), None);
        assert_eq!(value("NAME='It\\'s \\$1'\n", "NAME").as_deref(), Some("It's $1"));
        assert_eq!(value("NAME=\n", "NAME"), None);
    }
}
