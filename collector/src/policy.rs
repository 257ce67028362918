//! Policy: the rules, and each org's ownership matrix, as files that people edit.

/// Everything that decides, as it was last read whole and valid.
#[derive(Debug, Default)]
pub struct Policy {}
