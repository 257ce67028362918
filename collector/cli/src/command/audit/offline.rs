//! Verifying a chain that somebody handed over, without a collector.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, ErrorKind},
    path::Path,
};

use dogwatch_triage::audit::{Chain, Checkpoint, Fault, PublicKey, Record, Source, Verifier, Witness};
use serde_json::Value;

use super::{
    held::{Held, OfCollector},
    proof::{self, Found, broken, key_id, witnesses},
};
use crate::{
    args::Audit,
    failure::{Exit, Failure},
    org_export::{self, CHECKPOINT, Check, RECORD, Row},
    output::Screen,
    progress::Progress,
};

pub(super) fn verify(path: &Path, asked: &Audit, screen: &Screen) -> Result<(), Failure> {
    let found = judge(path, asked, &Held::load()?)?;
    found.tell(screen)?;
    if asked.unsigned { Ok(()) } else { found.ends_where_it_should(path) }
}

/// Verifies the records of a file against its own checkpoints, those handed over besides, and those remembered.
pub(super) fn judge(path: &Path, asked: &Audit, held: &Held) -> Result<Found, Failure> {
    let named = asked.key.as_deref().map(key).transpose()?;
    let mut given = checkpoints(path)?;
    if let Some(beside) = &asked.checkpoints {
        given.extend(checkpoints(beside)?);
    }
    let chain = chain_of(path)?;
    given.retain(|checkpoint| checkpoint.chain == chain);
    let id = named.as_ref().map(key_id).or_else(|| given.last().map(|checkpoint| checkpoint.key.clone()));
    let known = match &id {
        Some(id) => held.of_key(id),
        None => of_this_chain(path, &chain, held)?,
    };
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

/// Whose chain it is where nothing in the file says so: the collector whose checkpoint, as it is held here, stands for a
/// record of the file; else the only one of which there is a checkpoint of a chain of that name.
fn of_this_chain<'h>(path: &Path, chain: &Chain, held: &'h Held) -> Result<Option<&'h OfCollector>, Failure> {
    let candidates: Vec<_> = held.of_chain(chain).collect();
    if let [] | [_] = candidates[..] {
        return Ok(candidates.first().map(|(known, _)| *known));
    }
    for line in lines(path, false)? {
        let Line::Record(text) = line? else { continue };
        let record: Option<Record> = serde_json::from_str(&text).ok();
        let is_of = |(_, checkpoint): &&(&OfCollector, &Checkpoint)| {
            record
                .as_ref()
                .is_some_and(|record| (record.seq, record.hash) == (checkpoint.seq, checkpoint.hash))
        };
        if let Some((known, _)) = candidates.iter().find(is_of) {
            return Ok(Some(*known));
        }
    }
    Ok(None)
}

fn walk(path: &Path, chain: &Chain, witnesses: Vec<Witness>, key: Option<String>) -> Result<Found, Failure> {
    let claimed = witnesses.iter().map(|witness| witness.checkpoint.seq).max();
    let vouched = claimed.zip(key);
    let mut verifier = Verifier::new(chain.clone(), proof::sha256, witnesses);
    let fault = |fault: Fault| broken(chain, &fault);
    let mut progress = Progress::begin(format!("verifying {}", path.display()), None);
    for (at, line) in (1..).zip(lines(path, true)?) {
        progress.reach(at);
        match line? {
            Line::Record(text) => drop(verifier.take_line(&text).map_err(fault)?),
            // Of another kind, or behind the records: it counts as a line of the file alone.
            Line::Checkpoint(_) | Line::Other => verifier.pass_line(),
        }
    }
    let head = verifier.finish().map_err(fault)?;
    Ok(Found { chain: chain.clone(), head, claimed, vouched })
}

/// A line of a file that holds a chain.
enum Line {
    /// A record, as it was hashed.
    Record(String),
    Checkpoint(Box<Checkpoint>),
    /// Of an org's export: a row of another kind, or its frame.
    Other,
}

