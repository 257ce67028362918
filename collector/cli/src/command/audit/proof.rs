//! What it takes to believe a chain: SHA-256, Ed25519, and a word on what was found.

use std::path::Path;

use aws_lc_rs::{
    digest,
    signature::{ED25519, UnparsedPublicKey},
};
use dogwatch_model::counted;
use dogwatch_triage::audit::{Chain, Checkpoint, Digest, Fault, Head, PublicKey, Source, Witness};
use serde_json::json;

use crate::{
    failure::{Exit, Failure},
    output::{self, Screen},
};

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> Digest {
    let mut hash = Digest::ZEROS;
    hash.0.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// The short name of a key: the first 16 digits of its SHA-256.
pub(super) fn key_id(key: &PublicKey) -> String {
    let mut id = sha256(&key.0).to_string();
    id.truncate(16);
    id
}

/// Checkpoints that a key signed, as witnesses.
pub(super) fn witnesses(
    checkpoints: impl IntoIterator<Item = Checkpoint>,
    source: Source,
    key: &PublicKey,
) -> Result<Vec<Witness>, Fault> {
    let public = UnparsedPublicKey::new(&ED25519, key.0);
    let vouched = |checkpoint: Checkpoint| {
        let holds = public.verify(&checkpoint.statement().bytes(), &checkpoint.signature.0);
        let forged = |_| Fault::Forged { seq: checkpoint.seq, key: key_id(key), whose: source };
        holds.map_err(forged).map(|()| Witness { checkpoint, source })
    };
    checkpoints.into_iter().map(vouched).collect()
}

/// A chain that does not hold.
pub(super) fn broken(chain: &Chain, fault: &Fault) -> Failure {
    Failure::new(Exit::NotMet, format!("the audit of {} does not hold: {fault}", named(chain)))
}

/// Whose chain, in words.
pub(super) fn named(chain: &Chain) -> String {
    chain.org().map_or_else(|| "the collector itself".to_owned(), ToString::to_string)
}

/// A chain that holds.
pub(super) struct Found {
    pub(super) chain: Chain,
    pub(super) head: Head,
    /// The last record that a checkpoint stands for, whoever signed that.
    pub(super) claimed: Option<u64>,
    /// The last record that a checkpoint vouches for, and the key that signed it.
    pub(super) vouched: Option<(u64, String)>,
}

impl Found {
    /// Refuses a file whose end nothing vouches for: records are cut off with the checkpoints that stood for them, and what is
    /// left holds.
    pub(super) fn ends_where_it_should(&self, path: &Path) -> Result<(), Failure> {
        let (last, file) = (self.head.seq, path.display());
        let why = match (&self.vouched, self.claimed) {
            (Some((vouched, _)), _) if *vouched >= last => return Ok(()),
            (Some((vouched, _)), _) => format!(
                "nothing vouches for the end of {file}: its last checkpoint stands for record {vouched} and its last record is \
                 {last}, so whatever came behind may be cut off; verify the whole file as `--export` wrote it"
            ),
            (None, None) => format!(
                "nothing vouches for the end of {file}: it has no checkpoint, so whatever came behind record {last} may be cut \
                 off; verify the whole file as `--export` wrote it, or give a checkpoint that you hold (--checkpoints FILE)"
            ),
            (None, Some(_)) => format!(
                "nothing vouches for {file}: whose key its checkpoints should be signed with is not known here; give it with \
                 --key (`dogwatch whoami -o json` at the collector shows it)"
            ),
        };
        let settle = "; --unsigned settles for records that fit together";
        Err(Failure::new(Exit::NotMet, why + settle))
    }

    /// Says that it holds, and how far.
    pub(super) fn tell(&self, screen: &Screen) -> Result<(), Failure> {
        let Self { chain, head, vouched, claimed: _ } = self;
        if screen.is_for_programs() {
            let vouched = vouched.as_ref().map(|(seq, key)| json!({ "seq": seq, "key": key }));
            let found = json!({ "chain": chain, "holds": true, "head": head, "vouched": vouched });
            return output::print(&screen.whole(&found)?);
        }
        let (whose, records) = (named(chain), counted(head.seq, "record", "records"));
        output::print(&match vouched {
            Some((seq, key)) => format!(
                "the audit of {whose} holds: {records}, {seq} of them vouched for by a checkpoint of key {key}\n"
            ),
            None => format!(
                "the audit of {whose} holds in itself: {records}; no checkpoint that could be verified says that it is whole\n"
            ),
        })
    }
}
