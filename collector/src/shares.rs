//! What is bounded in all and used by many: where there is no room, whoever has the most gives way.
//!
//! Things stand by crowd (the people of an org, an address) and in it by member (a person, a token), oldest first, each with a
//! weight. Of the heaviest crowd the heaviest member loses its oldest thing, so that whoever takes too much takes it from
//! themself first, then from their own, and from others never.
//!
//! No clock and no lock; [`places`] adds the lock.

pub(crate) mod places;

use std::{cmp::Reverse, collections::BTreeMap};

/// By how many somebody must be ahead of another to give way to them: by one they would only take turns.
pub(crate) const AHEAD: usize = 2;

/// Things by crowd and member.
#[derive(Debug)]
pub(crate) struct Shares<C, M, T> {
    weight: usize,
    crowds: BTreeMap<C, Crowd<M, T>>,
}

#[derive(Debug)]
struct Crowd<M, T> {
    weight: usize,
    members: BTreeMap<M, Member<T>>,
}

#[derive(Debug)]
struct Member<T> {
    weight: usize,
    things: BTreeMap<T, usize>,
}

/// A thing, and whose it is.
pub(crate) type Owned<C, M, T> = (C, M, T);

impl<C, M, T> Default for Shares<C, M, T> {
    fn default() -> Self {
        Self { weight: 0, crowds: BTreeMap::new() }
    }
}

impl<C: Ord + Clone, M: Ord + Clone, T: Ord + Clone> Shares<C, M, T> {
    /// What all things weigh.
    pub(crate) const fn weight(&self) -> usize {
        self.weight
    }

    /// What those of one member weigh.
    pub(crate) fn weight_of(&self, crowd: &C, member: &M) -> usize {
        self.member(crowd, member).map_or(0, |member| member.weight)
    }

    /// The oldest thing of one member.
    pub(crate) fn oldest_of(&self, crowd: &C, member: &M) -> Option<&T> {
        self.member(crowd, member)?.things.first_key_value().map(|(thing, _)| thing)
    }

    /// Whose thing is to go, without regard to who needs room: the oldest of the heaviest.
    pub(crate) fn oldest_of_heaviest(&self) -> Option<Owned<C, M, T>> {
        let (name, crowd) = self.crowds.iter().max_by_key(|(_, crowd)| crowd.weight)?;
        let (member, things) = crowd.heaviest()?;
        things.owned(name, member)
    }

    /// Whose thing gives way to one more of a member, which weighs so much: of a crowd that is far enough ahead of theirs, or of
    /// another member of theirs. Nobody, where they have as much as anybody.
    pub(crate) fn gives_way(&self, crowd: &C, member: &M, weight: usize) -> Option<Owned<C, M, T>> {
        let ahead = weight.saturating_mul(AHEAD);
        let own = self.crowds.get(crowd);
        let heaviest = self.crowds.values().map(|crowd| crowd.weight).max()?;
        if heaviest >= own.map_or(0, |own| own.weight).saturating_add(ahead) {
            return self.oldest_of_heaviest();
        }
        let of_member = self.weight_of(crowd, member);
        let (name, things) = own?.heaviest()?;
        if things.weight < of_member.saturating_add(ahead) {
            return None;
        }
        things.owned(crowd, name)
    }

    /// Adds a thing.
    pub(crate) fn insert(&mut self, (crowd, member, thing): Owned<C, M, T>, weight: usize) {
        self.remove((&crowd, &member, &thing));
        let crowd = self.crowds.entry(crowd).or_insert_with(|| Crowd { weight: 0, members: BTreeMap::new() });
        let member =
            crowd.members.entry(member).or_insert_with(|| Member { weight: 0, things: BTreeMap::new() });
        member.things.insert(thing, weight);
        for total in [&mut member.weight, &mut crowd.weight, &mut self.weight] {
            *total += weight;
        }
    }

    /// Removes a thing; who has none left is forgotten. Gives what it weighed.
    pub(crate) fn remove(&mut self, (name, member, thing): (&C, &M, &T)) -> Option<usize> {
        let crowd = self.crowds.get_mut(name)?;
        let things = crowd.members.get_mut(member)?;
        let weight = things.things.remove(thing)?;
        for total in [&mut things.weight, &mut crowd.weight, &mut self.weight] {
            *total -= weight;
        }
        if things.things.is_empty() {
            crowd.members.remove(member);
        }
        if crowd.members.is_empty() {
            self.crowds.remove(name);
        }
        Some(weight)
    }

    fn member(&self, crowd: &C, member: &M) -> Option<&Member<T>> {
        self.crowds.get(crowd)?.members.get(member)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.crowds.is_empty() && self.weight == 0
    }
}

impl<M: Ord, T: Ord> Crowd<M, T> {
    /// Who has the most; of several the one whose oldest thing is the oldest.
    fn heaviest(&self) -> Option<(&M, &Member<T>)> {
        self.members.iter().max_by_key(|(_, member)| (member.weight, Reverse(member.things.keys().next())))
    }
}

impl<T: Ord + Clone> Member<T> {
    fn owned<C: Clone, M: Clone>(&self, crowd: &C, member: &M) -> Option<Owned<C, M, T>> {
        let (thing, _) = self.things.first_key_value()?;
        Some((crowd.clone(), member.clone(), thing.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(things: &[(char, u32, u32)]) -> Shares<char, u32, u32> {
        let mut shares = Shares::default();
        for thing in things {
            shares.insert(*thing, 1);
        }
        shares
    }

    #[test]
    fn the_heaviest_member_of_the_heaviest_crowd_loses_its_oldest() {
        let shares = of(&[('a', 1, 1), ('b', 1, 2), ('b', 2, 3), ('b', 2, 4), ('a', 1, 5)]);
        assert_eq!(shares.oldest_of_heaviest(), Some(('b', 2, 3)));
        assert_eq!(shares.gives_way(&'c', &1, 1), Some(('b', 2, 3)));
        assert_eq!(shares.gives_way(&'a', &2, 1), Some(('a', 1, 1)), "no crowd is ahead of theirs by two");
        assert_eq!(shares.gives_way(&'b', &1, 1), None, "they have nearly as many as the other");
        assert_eq!(shares.gives_way(&'c', &1, 2), None, "nobody is ahead by so much");
    }

    #[test]
    fn nothing_is_remembered_of_what_is_gone() {
        let mut shares = of(&[('a', 1, 1)]);
        shares.insert(('a', 1, 1), 7);
        assert_eq!((shares.weight(), shares.weight_of(&'a', &1)), (7, 7), "it is there once");
        assert_eq!(shares.oldest_of(&'a', &1), Some(&1));
        assert_eq!(shares.remove((&'a', &1, &1)), Some(7));
        assert!(shares.is_empty() && shares.remove((&'a', &1, &1)).is_none());
    }
}
