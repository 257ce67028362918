//! What backup tools say of a run in JSON, noticed as their output passes by: restic's `--json` summary, the document
//! of `borg create --json`, Kopia's snapshot.
//!
//! Nothing is asked of the tool: who runs it without JSON gets the run without these numbers. Memory is bounded; a line
//! or a document that is longer than any of these is passed over.

use serde::Deserialize;

use super::drop_in::DropIn;

/// A summary has one kilobyte; borg's document repeats the command line.
const MOST_BYTES: usize = 64 * 1024;

/// Reads along.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    line: Vec<u8>,
    too_long: bool,
    /// A document over several lines, from its first brace on.
    document: Option<String>,
    run: Option<Told>,
}

/// What was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Restic(Summary),
    Borg(Archive),
    Kopia(Snapshot),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Summary {
    snapshot_id: Option<String>,
    files_new: Option<u64>,
    files_changed: Option<u64>,
    data_added: Option<u64>,
    total_bytes_processed: Option<u64>,
}

#[derive(Deserialize)]
struct BorgDocument {
    archive: Archive,
    encryption: Option<BorgEncryption>,
    repository: Option<BorgRepository>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Archive {
    name: String,
    stats: ArchiveStats,
    #[serde(skip)]
    encrypted: Option<bool>,
    #[serde(skip)]
    target: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ArchiveStats {
    deduplicated_size: Option<u64>,
    original_size: Option<u64>,
}

#[derive(Deserialize)]
struct BorgEncryption {
    mode: String,
}

#[derive(Deserialize)]
struct BorgRepository {
    location: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    id: String,
    root_entry: RootEntry,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct RootEntry {
    summ: RootSummary,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RootSummary {
    size: Option<u64>,
    num_failed: Option<u64>,
}

impl Noticed {
    pub(crate) fn note(&mut self, bytes: &[u8]) {
        for chunk in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + chunk.len() > MOST_BYTES {
                self.too_long = true;
            } else if !self.too_long {
                self.line.extend_from_slice(chunk);
            }
            if chunk.ends_with(b"\n") {
                self.close();
            }
        }
    }

    /// What was noticed last: a script may run a tool several times.
    pub(crate) fn finish(mut self) -> Option<Told> {
        self.close();
        self.run
    }

    fn close(&mut self) {
        let (line, too_long) = (std::mem::take(&mut self.line), std::mem::take(&mut self.too_long));
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if too_long {
            self.document = None;
        } else if text == "{" {
            self.document = Some(text.to_owned());
        } else if let Some(document) = &mut self.document {
            document.push_str(text);
            if text == "}" || document.len() > MOST_BYTES {
                let document = self.document.take().unwrap_or_default();
                self.run = understand(&document).or(self.run.take());
            }
        } else if text.starts_with('{') && text.ends_with('}') {
            self.run = understand(text).or(self.run.take());
        }
    }
}

fn understand(json: &str) -> Option<Told> {
    // Progress comes many times a second; it is none of these.
    if json.contains(r#""message_type":"summary""#) {
        serde_json::from_str(json).ok().map(Told::Restic)
    } else if json.contains(r#""archive""#) {
        let BorgDocument { archive, encryption, repository } = serde_json::from_str(json).ok()?;
        let encrypted = encryption.map(|encryption| !matches!(&*encryption.mode, "none" | "authenticated"));
        let target = repository.map(|repository| repository.location);
        Some(Told::Borg(Archive { encrypted, target, ..archive }))
    } else if json.contains(r#""rootEntry""#) {
        serde_json::from_str(json).ok().map(Told::Kopia)
    } else {
        None
    }
}

impl Told {
    /// Writes what was noticed into the drop-in.
    pub(crate) fn lay_over(self, drop_in: &mut DropIn) {
        match self {
            Self::Restic(summary) => {
                drop_in.snapshot = summary.snapshot_id;
                drop_in.files_new = summary.files_new;
                drop_in.files_changed = summary.files_changed;
                drop_in.bytes_added = summary.data_added;
                drop_in.bytes_total = summary.total_bytes_processed;
                drop_in.encrypted = Some(true);
            }
            Self::Borg(archive) => {
                drop_in.snapshot = Some(archive.name);
                drop_in.bytes_added = archive.stats.deduplicated_size;
                drop_in.bytes_total = archive.stats.original_size;
                (drop_in.encrypted, drop_in.target) = (archive.encrypted, archive.target);
            }
            Self::Kopia(snapshot) => {
                drop_in.snapshot = Some(snapshot.id);
                drop_in.bytes_total = snapshot.root_entry.summ.size;
                drop_in.errors = snapshot.root_entry.summ.num_failed;
                drop_in.encrypted = Some(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noticed(chunks: &[&str]) -> Option<DropIn> {
        let mut noticed = Noticed::default();
        chunks.iter().for_each(|chunk| noticed.note(chunk.as_bytes()));
        let mut drop_in = DropIn::default();
        noticed.finish().map(|told| {
            told.lay_over(&mut drop_in);
            drop_in
        })
    }

    #[test]
    fn the_summary_of_restic_is_noticed_however_it_is_cut() {
        // restic 0.14.0.
        let status =
            "{\"message_type\":\"status\",\"percent_done\":0,\"total_files\":1,\"total_bytes\":300000}\n";
        let (a, b) = (
            "{\"message_type\":\"summary\",\"files_new\":2,\"files_changed\":1,\"data_added\":301054,",
            "\"total_bytes_processed\":300006,\"total_duration\":0.2,\"snapshot_id\":\"74f27c47\"}\n",
        );
        let drop_in = noticed(&[status, a, b]).unwrap();
        assert_eq!(drop_in.snapshot.as_deref(), Some("74f27c47"));
        assert_eq!((drop_in.bytes_added, drop_in.bytes_total), (Some(301_054), Some(300_006)));
        assert_eq!((drop_in.files_new, drop_in.files_changed), (Some(2), Some(1)));
    }

    #[test]
    fn the_document_of_borg_and_the_snapshot_of_kopia_are_noticed() {
        // borg 1.2.4, shortened.
        let borg = "creating\n{\n    \"archive\": {\n        \"name\": \"one\",\n        \"stats\": {\n            \"deduplicated_size\": 575,\n            \"original_size\": 300545\n        }\n    },\n    \"encryption\": {\n        \"mode\": \"repokey\"\n    },\n    \"repository\": {\n        \"location\": \"/srv/borg\"\n    }\n}\n";
        let drop_in = noticed(&[borg]).unwrap();
        assert_eq!((drop_in.snapshot.as_deref(), drop_in.bytes_total), (Some("one"), Some(300_545)));
        assert_eq!((drop_in.encrypted, drop_in.target.as_deref()), (Some(true), Some("/srv/borg")));
        let kopia = r#"{"id":"7fdc","source":{"host":"h"},"rootEntry":{"name":"srv","summ":{"size":5,"numFailed":1}}}"#;
        let drop_in = noticed(&[kopia]).unwrap();
        assert_eq!((drop_in.snapshot.as_deref(), drop_in.errors), (Some("7fdc"), Some(1)));
    }

    #[test]
    fn other_words_and_endless_lines_are_passed_over() {
        assert!(noticed(&["snapshot 74f27c47 saved\n", "{}\n", "{\n", "}\n"]).is_none());
        assert!(noticed(&[&"{".repeat(200_000), "\n", &"x".repeat(200_000)]).is_none());
        assert!(noticed(&["{\n", &" \"a\": 1,\n".repeat(100_000)]).is_none());
    }
}
