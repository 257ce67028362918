//! `rules check|test|list`.

use crate::{args::Rules, failure::Failure, output::Screen};

pub(crate) fn run(_: &Rules, _: &Screen) -> Result<(), Failure> {
    Err(Failure::usage("not yet"))
}
