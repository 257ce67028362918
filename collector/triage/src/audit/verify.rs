//! Going through a chain record by record, and saying where it does not hold.

use core::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::{Chain, Checkpoint, Digest, Head, RECORD_TAG, Record, Sha256, canonical};

/// Where a chain does not hold, and what that means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line that is no record.
    #[error("line {line} is not a record: {why}")]
    Unreadable {
        /// Counted from 1.
        line: u64,
        /// What it is not.
        why: String,
    },
    /// A record of another chain.
    #[error("line {line} is a record of `{found}`, and this is the chain of `{wanted}`: it was put in")]
    Foreign {
        /// Where.
        line: u64,
        /// Whose it is.
        found: Chain,
        /// Whose it should be.
        wanted: Chain,
    },
    /// Records that are not there.
    #[error("line {line} is record {found}, and record {wanted} should stand there: {} removed", count(*wanted, *found))]
    Missing {
        /// Where.
        line: u64,
        /// What should stand there.
        wanted: u64,
        /// What does.
        found: u64,
    },
    /// A record that stands there again, or in another's place.
    #[error(
        "line {line} is record {found}, and record {wanted} should stand there: records were moved or put in"
    )]
    OutOfPlace {
        /// Where.
        line: u64,
        /// What should stand there.
        wanted: u64,
        /// What does.
        found: u64,
    },
    /// A record that is not what was hashed.
    #[error("record {seq} (line {line}) was changed: what it says does not fit its hash")]
    Changed {
        /// Where.
        line: u64,
        /// Which.
        seq: u64,
    },
    /// A record that says the same in other bytes.
    #[error(
        "record {seq} (line {line}) was written anew: it is not in the one form that records have (RFC 8785)"
    )]
    Rewritten {
        /// Where.
        line: u64,
        /// Which.
        seq: u64,
    },
    /// A record that does not follow from the one before it.
    #[error(
        "record {seq} (line {line}) does not follow from the one before it: that one was replaced, or this one was put in"
    )]
    Unlinked {
        /// Where.
        line: u64,
        /// Which.
        seq: u64,
    },
    /// The chain ends before a checkpoint.
    #[error(
        "the chain ends with record {last}, and {whose} of {at:.0} stands for record {seq}: {} cut off its end",
        count(*last, *seq)
    )]
    Cut {
        /// The last record that there is.
        last: u64,
        /// What the checkpoint stands for.
        seq: u64,
        /// When it was signed.
        at: Timestamp,
        /// Where it comes from.
        whose: Source,
    },
    /// A record is not the one that a checkpoint stands for.
    #[error(
        "record {seq} is not the one that {whose} of {at:.0} stands for: the chain was written anew up to it"
    )]
    OtherHistory {
        /// Which.
        seq: u64,
        /// When the checkpoint was signed.
        at: Timestamp,
        /// Where it comes from.
        whose: Source,
    },
    /// A checkpoint that the key did not sign.
    #[error(
        "{whose} of record {seq} was not signed with the key {key} of this collector: it is forged, or the key is another"
    )]
    Forged {
        /// What it claims to stand for.
        seq: u64,
        /// The key that should have signed it.
        key: String,
        /// Where it comes from.
        whose: Source,
    },
}

/// `1 record was`, `3 records were`.
fn count(from: u64, to: u64) -> String {
    match to.saturating_sub(from) {
        1 => "1 record was".to_owned(),
        many => format!("{many} records were"),
    }
}

/// Where a checkpoint comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The collector gave it, or it stands beside the records.
    Given,
    /// Whoever verifies has kept it from an earlier time.
    Held,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "the checkpoint",
            Self::Held => "the checkpoint that you hold",
        })
    }
}

/// A checkpoint that a chain has to agree with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Where it comes from.
    pub source: Source,
}

/// Goes through one chain from its first record. After a fault it is of no more use.
#[derive(Debug, Clone)]
pub struct Verifier {
    chain: Chain,
    sha256: Sha256,
    head: Head,
    lines: u64,
    /// The latest first, so that the next one is at the end.
    witnesses: Vec<Witness>,
}

