//! Sixty-four verdicts in two words.

/// For each of sixty-four endpoints: yes, no, or neither, which is unknown. Never both.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tri {
    pub(super) yes: u64,
    pub(super) no: u64,
}

impl Tri {
    /// The same for all.
    pub(super) const fn all(verdict: Option<bool>) -> Self {
        match verdict {
            Some(true) => Self { yes: u64::MAX, no: 0 },
            Some(false) => Self { yes: 0, no: u64::MAX },
            None => Self { yes: 0, no: 0 },
        }
    }

    /// Yes where `holds`, unknown where not `known`.
    pub(super) const fn known(holds: u64, known: u64) -> Self {
        Self { yes: holds & known, no: !holds & known }
    }

    pub(super) const fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self { yes: self.yes & other.yes, no: self.no | other.no }
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self { yes: self.yes | other.yes, no: self.no & other.no }
    }

    /// Whether both say the same.
    pub(super) const fn same(self, other: Self) -> Self {
        Self {
            yes: (self.yes & other.yes) | (self.no & other.no),
            no: (self.yes & other.no) | (self.no & other.yes),
        }
    }
}
