//! Snaps: a file `NAME_REVISION.snap` each, and the version in the snap's own description.

pub(super) fn name(file: &str) -> Option<&str> {
    let (name, revision) = file.strip_suffix(".snap")?.rsplit_once('_')?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (plain && !name.is_empty() && !revision.is_empty()).then_some(name)
}

/// The value of `version` in a snap.yaml: a plain or quoted scalar at the top level.
pub(super) fn version(yaml: &str) -> Option<String> {
    let value = yaml.lines().find_map(|line| line.strip_prefix("version:"))?.trim();
    let value = value.trim_matches(['\'', '"']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// The face of the parsers in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    name(text);
    version(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_elsewhere_are_not_names() {
        assert_eq!(name("core22_1564.snap"), Some("core22"));
        assert_eq!(name("..%2f_1.snap"), None);
        assert_eq!(name("../x_1.snap"), None);
        assert_eq!(name("core22.snap"), None);
    }

    #[test]
    fn a_version_may_be_quoted() {
        assert_eq!(version("name: a\nversion: '1.2'\n").as_deref(), Some("1.2"));
        assert_eq!(version("name: a\nversion: 20240101\n").as_deref(), Some("20240101"));
        assert_eq!(version("apps:\n  version: 3\n"), None);
    }
}
