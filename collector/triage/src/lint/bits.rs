//! A set of small numbers.

/// Numbers below some count that the sets compared with each other share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(Vec<u64>);

const WORD: usize = u64::BITS as usize;

impl Bits {
    /// No number below `count`.
    pub(super) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(WORD)])
    }

    /// Every number below `count`.
    pub(super) fn all(count: usize) -> Self {
        let mut bits = Self::none(count);
        (0..count).for_each(|index| bits.add(index));
        bits
    }

    pub(super) fn add(&mut self, index: usize) {
        self.0[index / WORD] |= 1 << (index % WORD);
    }

    pub(super) fn flip(&mut self, index: usize) {
        self.0[index / WORD] ^= 1 << (index % WORD);
    }

    pub(super) fn has(&self, index: usize) -> bool {
        self.0[index / WORD] & (1 << (index % WORD)) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub(super) fn remove_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine &= !theirs);
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        let mut left = self.clone();
        left.remove_all(other);
        left
    }

    pub(super) fn both(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(mine, theirs)| mine & theirs).collect())
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * WORD).filter(|index| self.has(*index))
    }
}
