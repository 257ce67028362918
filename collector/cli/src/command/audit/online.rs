//! Verifying a chain at the collector: every record, every checkpoint, and what this computer remembers.

use dogwatch_triage::audit::{Chain, Checkpoint, PublicKey, Record, Source, Verifier};

use super::{
    PAGE,
    held::{Held, OfCollector},
    proof::{self, Found, broken, key_id, witnesses},
};
use crate::{
    args::Audit,
    client::{Client, Pages},
    failure::{Exit, Failure},
    output::{Screen, text_at},
    progress::Progress,
};

/// A collector's audit, as it is asked for.
pub(super) struct Collector {
    pub(super) client: Client,
    /// The SHA-256 of its root certificate.
    pub(super) collector: String,
    pub(super) key: PublicKey,
    pub(super) chain: Chain,
    pub(super) checkpoints: Vec<Checkpoint>,
}

impl Collector {
    pub(super) fn ask(asked: &Audit) -> Result<Self, Failure> {
        let client = Client::logged_in()?;
        let who = client.get("whoami", &[])?;
        let key = text_at(&who, "collector.audit_key.public_key").parse().map_err(|_| {
            Failure::new(Exit::NotMet, "this collector has no key for its audit; see its log, or update it")
        })?;
        let chain = super::chain(&client, asked)?;
        let collector = text_at(&who, "collector.root_sha256");
        // Before the records: whatever they vouch for has come when the last record has.
        let answer = client.get("audit/checkpoints", &[("org", &chain.to_string())])?;
        let checkpoints = serde_json::from_value(answer["checkpoints"].clone()).map_err(|error| {
            Failure::new(Exit::NotMet, format!("the collector's checkpoints cannot be understood: {error}"))
        })?;
        Ok(Self { client, collector, key, chain, checkpoints })
    }

    /// Goes through every record, oldest first.
    pub(super) fn walk(
        &self,
        verifier: &mut Verifier,
        mut each: impl FnMut(&Record) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (chain, limit) = (self.chain.to_string(), PAGE.to_string());
        let mut pages = Pages::default();
        let mut progress: Option<Progress> = None;
        loop {
            let mut params = vec![("org", chain.as_str()), ("order", "oldest"), ("limit", &limit)];
            params.extend(pages.cursor().map(|next| ("cursor", next)));
            let page = self.client.get("audit", &params)?;
            let progress = progress.get_or_insert_with(|| {
                Progress::begin(format!("verifying {chain}"), page["head"]["seq"].as_u64())
            });
            let records = page["records"].as_array().map_or(&[][..], Vec::as_slice);
            for value in records {
                let record = verifier.take(value).map_err(|fault| broken(&self.chain, &fault))?;
                each(&record)?;
            }
            progress.reach(verifier.head().seq);
            if !pages.turn(&page, records.len())? {
                return Ok(());
            }
        }
    }
}

pub(super) fn verify(asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    let source = Collector::ask(asked)?;
    let mut held = Held::load()?;
    if asked.start_anew {
        held.forget(&source.collector);
    }
    let found = verify_against(&source, held.of(&source.collector))?;
    if let Some(last) = source.checkpoints.into_iter().max_by_key(|checkpoint| checkpoint.seq) {
        held.remember(source.collector, source.key, last);
        held.save()?;
    }
    found.tell(screen)
}

/// Verifies a chain, also against what this computer has seen of it before.
fn verify_against(source: &Collector, known: Option<&OfCollector>) -> Result<Found, Failure> {
    if let Some(known) = known.filter(|known| known.key != source.key) {
        return Err(Failure::new(
            Exit::NotMet,
            format!(
                "the audit's key is {} now and was {} before: somebody made a new one; ask who and why, then: \
                 dogwatch audit --verify --start-anew",
                key_id(&source.key),
                key_id(&known.key)
            ),
        ));
    }
    let fault = |fault| {
        let failure = broken(&source.chain, &fault);
        match known {
            Some(_) => Failure::new(
                Exit::NotMet,
                format!(
                    "{failure}; if the collector was restored from a backup since: dogwatch audit --verify --start-anew"
                ),
            ),
            None => failure,
        }
    };
    let given = source.checkpoints.iter().cloned();
    let mut all = witnesses(given, Source::Given, &source.key).map_err(fault)?;
    let held = known.and_then(|known| known.checkpoints.get(&source.chain)).cloned();
    all.extend(witnesses(held, Source::Held, &source.key).map_err(fault)?);
    let claimed = all.iter().map(|witness| witness.checkpoint.seq).max();
    let mut verifier = Verifier::new(source.chain.clone(), proof::sha256, all);
    source.walk(&mut verifier, |_| Ok(()))?;
    let head = verifier.finish().map_err(fault)?;
    let vouched = claimed.map(|seq| (seq, key_id(&source.key)));
    Ok(Found { chain: source.chain.clone(), head, claimed, vouched })
}