/// The lines of a file: of a chain's export, or of an org's, which holds its chain among other rows. With `whole` the latter
/// is held against what its last line says.
fn lines(path: &Path, whole: bool) -> Result<impl Iterator<Item = Result<Line, Failure>>, Failure> {
    let failed = move |error: std::io::Error| Failure::file("read", path, &error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut check: Option<Check> = None;
    let (mut of_org, mut ended) = (None, false);
    Ok(core::iter::from_fn(move || {
        let mut line = String::new();
        match file.read_line(&mut line) {
            _ if ended => return None,
            Err(error) => return Some(Err(failed(error))),
            Ok(0) => {
                ended = true;
                let whole = check.take().map(|check| check.finish().map(drop)).transpose();
                return whole.map_err(|what| not_whole(path, &what)).err().map(Err);
            }
            Ok(_) => {}
        }
        let of_org = *of_org.get_or_insert_with(|| {
            let of_org = org_export::begins(&line);
            check = (of_org && whole).then(Check::new);
            of_org
        });
        if let Some(Err(what)) = check.as_mut().map(|check| check.take(line.as_bytes())) {
            return Some(Err(not_whole(path, &what)));
        }
        Some(Ok(if of_org { of_an_org(&line) } else { of_a_chain(line) }))
    }))
}

fn not_whole(path: &Path, what: &str) -> Failure {
    Failure::new(Exit::NotMet, format!("{} is not the whole export that was made: {what}", path.display()))
}

fn of_a_chain(mut line: String) -> Line {
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    match checkpoint(&line) {
        Some(checkpoint) => Line::Checkpoint(Box::new(checkpoint)),
        None => Line::Record(line),
    }
}

fn of_an_org(line: &str) -> Line {
    match Row::of(line) {
        Some(row) if row.kind == RECORD => Line::Record(row.text().to_owned()),
        Some(row) if row.kind == CHECKPOINT => {
            checkpoint(row.text()).map_or(Line::Other, |checkpoint| Line::Checkpoint(Box::new(checkpoint)))
        }
        _ => Line::Other,
    }
}

/// The checkpoint that a line is, if it is one.
fn checkpoint(line: &str) -> Option<Checkpoint> {
    line.contains("\"signature\"").then(|| serde_json::from_str(line).ok()).flatten()
}

fn checkpoints(path: &Path) -> Result<Vec<Checkpoint>, Failure> {
    let found = lines(path, false)?.map(|line| {
        Ok(match line? {
            Line::Checkpoint(checkpoint) => Some(*checkpoint),
            Line::Record(_) | Line::Other => None,
        })
    });
    found.filter_map(Result::transpose).collect()
}

/// Whose chain a file holds: that of its first record.
fn chain_of(path: &Path) -> Result<Chain, Failure> {
    let none = || {
        let what = format!("{} holds no audit; `dogwatch audit --export FILE` writes one", path.display());
        Failure::new(Exit::NotMet, what)
    };
    let mut records = lines(path, false)?.filter_map(|line| match line {
        Ok(Line::Record(text)) => Some(Ok(text)),
        Ok(_) => None,
        Err(failure) => Some(Err(failure)),
    });
    let first = records.next().ok_or_else(none)??;
    let first: Value = serde_json::from_str(&first).map_err(|_| none())?;
    first["chain"].as_str().and_then(|chain| chain.parse().ok()).ok_or_else(none)
}

/// A key in hexadecimal, or a file that holds it.
fn key(text: &str) -> Result<PublicKey, Failure> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let whose = "--key takes the public key of the collector's audit, 64 hexadecimal digits that `dogwatch whoami -o json` and \
                 /api/v1/audit/key show, or a file that holds it";
    let written = fs::read_to_string(text).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Failure::usage(format!("`{text}` is neither a key nor the name of a file; {whose}"))
        }
        _ => Failure::file("read", Path::new(text), &error),
    })?;
    let told: Option<Value> = serde_json::from_str(&written).ok();
    let told = told.as_ref().and_then(|told| told["public_key"].as_str()).unwrap_or(&written);
    told.trim().parse().map_err(|_| Failure::usage(format!("{text} holds no such key; {whose}")))
}
