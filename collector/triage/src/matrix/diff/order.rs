//! Which rows stand elsewhere.

use std::collections::BTreeMap;

use dogwatch_model::RowId;

use crate::matrix::Matrix;

/// The rows that were moved, and where they stand now: all but a longest run of rows that kept their order.
pub(super) fn moved<'m>(before: &Matrix, after: &'m Matrix) -> Vec<(&'m RowId, String)> {
    let places: BTreeMap<_, _> =
        before.rows().iter().enumerate().map(|(place, row)| (&row.id, place)).collect();
    let common: Vec<(usize, &RowId)> =
        after.rows().iter().filter_map(|row| Some((*places.get(&row.id)?, &row.id))).collect();
    let kept = longest_rising(&common.iter().map(|(place, _)| *place).collect::<Vec<_>>());
    let words = |index: usize| match index.checked_sub(1) {
        Some(above) => format!("now below `{}`", common[above].1),
        None => "now above all others".to_owned(),
    };
    let moved = common.iter().enumerate().filter(|(index, _)| !kept.contains(index));
    moved.map(|(index, (_, id))| (*id, words(index))).collect()
}

/// The indices of a longest rising run, not necessarily of neighbours.
fn longest_rising(places: &[usize]) -> Vec<usize> {
    // For each length the index at which a run of that length ends lowest, and what comes before each index.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let length = ends.partition_point(|end| places[*end] < *place);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut run: Vec<_> = core::iter::successors(ends.last().copied(), |index| previous[*index]).collect();
    run.reverse();
    run
}
