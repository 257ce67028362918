//! Secrets that sing: texts that occur nowhere by chance, put where secrets go, and looked for where none may be.
//!
//! A canary is looked for as it is and as it may be written otherwise: in base64 at each of three places of a longer text,
//! in hexadecimal digits, percent-encoded, as a list of bytes, and as its SHA-256, which is no more a reader's business.
//! Every lab looks, when it ends, through its logs, the command lines of its processes and what its collector keeps on disk
//! for the secrets that it made; a test may plant more ([`Canaries::plant`]).

use std::{
    cell::{Cell, RefCell},
    fs,
    path::Path,
    rc::Rc,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Shorter texts occur by chance.
const LEAST_BYTES: usize = 12;
/// What of a place is told around a canary.
const AROUND_BYTES: usize = 60;

/// The secrets of one lab.
#[derive(Debug, Default)]
pub struct Canaries {
    planted: RefCell<Vec<Canary>>,
    next: Cell<u32>,
    ear: RefCell<Option<Rc<Ear>>>,
}

#[derive(Debug, Clone)]
struct Canary {
    what: String,
    text: String,
    /// The collector needs the text itself, so it lies on its disk.
    kept: bool,
}

/// What hears them all at once.
#[derive(Debug)]
struct Ear {
    patterns: AhoCorasick,
    /// Which canary each pattern is of, and whether it is its hash.
    of: Vec<(usize, bool)>,
}

/// Where a canary was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Which secret.
    pub what: String,
    /// Where.
    pub at: String,
    /// What stands there.
    pub around: String,
}

impl Canaries {
    /// A new secret for `what`: 32 hex digits, which every place for a secret takes.
    pub fn plant(&self, what: &str) -> String {
        self.next.set(self.next.get() + 1);
        let text = fresh(&format!("{} for {what}", self.next.get()));
        self.note(what, &text);
        text
    }

    /// A new password as people choose them.
    pub fn plant_password(&self, what: &str) -> String {
        self.next.set(self.next.get() + 1);
        let seed = fresh(&format!("{} for {what}", self.next.get()));
        let text = format!("amber {} otter {} lantern", &seed[..5], &seed[5..9]);
        self.note(what, &text);
        text
    }

    /// A secret that something else made.
    ///
    /// # Panics
    /// When it is too short to be looked for.
    #[track_caller]
    pub fn note(&self, what: &str, secret: &str) {
        self.add(Canary { what: what.to_owned(), text: secret.to_owned(), kept: false });
    }

    /// One that the collector cannot do without: it lies on its disk, and nowhere else.
    #[track_caller]
    pub fn note_kept(&self, what: &str, secret: &str) {
        self.add(Canary { what: what.to_owned(), text: secret.to_owned(), kept: true });
    }

    #[track_caller]
    fn add(&self, canary: Canary) {
        let (what, secret) = (&canary.what, &canary.text);
        assert!(secret.len() >= LEAST_BYTES, "{what} is too short to be looked for");
        let mut planted = self.planted.borrow_mut();
        if planted.iter().all(|canary| canary.text != *secret) {
            planted.push(canary);
            self.ear.take();
        }
    }

    /// How many there are, each another text.
    pub fn count(&self) -> usize {
        self.planted.borrow().len()
    }

    /// Looks for all of them in bytes.
    pub fn heard_in(&self, at: &str, bytes: impl AsRef<[u8]>) -> Vec<Heard> {
        self.hear(at, bytes.as_ref(), |_, _| true)
    }

    fn hear(&self, at: &str, bytes: &[u8], counts: impl Fn(&Canary, bool) -> bool) -> Vec<Heard> {
        let ear =
            self.ear.borrow_mut().get_or_insert_with(|| Rc::new(Ear::of(&self.planted.borrow()))).clone();
        let planted = self.planted.borrow();
        let mut heard: Vec<Heard> = Vec::new();
        for found in ear.patterns.find_overlapping_iter(bytes) {
            let (canary, is_hash) = ear.of[found.pattern().as_usize()];
            let what = &planted[canary].what;
            if counts(&planted[canary], is_hash) && heard.iter().all(|heard| heard.what != *what) {
                let (from, to) = (found.start().saturating_sub(AROUND_BYTES), found.end() + AROUND_BYTES);
                let around = String::from_utf8_lossy(&bytes[from..to.min(bytes.len())]).into_owned();
                heard.push(Heard { what: what.clone(), at: at.to_owned(), around });
            }
        }
        heard
    }

