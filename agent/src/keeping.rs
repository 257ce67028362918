//! Keeps of a map what passes, in little program.
//!
//! Taking single entries out of a tree is three kilobytes of program for each kind of map. The agent's maps are small and
//! few of their entries go: the map is made anew from those that stay.

use std::{collections::BTreeMap, mem};

/// Lets go of what does not pass.
pub(crate) fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, mut passes: impl FnMut(&K, &mut V) -> bool) {
    for (key, mut value) in mem::take(map) {
        if passes(&key, &mut value) {
            map.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pass_goes_and_what_stays_may_change() {
        let mut map: BTreeMap<u8, u8> = (0..9).map(|n| (n, n)).collect();
        keep(&mut map, |key, value| {
            *value += 1;
            key % 4 == 0
        });
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [(0, 1), (4, 5), (8, 9)]);
    }
}
