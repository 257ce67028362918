//! A chain as a file that can be verified anywhere: records in the form that was hashed, then checkpoints, one a line.

use std::{io::Write as _, path::Path};

use dogwatch_model::counted;
use dogwatch_triage::audit::{Source, Verifier};

use super::{
    held::Held,
    online::Collector,
    proof::{self, broken, key_id, witnesses},
};
use crate::{
    args::Audit,
    failure::Failure,
    output::{self, Screen},
    private_file::{PrivateFile, Standing},
};

pub(super) fn run(path: &Path, asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    // Before anything is asked: what must not be written over is said at once.
    let standing = if asked.force { Standing::Replaced } else { Standing::Kept };
    let mut out = PrivateFile::begin(path, standing)?;
    let source = Collector::ask(asked)?;
    let failed = |error: std::io::Error| Failure::file("write", path, &error);
    let given = witnesses(source.checkpoints.clone(), Source::Given, &source.key);
    let given = given.map_err(|fault| broken(&source.chain, &fault))?;
    let mut verifier = Verifier::new(source.chain.clone(), proof::sha256, given);
    // What was done since they were signed is left for the next export: this one ends with what is vouched for.
    let vouched = source.checkpoints.iter().map(|checkpoint| checkpoint.seq).max();
    source.walk(&mut verifier, |record| match vouched {
        Some(last) if record.seq > last => Ok(()),
        _ => writeln!(out, "{}", record.line()).map_err(failed),
    })?;
    let head = verifier.finish().map_err(|fault| broken(&source.chain, &fault))?;
    for checkpoint in &source.checkpoints {
        writeln!(out, "{}", checkpoint.line()).map_err(failed)?;
    }
    out.finish()?;
    remember(&source)?;
    if screen.is_for_people() {
        output::note(&format!(
            "{} and {} of {}; verify them anywhere: dogwatch audit --verify {} --key {}\n\
             the key is {}",
            counted(vouched.unwrap_or(head.seq), "record", "records"),
            counted(source.checkpoints.len(), "checkpoint", "checkpoints"),
            proof::named(&source.chain),
            path.display(),
            source.key,
            key_id(&source.key)
        ));
    }
    Ok(())
}

/// Remembers the last checkpoint where none is known: what is known already is held against the collector by `--verify`, and
/// an export must not make us forget it.
fn remember(source: &Collector) -> Result<(), Failure> {
    let mut held = Held::load()?;
    let last = source.checkpoints.iter().max_by_key(|checkpoint| checkpoint.seq);
    let Some(last) = last.filter(|_| held.is_new(&source.collector, &source.key, &source.chain)) else {
        return Ok(());
    };
    held.remember(source.collector.clone(), source.key, last.clone());
    held.save()
}
