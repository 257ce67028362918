//! Rules: policy as a file. What is wrong when, how bad, for how long, and in which words.
//!
//! A rule file is TOML with one table per rule. Files are layers: a rule of the same id in an upper layer replaces
//! the keys it gives and keeps the others. A set either compiles as a whole or is refused with every error in it,
//! each with file, line, column and how to mend it; a rule that exists always runs.
//!
//! Deliberately missing: who gets it (that is routing), and any state (that is [`crate::assess`]).

pub(crate) mod document;
mod evidence;
mod reader;
mod schema;
mod template;
mod thresholds;
mod values;
mod wording;

use core::fmt;

use dogwatch_model::{RuleId, ToolId};
use jiff::SignedDuration;

use crate::{
    filter::{Filter, FilterError, Formula, Reads, Row, Verdict, Vocabulary, Walk},
    finding::{Category, Severity},
};

pub(crate) use evidence::{
    EvidenceLine, collect as collect_evidence, digest as evidence_digest, text_digest,
};
pub use schema::schema;
pub(crate) use template::Template;
pub use thresholds::Threshold;

/// The rules that Dogwatch ships with.
pub const SHIPPED: &str = include_str!("../rules.toml");

/// The most rules in force: each is looked at whenever any endpoint tells something, and more could not be read by
/// those who answer for them.
pub const MAX_RULES: usize = 200;

/// The longest rule file, in bytes: [`MAX_RULES`] fit, however long they are.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// The most good samples that a rule may ask for before it clears.
pub const MAX_CLEAR_AFTER: u32 = 100;

/// One rule, ready to run.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id: what layers and alerts know it by.
    pub id: RuleId,
    /// What its findings are about.
    pub category: Category,
    /// The tool whose owner its findings concern.
    pub tool: ToolId,
    /// Switched off, it clears what it had found.
    pub enabled: bool,
    /// Why it is as it is, for those who read the list.
    pub note: Option<String>,
    /// The levels, worst first.
    pub levels: Vec<Level>,
    /// How many good samples in a row clear it.
    pub clear_after: u32,
    /// A subject that is not listed any more says nothing: what was found of it stays until a person ends it. Otherwise
    /// it clears.
    pub stays_when_gone: bool,
    /// What it finds says that its endpoint is away: while that stands open, the endpoint's other items are hidden.
    pub hides_others: bool,
    pub(crate) each: Option<Walk>,
    pub(crate) subject: Option<Formula>,
    pub(crate) only: Option<Filter>,
    pub(crate) only_while: Option<Filter>,
    pub(crate) title: Template,
    /// What the title shows changes with events only: [`Reads::EVENTS`].
    pub(crate) is_title_steady: bool,
    pub(crate) evidence: Vec<EvidenceLine>,
    pub(crate) reads: Reads,
}

impl Rule {
    /// Which endpoints it is for, as it was written.
    pub fn only(&self) -> Option<&str> {
        self.only.as_ref().map(Filter::source)
    }

    /// When it is judged; at other times what it found and what it waits for stay as they are.
    pub fn only_while(&self) -> Option<&str> {
        self.only_while.as_ref().map(Filter::source)
    }

    /// Whether it is for this endpoint, as far as that is known.
    pub fn is_for(&self, row: &Row<'_>) -> bool {
        self.only.as_ref().is_none_or(|only| only.judge(row) != Verdict::NoMatch)
    }

    /// What it asks owners of that no matrix knows: it is never so, and what should have been found is not.
    pub fn unknown_to(&self, vocabulary: &Vocabulary<'_>) -> Vec<FilterError> {
        let levels = self.levels.iter().flat_map(|level| level.clear.iter().chain([&level.when]));
        let kept = self.evidence.iter().filter_map(|line| line.keep.as_ref());
        let all = levels.chain(&self.only).chain(&self.only_while).chain(kept);
        all.filter_map(|filter| filter.known_to(|| vocabulary.clone()).err()).collect()
    }

    /// What decides it.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// Its title, as it was written.
    pub fn title(&self) -> &str {
        self.title.source()
    }
}

/// One level of a rule.
#[derive(Debug, Clone)]
pub struct Level {
    /// How bad it is.
    pub severity: Severity,
    /// How long the condition must hold before it counts.
    pub hold: SignedDuration,
    pub(crate) when: Filter,
    pub(crate) clear: Option<Filter>,
}

impl Level {
    /// Its condition, as it was written.
    pub fn when(&self) -> &str {
        self.when.source()
    }

    /// What must be true for it to clear, where that is more than the condition being false.
    pub fn clear(&self) -> Option<&str> {
        self.clear.as_ref().map(Filter::source)
    }
}

/// A value that decides when a rule speaks, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleValue {
    /// The rule.
    pub rule: String,
    /// Its key, such as `warning.for`.
    pub key: String,
    /// As it was written.
    pub value: String,
    /// The layer, from 0 for the lowest.
    pub layer: usize,
    /// The name that the file goes by.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Every rule in force, sorted by id.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
    values: Vec<RuleValue>,
}

impl RuleSet {
    /// The shipped rules alone.
    ///
    /// # Errors
    /// None with the file that is shipped; a test compiles it.
    pub fn shipped() -> Result<Self, Vec<RuleError>> {
        Self::parse(SHIPPED, "shipped rules")
    }

    /// One file alone.
    ///
    /// # Errors
    /// Every error in the file, in its order.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Vec<RuleError>> {
        Self::from_layers(&[(text, file_name)])
    }

    /// A file laid over the shipped rules.
    ///
    /// # Errors
    /// Every error in the file, in its order.
    pub fn layer(text: &str, file_name: &str) -> Result<Self, Vec<RuleError>> {
        Self::from_layers(&[(SHIPPED, "shipped rules"), (text, file_name)])
    }

    /// Files laid over each other, lowest first, each a text and the name it goes by in errors.
    ///
    /// # Errors
    /// Every error in the files, in their order.
    pub fn from_layers(layers: &[(&str, &str)]) -> Result<Self, Vec<RuleError>> {
        reader::read(layers).map(|(mut rules, values)| {
            rules.sort_by(|left, right| left.id.cmp(&right.id));
            Self { rules, values }
        })
    }

    /// What decides when each rule speaks, value by value, sorted by rule and key.
    pub fn values(&self) -> &[RuleValue] {
        &self.values
    }

    /// The rules, sorted by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.binary_search_by(|rule| rule.id.cmp(id)).ok().map(|at| &self.rules[at])
    }
}

/// What is wrong in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The name that the file goes by.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it, where that can be said.
    pub mend: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)?;
        match &self.mend {
            Some(mend) => write!(f, "; {mend}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for RuleError {}

#[cfg(test)]
mod tests;
