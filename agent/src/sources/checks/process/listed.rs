//! Whether a process of a list is the one that is meant, on systems that list files of programs. Pure.

/// What the kernel of macOS keeps of a name (`MAXCOMLEN`).
const KEPT_BYTES: usize = 16;
const PROGRAM: &str = ".exe";

/// Windows does not tell capitals from small letters and its people leave out `.exe`; the kernel of macOS cuts long names.
pub(super) fn is_named(found: &str, wanted: &str) -> bool {
    let bare = |name: &str| {
        let small = name.to_ascii_lowercase();
        small.strip_suffix(PROGRAM).map(str::to_owned).unwrap_or(small)
    };
    if bare(found) == bare(wanted) {
        return true;
    }
    found.len() == KEPT_BYTES && wanted.len() > KEPT_BYTES && wanted.starts_with(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_meant_with_its_ending_and_without() {
        for (found, wanted, is_meant) in [
            ("sqlservr.exe", "sqlservr", true),
            ("SQLSERVR.EXE", "sqlservr.exe", true),
            ("nginx", "nginx", true),
            ("nginx.exe", "ngin", false),
            ("com.apple.WebKit", "com.apple.WebKit.Networking", true),
            ("com.apple.WebKit.Networking", "com.apple.WebKit", false),
            ("mds", "mds_stores", false),
        ] {
            assert_eq!(is_named(found, wanted), is_meant, "{found} {wanted}");
        }
    }
}
