//! The items of a time, from both sides of the archive's door.

use dogwatch_triage::alert::Alert;
use jiff::Timestamp;

use super::{Shared, caller::Caller, problem::Problem};
use crate::state::Item;

/// How much is looked at before it is given up.
pub(super) struct Bounds {
    /// Items, at most one more than this.
    pub(super) items: usize,
    /// Shelves of the archive.
    pub(super) shelves: u64,
}

/// The wanted items that came in since then, by number, and whether those are all.
///
/// # Errors
/// The archive cannot be read.
pub(super) async fn gather(
    api: &Shared,
    caller: &Caller,
    (since, bounds): (Timestamp, &Bounds),
    wanted: impl Fn(&Alert) -> bool,
) -> Result<(Vec<Item>, bool), Problem> {
    let wanted = |item: &Item| item.alert.first_seen >= since && wanted(&item.alert);
    let (mut items, latest) = caller.see(api, |sight| {
        let live = sight.alerts().filter(|item| wanted(item)).take(bounds.items.saturating_add(1));
        (live.cloned().collect::<Vec<_>>(), sight.latest_shelf())
    });
    let mut whole = false;
    for (looked, shelf) in (0..).zip((0..=latest).rev()) {
        if items.len() > bounds.items || looked == bounds.shelves {
            break;
        }
        let archived = api.core.shelf(&caller.reach, shelf).await?;
        // Numbers are given in the order in which items come in: behind one from before there are only older ones.
        whole = shelf == 0 || archived.iter().any(|item| item.alert.first_seen < since);
        items.extend(archived.into_iter().filter(wanted));
        if whole {
            break;
        }
    }
    items.sort_by_key(|item| item.alert.number);
    items.dedup_by_key(|item| item.alert.number);
    Ok((items, whole))
}
