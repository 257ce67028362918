//! How many may listen: in all, one caller alone, and none at the cost of another org.
//!
//! Where all places are taken, a stream of those whose people have the most ends for somebody of others: it is told so, and goes
//! on from where it was when there is a place again. So whatever one org's programs open, another's screens are served.

use std::sync::Arc;

use dogwatch_model::{OrgId, PersonId};

use crate::{access::PersonKey, shares::places};

pub(crate) use places::Full;

/// Listeners in all: every technician of a large MSP with a screen and a terminal. Each costs a connection, some 50 KB.
pub(crate) const MAX_LISTENERS: usize = 1_000;

/// Listeners of one person: some screens, terminals and scripts, and no runaway loop.
pub(crate) const MAX_PER_CALLER: usize = 32;

/// Who listens, by whose people they are; the MSP's own have no org.
pub(super) struct Places(Arc<places::Places<Option<OrgId>, PersonId>>);

/// A place among those who listen; dropped, it is free again.
pub(crate) type Place = places::Place<Option<OrgId>, PersonId>;

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(places::Places::new(MAX_LISTENERS, MAX_PER_CALLER)))
    }
}

impl Places {
    pub(super) fn take(&self, PersonKey { org, id }: PersonKey) -> Result<Place, Full> {
        self.0.take(org, id, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> PersonKey {
        text.parse().unwrap()
    }

    fn listen(places: &Places, crowd: &str, listeners: usize) -> Vec<Place> {
        let caller = |n: usize| person(&format!("{crowd}:p{}", n / MAX_PER_CALLER));
        (0..listeners).map(|n| places.take(caller(n)).ok().unwrap()).collect()
    }

    #[test]
    fn a_caller_has_so_many_places_and_one_that_is_left_is_free_again() {
        let places = Places::default();
        let mut kept = listen(&places, "acme", MAX_PER_CALLER);
        assert_eq!(places.take(person("acme:p0")).err(), Some(Full::OfMember));
        assert!(places.take(person("msp:p0")).is_ok(), "another, who is called the same");
        kept.pop();
        assert!(places.take(person("acme:p0")).is_ok());
        drop(kept);
        assert!(places.0.are_free());
    }

    #[test]
    fn where_all_places_are_taken_whoever_has_the_most_makes_place_for_others() {
        let places = Places::default();
        let globex = listen(&places, "globex", MAX_LISTENERS);
        let omar = places.take(person("acme:omar")).ok().unwrap();
        let msp = listen(&places, "msp", 20);
        let gone = globex.iter().filter(|place| place.is_displaced()).count();
        assert_eq!(gone, 21);
        assert!(!omar.is_displaced() && !msp.iter().any(Place::is_displaced));
        assert!(globex[0].is_displaced() && !globex[MAX_LISTENERS - 1].is_displaced(), "the oldest first");
        let colleague = places.take(person("globex:gina"));
        assert!(colleague.is_ok(), "their own programs make place as well");
        drop((globex, omar, msp, colleague));
        assert!(places.0.are_free());
    }

    #[test]
    fn where_nobody_has_more_nobody_makes_place() {
        let places = Places::default();
        let one_each = (0..MAX_LISTENERS).map(|n| places.take(person(&format!("acme:p{n}"))).ok().unwrap());
        let kept: Vec<_> = one_each.collect();
        assert_eq!(places.take(person("acme:omar")).err(), Some(Full::InAll));
        assert!(!kept.iter().any(Place::is_displaced));
        assert!(places.take(person("globex:gina")).is_ok(), "theirs are fewer");
    }
}