impl Verifier {
    /// A verifier of a chain that has to agree with these checkpoints; those of other chains do not concern it.
    pub fn new(chain: Chain, sha256: Sha256, mut witnesses: Vec<Witness>) -> Self {
        witnesses.retain(|witness| witness.checkpoint.chain == chain);
        witnesses.sort_by_key(|witness| core::cmp::Reverse(witness.checkpoint.seq));
        Self { chain, sha256, head: Head::START, lines: 0, witnesses }
    }

    /// The last record that was found good.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Takes the next line of an export.
    ///
    /// # Errors
    /// Where the chain does not hold.
    pub fn take_line(&mut self, line: &str) -> Result<Record, Fault> {
        let number = self.lines + 1;
        let unreadable = |why: String| Fault::Unreadable { line: number, why };
        let value: Value = serde_json::from_str(line).map_err(|error| unreadable(error.to_string()))?;
        let record = self.take(&value)?;
        // Whoever adds a second `act` or a space changes no value, but the bytes that people look at.
        if canonical::of(&value).as_deref() != Ok(line) {
            return Err(Fault::Rewritten { line: number, seq: record.seq });
        }
        Ok(record)
    }

    /// The next line of the file is no record: those behind it are counted on, so that faults name their place.
    pub const fn pass_line(&mut self) {
        self.lines += 1;
    }

    /// Takes the next record as a JSON value.
    ///
    /// # Errors
    /// Where the chain does not hold.
    pub fn take(&mut self, value: &Value) -> Result<Record, Fault> {
        self.lines += 1;
        let line = self.lines;
        let unreadable = |why: String| Fault::Unreadable { line, why };
        let record: Record = serde::Deserialize::deserialize(value)
            .map_err(|error: serde_json::Error| unreadable(error.to_string()))?;
        // Over what stands there, not over what was understood of it.
        let form = canonical::without(value, "hash").map_err(|error| unreadable(error.to_string()))?;
        if (self.sha256)(format!("{RECORD_TAG}{form}").as_bytes()) != record.hash {
            return Err(Fault::Changed { line, seq: record.seq });
        }
        self.stands_in_place(line, &record)?;
        if record.prev != self.head.hash {
            return Err(Fault::Unlinked { line, seq: record.seq });
        }
        self.head = record.head();
        self.hear_witnesses(record.seq, record.hash)?;
        Ok(record)
    }

    fn stands_in_place(&self, line: u64, record: &Record) -> Result<(), Fault> {
        if record.chain != self.chain {
            let (found, wanted) = (record.chain.clone(), self.chain.clone());
            return Err(Fault::Foreign { line, found, wanted });
        }
        let (wanted, found) = (self.head.seq + 1, record.seq);
        match found.cmp(&wanted) {
            core::cmp::Ordering::Equal => Ok(()),
            core::cmp::Ordering::Greater => Err(Fault::Missing { line, wanted, found }),
            core::cmp::Ordering::Less => Err(Fault::OutOfPlace { line, wanted, found }),
        }
    }

    fn hear_witnesses(&mut self, seq: u64, hash: Digest) -> Result<(), Fault> {
        while let Some(Witness { checkpoint, source }) =
            self.witnesses.pop_if(|witness| witness.checkpoint.seq <= seq)
        {
            if checkpoint.seq == seq && checkpoint.hash != hash {
                return Err(Fault::OtherHistory { seq, at: checkpoint.at, whose: source });
            }
        }
        Ok(())
    }

    /// There are no more records: whatever checkpoints stand for must have come by then.
    ///
    /// # Errors
    /// [`Fault::Cut`].
    pub fn finish(self) -> Result<Head, Fault> {
        let last = self.head.seq;
        let later = |witness: &&Witness| witness.checkpoint.seq > last;
        match self.witnesses.iter().find(later) {
            Some(Witness { checkpoint, source }) => {
                Err(Fault::Cut { last, seq: checkpoint.seq, at: checkpoint.at, whose: *source })
            }
            None => Ok(self.head),
        }
    }
}
