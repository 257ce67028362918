//! Installed software: every package and product with its version.
//!
//! The list can be a hundred kilobytes, so it travels only when the collector asks for it: the inventory carries its
//! count and its digest, and a collector that holds another digest asks. The list is read anew for each answer and
//! not kept.

pub(super) mod apk;
pub(super) mod applications;
pub(super) mod dpkg;
pub(super) mod pacman;
#[cfg(any(windows, test))]
mod registry;
pub(super) mod snap;

#[cfg(target_os = "linux")]
#[path = "software/linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "software/macos.rs"]
mod imp;
#[cfg(windows)]
#[path = "software/windows.rs"]
mod imp;

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use aws_lc_rs::digest::{Context, SHA256};
use dogwatch_model::{ScanResult, Software, SoftwareDigest};
use dogwatch_proto::{conversions::limits, v1};
use prost::Message as _;
use tokio::time::Instant;

use super::{Desk, Look};
use crate::{report::Observation, sources::order};

/// Without a question there is nothing to do.
const NEVER: Duration = Duration::from_secs(365 * 86_400);
/// Room in a message for everything but the list.
const FRAME: usize = 1024;

/// Answers the collector when it asks for the list.
pub async fn run(mut desk: Desk, root: PathBuf) {
    loop {
        match desk.next_look(Instant::now(), |_| NEVER).await {
            Look::Never => return,
            Look::Asked => {
                let (software, left_out) = look(&root).await;
                let (result, reason) = match left_out {
                    0 => (ScanResult::Ok, None),
                    more => (
                        ScanResult::Partial,
                        Some(format!(
                            "{more} of {} entries are left out: a report holds no more",
                            more + software.len()
                        )),
                    ),
                };
                desk.tell(Observation::Software(software)).await;
                desk.tell_standing("software", result, reason).await;
            }
            Look::Due | Look::Changed => {}
        }
    }
}

/// The list as a report can hold it, and how many entries it cannot.
pub async fn look(root: &Path) -> (Vec<Software>, usize) {
    let mut software = imp::list(root).await;
    for entry in &mut software {
        for text in [&mut entry.source, &mut entry.name, &mut entry.version] {
            *text = limits::clip(text, limits::NAME_BYTES);
        }
    }
    order::by(&mut software, Ord::cmp);
    software.dedup();
    let all = software.len();
    let mut bytes = 0;
    let fits = software.iter().take(limits::SOFTWARE).take_while(|&entry| {
        bytes += v1::SoftwareList::from(core::slice::from_ref(entry)).encoded_len();
        bytes <= limits::MESSAGE_BYTES - FRAME
    });
    let kept = fits.count();
    software.truncate(kept);
    (software, all - kept)
}

/// Keeps the digest of the list for as long as nothing was installed or removed.
#[derive(Debug, Default)]
pub struct Census {
    stamps: Vec<Option<SystemTime>>,
    known: Option<SoftwareDigest>,
}

impl Census {
    /// Count and digest of the list; `None` where nothing is known of any.
    pub async fn digest(&mut self, root: &Path) -> Option<SoftwareDigest> {
        let stamps = imp::stamps(root);
        if stamps != self.stamps || self.known.is_none() {
            self.known = digest(&look(root).await.0);
            self.stamps = stamps;
        }
        self.known.clone()
    }
}

/// Count and digest of a sorted list: the first half of the SHA-256 over its entries, a line each.
fn digest(software: &[Software]) -> Option<SoftwareDigest> {
    let mut context = Context::new(&SHA256);
    for Software { source, name, version } in software {
        for part in [source, "\t", name, "\t", version, "\n"] {
            context.update(part.as_bytes());
        }
    }
    let digest = context.finish();
    let hex = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let count = u32::try_from(software.len()).unwrap_or(u32::MAX);
    (count > 0).then_some(SoftwareDigest { count, digest: hex })
}

/// An entry of a list.
fn entry(source: &str, name: &str, version: &str) -> Software {
    Software { source: source.to_owned(), name: name.to_owned(), version: version.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_changes_with_a_version_and_with_nothing_else() {
        let list = |version: &str| vec![entry("dpkg", "bash", "5.2"), entry("dpkg", "curl", version)];
        assert_eq!(digest(&list("7")), digest(&list("7")));
        assert_ne!(digest(&list("7")), digest(&list("8")));
        assert_eq!(digest(&list("7")).map(|digest| (digest.count, digest.digest.len())), Some((2, 32)));
        assert_eq!(digest(&[]), None);
    }

    #[tokio::test]
    async fn the_list_is_read_again_only_when_something_was_installed() {
        let root = tempfile::tempdir().unwrap();
        let status = root.path().join("var/lib/dpkg/status");
        std::fs::create_dir_all(status.parent().unwrap()).unwrap();
        let package = |name: &str| format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n\n");
        std::fs::write(&status, package("a")).unwrap();
        let mut census = Census::default();
        let first = census.digest(root.path()).await.unwrap();
        let stamp = std::fs::metadata(&status).unwrap().modified().unwrap();
        let rewrite = |text: String, at| {
            std::fs::write(&status, text).unwrap();
            std::fs::File::options().write(true).open(&status).unwrap().set_modified(at).unwrap();
        };
        rewrite(package("b"), stamp);
        assert_eq!(census.digest(root.path()).await.as_ref(), Some(&first), "the same stamp: not read");
        rewrite(package("a") + &package("b"), stamp + Duration::from_secs(1));
        assert_eq!(census.digest(root.path()).await.map(|digest| digest.count), Some(2));
    }

    #[tokio::test]
    async fn a_list_that_no_report_can_hold_is_cut_and_counted() {
        let root = tempfile::tempdir().unwrap();
        let status = root.path().join("var/lib/dpkg/status");
        std::fs::create_dir_all(status.parent().unwrap()).unwrap();
        let name = "x".repeat(100);
        let packages: String = (0..5000)
            .map(|n| format!("Package: {name}{n:05}\nStatus: install ok installed\nVersion: 1.0\n\n"))
            .collect();
        std::fs::write(&status, packages).unwrap();
        let (software, left_out) = look(root.path()).await;
        assert_eq!(software.len() + left_out, 5000);
        assert!(left_out > 0);
        let list = v1::SoftwareList::from(software.as_slice());
        assert!(list.encoded_len() < limits::MESSAGE_BYTES - FRAME / 2);
    }
}
