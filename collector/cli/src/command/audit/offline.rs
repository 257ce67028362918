//! Verifying a chain that somebody handed over, without a collector.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::Path,
};

use dogwatch_triage::audit::{Chain, Checkpoint, Fault, PublicKey, Source, Verifier, Witness};
use serde_json::Value;

use super::{
    held::Held,
    proof::{self, Found, broken, key_id, witnesses},
};
use crate::{
    args::Audit,
    failure::{Exit, Failure},
    output::{self, Screen},
};

pub(super) fn verify(path: &Path, asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    let found = judge(path, asked, &Held::load()?)?;
    if screen.is_for_people() && found.vouched.is_none() {
        output::note(
            "a checkpoint that you hold (--checkpoints) and the collector's key (--key) would show a cut or a history written anew",
        );
    }
    found.tell(screen)
}

/// Verifies the records of a file against its own checkpoints, those handed over besides, and those remembered.
pub(super) fn judge(path: &Path, asked: &Audit, held: &Held) -> Result<Found, Failure> {
    let mut given = checkpoints(path)?;
    if let Some(beside) = &asked.checkpoints {
        given.extend(checkpoints(beside)?);
    }
    let chain = chain_of(path)?;
    given.retain(|checkpoint| checkpoint.chain == chain);
    let named = asked.key.as_deref().map(key).transpose()?;
    let id = named.as_ref().map(key_id).or_else(|| given.last().map(|checkpoint| checkpoint.key.clone()));
    let known = id.and_then(|id| held.of_key(&id));
    let Some(key) = named.or_else(|| known.map(|known| known.key)) else {
        // Nobody says whose signatures these should be: they are compared, and count for nothing.
        let unjudged = given.into_iter().map(|checkpoint| Witness { checkpoint, source: Source::Given });
        return walk(path, &chain, unjudged.collect(), None);
    };
    let fault = |fault: Fault| broken(&chain, &fault);
    let mut all = witnesses(given, Source::Given, &key).map_err(fault)?;
    let remembered = known.and_then(|known| known.checkpoints.get(&chain)).cloned();
    all.extend(witnesses(remembered, Source::Held, &key).map_err(fault)?);
    walk(path, &chain, all, Some(key_id(&key)))
}

fn walk(path: &Path, chain: &Chain, witnesses: Vec<Witness>, key: Option<String>) -> Result<Found, Failure> {
    let vouched = witnesses.iter().map(|witness| witness.checkpoint.seq).max().zip(key);
    let mut verifier = Verifier::new(chain.clone(), proof::sha256, witnesses);
    let fault = |fault: Fault| broken(chain, &fault);
    for line in lines(path)? {
        let line = line?;
        // Checkpoints stand at the end of an export.
        if checkpoint(&line).is_none() {
            verifier.take_line(&line).map_err(fault)?;
        }
    }
    let head = verifier.finish().map_err(fault)?;
    Ok(Found { chain: chain.clone(), head, vouched })
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String, Failure>>, Failure> {
    let failed = move |error: std::io::Error| Failure::file("read", path, &error);
    let file = File::open(path).map_err(failed)?;
    Ok(BufReader::new(file).lines().map(move |line| line.map_err(failed)))
}

/// The checkpoint that a line is, if it is one.
fn checkpoint(line: &str) -> Option<Checkpoint> {
    line.contains("\"signature\"").then(|| serde_json::from_str(line).ok()).flatten()
}

fn checkpoints(path: &Path) -> Result<Vec<Checkpoint>, Failure> {
    lines(path)?.map(|line| line.map(|line| checkpoint(&line))).filter_map(Result::transpose).collect()
}

/// Whose chain a file holds: that of its first line.
fn chain_of(path: &Path) -> Result<Chain, Failure> {
    let none = || {
        let what = format!("{} holds no audit; `dogwatch audit --export FILE` writes one", path.display());
        Failure::new(Exit::NotMet, what)
    };
    let first = lines(path)?.next().ok_or_else(none)??;
    let first: Value = serde_json::from_str(&first).map_err(|_| none())?;
    first["chain"].as_str().and_then(|chain| chain.parse().ok()).ok_or_else(none)
}

/// A key in hexadecimal, or a file that holds it.
fn key(text: &str) -> Result<PublicKey, Failure> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let written = fs::read_to_string(text).map_err(|error| Failure::file("read", Path::new(text), &error))?;
    let told: Option<Value> = serde_json::from_str(&written).ok();
    let told = told.as_ref().and_then(|told| told["public_key"].as_str()).unwrap_or(&written);
    told.trim().parse().map_err(|_| {
        Failure::usage(format!(
            "{text} holds no public key of 64 hexadecimal digits; `/api/v1/audit/key` tells it"
        ))
    })
}
