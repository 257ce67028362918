//! Puts lists in order, in little program.
//!
//! The standard library's sort is made anew for each kind of thing, two to four kilobytes every time. Here one sort, of
//! places, serves all lists; what belongs to the kind is a comparison and a swap.

use std::cmp::Ordering;

/// Orders by a comparison. What is equal stays as it stood.
pub(super) fn by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut places = sorted(items.len(), &|a, b| compare(&items[a], &items[b]));
    for at in 0..items.len() {
        // What belongs here may have made room for an earlier one: follow it to where it is now.
        let mut from = places[at];
        while from < at {
            from = places[from];
        }
        places[at] = from;
        items.swap(at, from);
    }
}

/// Where each of so many things stood before they were in order.
fn sorted(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_the_stable_sort(items in prop::collection::vec((0_u8..9, any::<u16>()), 0..200)) {
            let (mut ours, mut theirs) = (items.clone(), items);
            by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