    /// The same in every file below a folder whose path `wanted` takes.
    pub fn heard_below(&self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Heard> {
        self.below(folder, wanted, &|_, _| true)
    }

    /// The same in what a program keeps below a folder, where hashes are right.
    pub fn heard_at_rest(&self, folder: &Path) -> Vec<Heard> {
        self.below(folder, &|_| true, &|canary, is_hash| !canary.kept && !is_hash)
    }

    fn below(
        &self,
        folder: &Path,
        wanted: &dyn Fn(&Path) -> bool,
        counts: &dyn Fn(&Canary, bool) -> bool,
    ) -> Vec<Heard> {
        let mut heard = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // What a running program removes meanwhile is no place any more.
            if path.is_dir() {
                heard.extend(self.below(&path, wanted, counts));
            } else if wanted(&path) {
                let bytes = fs::read(&path).unwrap_or_default();
                heard.extend(self.hear(&path.display().to_string(), &bytes, counts));
            }
        }
        heard
    }

    /// The same in every log below a folder.
    pub fn heard_in_logs(&self, folder: &Path) -> Vec<Heard> {
        self.heard_below(folder, &|path| path.extension().is_some_and(|extension| extension == "log"))
    }

    /// The same on the command line of a process.
    pub fn heard_on_command_line(&self, pid: u32) -> Vec<Heard> {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        self.heard_in(&format!("the command line of {pid}"), line)
    }
}

impl Ear {
    fn of(planted: &[Canary]) -> Self {
        let (mut patterns, mut of) = (Vec::new(), Vec::new());
        for (index, canary) in planted.iter().enumerate() {
            for (forms, is_hash) in [(forms(&canary.text), false), (hashes(&canary.text), true)] {
                of.extend(std::iter::repeat_n((index, is_hash), forms.len()));
                patterns.extend(forms);
            }
        }
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let patterns = AhoCorasick::builder().kind(kind).build(patterns).expect("some hundred patterns");
        Self { patterns, of }
    }
}

/// A text that occurs nowhere by chance: 32 hex digits, another one in each process.
pub fn fresh(seed: &str) -> String {
    let seed = format!("canary {seed} of {}", std::process::id());
    hex(&digest::digest(&digest::SHA256, seed.as_bytes()).as_ref()[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a secret may be written.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let escaped: String = bytes
        .iter()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.to_owned(),
        hex(bytes),
        hex(bytes).to_uppercase(),
        list,
        escaped.replace("%20", "+"),
        escaped,
    ];
    for before in 0..3 {
        let text = [&vec![0; before][..], bytes].concat();
        // Signs that hold bits of what stands before or behind are not the secret's.
        let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        forms.push(STANDARD_NO_PAD.encode(&text)[from..to].to_owned());
        forms.push(URL_SAFE_NO_PAD.encode(&text)[from..to].to_owned());
    }
    forms.sort();
    forms.dedup();
    forms
}

/// How its SHA-256 may be written.
fn hashes(secret: &str) -> Vec<String> {
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    let hash = hash.as_ref();
    vec![hex(hash), STANDARD_NO_PAD.encode(hash), URL_SAFE_NO_PAD.encode(hash)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_heard_however_it_is_written_and_others_are_not() {
        let canaries = Canaries::default();
        let one = canaries.plant("a key");
        let password = canaries.plant_password("a password");
        let heard = |text: &str| -> Vec<String> {
            canaries.heard_in("here", text).into_iter().map(|heard| heard.what).collect()
        };
        for user in ["", "u:", "us:", "use:", "user:"] {
            let basic = STANDARD_NO_PAD.encode(format!("{user}{one}@host"));
            assert_eq!(heard(&format!("authorization: Basic {basic}")), ["a key"], "{user}");
        }
        for text in [
            format!("user:{one}@host"),
            format!("{:?}", one.as_bytes()),
            hex(one.as_bytes()),
            hex(digest::digest(&digest::SHA256, one.as_bytes()).as_ref()),
        ] {
            assert_eq!(heard(&text), ["a key"], "{text}");
        }
        assert_eq!(heard(&format!("a={}&b", password.replace(' ', "%20"))), ["a password"]);
        assert_eq!(heard(&format!("a={}&b", password.replace(' ', "+"))), ["a password"]);
        assert_eq!(heard(&format!("{one} and {password}")).len(), 2);
        assert_eq!(heard("0123456789abcdef0123456789abcdef"), [""; 0]);
        assert_eq!(heard(&one[1..]), [""; 0]);
    }
}
