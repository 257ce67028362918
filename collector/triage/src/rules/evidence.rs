//! What a finding rests on, in lines for people.

use super::template::Template;
use crate::{
    filter::{Filter, Scope, Verdict, Walk},
    finding::Evidence,
};

/// The most lines a finding carries: a machine that nobody patched for a year has hundreds.
pub(crate) const MAX_EVIDENCE: usize = 50;

/// One line, or one per element of a list.
#[derive(Debug, Clone)]
pub(crate) struct EvidenceLine {
    pub(crate) each: Option<Walk>,
    pub(crate) keep: Option<Filter>,
    pub(crate) name: Template,
    pub(crate) value: Template,
}

impl EvidenceLine {
    /// Calls `visit` for the endpoint, or with each element bound that the line is about.
    fn visit(&self, scope: &mut Scope<'_, '_>, mut visit: impl FnMut(&mut Scope<'_, '_>)) {
        let Some(walk) = &self.each else { return visit(scope) };
        let Some(list) = walk.listing.read(scope) else { return };
        for index in 0..list.len() {
            scope.bind(walk.binding.slot, list.at(index));
            if self.keep.as_ref().is_none_or(|keep| keep.judge_in(scope) == Verdict::Match) {
                visit(scope);
            }
        }
    }
}

/// The lines. One with a fact missing is left out; what is too much is counted in the last.
pub(crate) fn collect(lines: &[EvidenceLine], scope: &mut Scope<'_, '_>) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let mut more = 0_usize;
    for line in lines {
        line.visit(scope, |scope| {
            if evidence.len() == MAX_EVIDENCE {
                more += 1;
            } else if line.value.is_known(scope) {
                evidence.push(Evidence { name: line.name.render(scope), value: line.value.render(scope) });
            }
        });
    }
    if more > 0 {
        // The last line makes room for the count of what is not shown.
        evidence.truncate(MAX_EVIDENCE - 1);
        evidence.push(Evidence { name: "…".to_owned(), value: format!("and {} more", more + 1) });
    }
    evidence
}

/// Identifies the set of names that lists bring: a value that wiggles is no news, a package that comes or goes is.
/// Order does not count. Nothing is built.
pub(crate) fn names_digest(lines: &[EvidenceLine], scope: &mut Scope<'_, '_>) -> u64 {
    let mut digest = 0_u64;
    for line in lines.iter().filter(|line| line.each.is_some()) {
        line.visit(scope, |scope| {
            let mut name = Fnv::default();
            line.name.write(scope, &mut name);
            digest = digest.wrapping_add(name.0);
        });
    }
    digest
}

/// FNV-1a, 64 bits: stable across builds, which a digest that is kept on disk must be.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl core::fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}
