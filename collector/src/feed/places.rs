//! How many may listen: in all, and one caller alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Listeners in all: every technician of a large MSP with a screen and a terminal. Each costs a connection, some 50 KB.
pub(crate) const MAX_LISTENERS: usize = 1_000;

/// Listeners of one person: some screens, terminals and scripts, and no runaway loop.
pub(crate) const MAX_PER_CALLER: usize = 32;

/// Why nobody more may listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// [`MAX_LISTENERS`].
    InAll,
    /// [`MAX_PER_CALLER`].
    OfCaller,
}

/// Who listens.
#[derive(Default)]
pub(super) struct Places(Mutex<BTreeMap<String, usize>>);

impl Places {
    pub(super) fn take(places: &Arc<Self>, caller: String) -> Result<Place, Full> {
        let mut taken = places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= MAX_LISTENERS {
            return Err(Full::InAll);
        }
        let of_caller = taken.entry(caller.clone()).or_default();
        if *of_caller >= MAX_PER_CALLER {
            return Err(Full::OfCaller);
        }
        *of_caller += 1;
        drop(taken);
        Ok(Place { places: Arc::clone(places), caller })
    }
}

/// A place among those who listen; dropped, it is free again.
pub(crate) struct Place {
    places: Arc<Places>,
    caller: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_caller) = taken.get_mut(&self.caller) {
            *of_caller -= 1;
            if *of_caller == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_places_and_one_that_is_left_is_free_again() {
        let places = Arc::<Places>::default();
        let mut kept: Vec<_> =
            (0..MAX_PER_CALLER).map(|_| Places::take(&places, "pat".into()).ok().unwrap()).collect();
        assert_eq!(Places::take(&places, "pat".into()).err(), Some(Full::OfCaller));
        assert!(Places::take(&places, "kim".into()).is_ok());
        kept.pop();
        assert!(Places::take(&places, "pat".into()).is_ok());
        drop(kept);
        assert!(places.0.lock().unwrap().is_empty());
    }

    #[test]
    fn all_callers_together_have_so_many() {
        let places = Arc::<Places>::default();
        let caller = |n: usize| format!("p{}", n / MAX_PER_CALLER);
        let kept: Vec<_> =
            (0..MAX_LISTENERS).map(|n| Places::take(&places, caller(n)).ok().unwrap()).collect();
        assert_eq!(Places::take(&places, "one more".into()).err(), Some(Full::InAll));
        drop(kept);
    }
}
