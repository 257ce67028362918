//! A file is there, young and large enough. Its content is never opened.
//!
//! A path that the machine's owner does not list is not even looked at: whether a file exists is news too. A listed path
//! that leads elsewhere by a link is judged by where it leads.

use std::{io, path::Path, time::SystemTime};

use dogwatch_model::CheckState;

use super::{NOT_ALLOWED, Verdict, blocking::Hanging, failed, unknown, verdict};
use crate::config::Allow;

/// What is right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    pub(super) max_age_seconds: Option<u64>,
    pub(super) min_bytes: Option<u64>,
    pub(super) max_bytes: Option<u64>,
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    age_seconds: u64,
}

pub(super) async fn look(path: &str, bounds: Bounds, allow: &Allow, hanging: &mut Hanging) -> Verdict {
    if !allow.permits_file(Path::new(path)) {
        return unknown(NOT_ALLOWED);
    }
    let (path, allow) = (path.to_owned(), allow.clone());
    match hanging.call(move || see(Path::new(&path), &allow)).await {
        Ok(Ok(seen)) => judge(seen, bounds),
        Ok(Err(verdict)) => verdict,
        Err(hangs) => unknown(hangs.to_string()),
    }
}

fn see(path: &Path, allow: &Allow) -> Result<Seen, Verdict> {
    let why = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => failed("missing"),
        kind => unknown(kind.to_string()),
    };
    let real = std::fs::canonicalize(path).map_err(why)?;
    if !allow.permits_file(&real) {
        return Err(unknown(NOT_ALLOWED));
    }
    // The real path has no link left; one that appears in this moment is not followed.
    let found = std::fs::symlink_metadata(&real).map_err(why)?;
    if !found.is_file() {
        return Err(failed("not a regular file"));
    }
    let modified = found.modified().map_err(why)?;
    // One from the future is new.
    let age = SystemTime::now().duration_since(modified).unwrap_or_default();
    Ok(Seen { bytes: found.len(), age_seconds: age.as_secs() })
}

/// The words are about the bounds and not about the moment: an ever older file is no news each time.
fn judge(seen: Seen, bounds: Bounds) -> Verdict {
    let Bounds { max_age_seconds, min_bytes, max_bytes } = bounds;
    let value = max_age_seconds.map_or(seen.bytes, |_| seen.age_seconds);
    let wrong = [
        max_age_seconds.filter(|most| seen.age_seconds > *most).map(|most| format!("older than {most} s")),
        min_bytes.filter(|least| seen.bytes < *least).map(|least| format!("smaller than {least} bytes")),
        max_bytes.filter(|most| seen.bytes > *most).map(|most| format!("larger than {most} bytes")),
    ];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    let state = if wrong.is_empty() { CheckState::Ok } else { CheckState::Failed };
    verdict(state, (!wrong.is_empty()).then(|| wrong.join(", ")), Some(value))
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::fs;

    use super::*;

    fn allow(pattern: &Path) -> Allow {
        Allow::of(&format!("files = [{:?}]", pattern.to_str().unwrap())).unwrap()
    }

    async fn state(path: &Path, bounds: Bounds, allow: &Allow) -> (CheckState, Option<String>) {
        let verdict = look(path.to_str().unwrap(), bounds, allow, &mut Hanging::default()).await;
        (verdict.state, verdict.detail)
    }

    #[test]
    fn age_and_size_are_judged_by_the_bounds() {
        let seen = Seen { bytes: 100, age_seconds: 50 };
        for (bounds, expected, value) in [
            (Bounds::default(), None, 100),
            (Bounds { max_age_seconds: Some(50), ..Bounds::default() }, None, 50),
            (Bounds { max_age_seconds: Some(49), ..Bounds::default() }, Some("older than 49 s"), 50),
            (Bounds { min_bytes: Some(101), ..Bounds::default() }, Some("smaller than 101 bytes"), 100),
            (Bounds { max_bytes: Some(99), ..Bounds::default() }, Some("larger than 99 bytes"), 100),
        ] {
            let verdict = judge(seen, bounds);
            assert_eq!((verdict.detail.as_deref(), verdict.value), (expected, Some(value)), "{bounds:?}");
            assert_eq!(verdict.state == CheckState::Ok, expected.is_none());
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_not_listed_is_not_looked_at_and_a_link_does_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(folder.join("ok")).unwrap();
        let (good, secret) = (folder.join("ok/dump.gz"), folder.join("secret"));
        fs::write(&good, b"1234").unwrap();
        fs::write(&secret, b"1234").unwrap();
        std::os::unix::fs::symlink(&secret, folder.join("ok/link.gz")).unwrap();
        std::os::unix::fs::symlink(&good, folder.join("ok/inside.gz")).unwrap();
        fs::create_dir(folder.join("ok/folder.gz")).unwrap();
        let allow = allow(&folder.join("ok/*.gz"));
        let refused = (CheckState::Unknown, Some(NOT_ALLOWED.to_owned()));
        let failed = |what: &str| (CheckState::Failed, Some(what.to_owned()));
        for (path, expected) in [
            (good, (CheckState::Ok, None)),
            (folder.join("ok/inside.gz"), (CheckState::Ok, None)),
            (folder.join("ok/link.gz"), refused.clone()),
            (secret, refused.clone()),
            (folder.join("not-there"), refused.clone()),
            (folder.join("ok/../secret"), refused.clone()),
            ("/etc/shadow".into(), refused),
            (folder.join("ok/gone.gz"), failed("missing")),
            (folder.join("ok/folder.gz"), failed("not a regular file")),
        ] {
            assert_eq!(state(&path, Bounds::default(), &allow).await, expected, "{}", path.display());
        }
    }
}
