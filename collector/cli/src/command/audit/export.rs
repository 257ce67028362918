//! A chain as a file that can be verified anywhere: records in the form that was hashed, then checkpoints, one a line.

use std::{io::Write as _, path::Path};

use dogwatch_model::counted;
use dogwatch_triage::audit::{Source, Verifier};

use super::{
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
    source.walk(&mut verifier, |record| writeln!(out, "{}", record.line()).map_err(failed))?;
    let head = verifier.finish().map_err(|fault| broken(&source.chain, &fault))?;
    for checkpoint in &source.checkpoints {
        writeln!(out, "{}", checkpoint.line()).map_err(failed)?;
    }
    out.finish()?;
    if screen.is_for_people() {
        output::note(&format!(
            "{} and {} of {}; verify them anywhere: dogwatch audit --verify {} --key {}\n\
             the key is {}",
            counted(head.seq, "record", "records"),
            counted(source.checkpoints.len(), "checkpoint", "checkpoints"),
            proof::named(&source.chain),
            path.display(),
            source.key,
            key_id(&source.key)
        ));
    }
    Ok(())
}
