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
    /// What it shows changes with events only: [`Reads::EVENTS`](crate::filter::Reads::EVENTS).
    pub(crate) is_steady: bool,
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

/// Identifies what the lines say. Of lines about events it is every word. Where a value wiggles with each sample or
/// ages it is the names that a list brings: a value that wiggles is no news, one thing more is. The order of a list
/// does not count. Nothing is kept.
pub(crate) fn digest(lines: &[EvidenceLine], scope: &mut Scope<'_, '_>) -> u64 {
    let mut digest = 0_u64;
    for line in lines.iter().filter(|line| line.each.is_some() || line.is_steady) {
        line.visit(scope, |scope| {
            let mut text = Fnv::default();
            line.name.write(scope, &mut text);
            if line.is_steady {
                // No text has this byte: a name and a value never look like another name and value.
                text.byte(0xff);
                line.value.write(scope, &mut text);
            }
            digest = digest.wrapping_add(text.0);
        });
    }
    digest
}

/// Identifies a text.
pub(crate) fn text_digest(text: &Template, scope: &mut Scope<'_, '_>) -> u64 {
    let mut digest = Fnv::default();
    text.write(scope, &mut digest);
    digest.0
}

/// FNV-1a, 64 bits: stable across builds, which a digest that is kept on disk must be.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    const fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

impl core::fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.bytes().for_each(|byte| self.byte(byte));
        Ok(())
    }
}
