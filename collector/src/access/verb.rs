//! What people may do, as verbs: the words of grants, tokens and the table of routes.

use core::fmt;

use dogwatch_model::text_enum;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

text_enum! {
    /// One thing that people may do.
    pub enum Verb {
        /// See everything of an org or a site.
        View = "view",
        /// Write into an item's timeline.
        Comment = "comment",
        /// Take an item, give it back, act on what one has.
        Claim = "claim",
        /// Offer an item to the other side, accept, decline.
        Handoff = "handoff",
        /// Put an item to sleep; plan a maintenance window.
        Snooze = "snooze",
        /// Close, merge and reopen items.
        Close = "close",
        /// Enrol, approve, revoke and move endpoints; propose a matrix.
        Configure = "configure",
        /// Sign a matrix for one's side.
        Sign = "sign",
        /// Take an org's data out.
        Export = "export",
        /// Give and end rights of one's own side's people, approve the other side's risky ones.
        Administer = "administer",
        /// Feed alerts of other tools into the queue. For programs.
        Intake = "intake",
    }
}

impl Verb {
    /// What counts only once the other side has approved it.
    pub const fn is_risky(self) -> bool {
        matches!(self, Self::Export | Self::Administer)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of verbs.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Verbs(u16);

impl Verbs {
    /// None.
    pub const NONE: Self = Self(0);
    /// What every person of either side has for the whole of their org, always.
    pub const EVERYBODY: Self = Self::of(&[Verb::View, Verb::Comment]);
    /// What crews work with.
    pub const CREW: Self =
        Self::EVERYBODY.union(Self::of(&[Verb::Claim, Verb::Handoff, Verb::Snooze, Verb::Close]));
    /// Everything that people do; programs' [`Verb::Intake`] is asked for by name.
    pub const ALL: Self =
        Self::CREW.union(Self::of(&[Verb::Configure, Verb::Sign, Verb::Export, Verb::Administer]));

    /// Everything, programs' verb included.
    pub const EVERYTHING: Self = Self::ALL.union(Self::of(&[Verb::Intake]));

    /// The set of these.
    pub const fn of(verbs: &[Verb]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < verbs.len() {
            set |= verbs[at].bit();
            at += 1;
        }
        Self(set)
    }

    /// Whether `verb` is in it.
    pub const fn has(self, verb: Verb) -> bool {
        self.0 & verb.bit() != 0
    }

    /// What is in either.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this and not in the other.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is any sight of a place with them, or what stands in for it: a right without sight is none.
    pub(super) const fn has_sight(self) -> bool {
        self.has(Verb::View) || self.has(Verb::Intake)
    }

    /// The same with what whoever configures may let programs do.
    pub const fn with_programs(self) -> Self {
        if self.has(Verb::Configure) { self.union(Self::of(&[Verb::Intake])) } else { self }
    }

    /// The risky ones of it.
    pub fn risky(self) -> Self {
        self.into_iter().filter(|verb| verb.is_risky()).collect()
    }
}

impl IntoIterator for Verbs {
    type Item = Verb;
    type IntoIter = VerbsIter;

    fn into_iter(self) -> Self::IntoIter {
        VerbsIter { set: self, rest: Verb::ALL }
    }
}

/// The verbs of a set, in declaration order.
#[derive(Debug, Clone)]
pub struct VerbsIter {
    set: Verbs,
    rest: &'static [Verb],
}

impl Iterator for VerbsIter {
    type Item = Verb;

    fn next(&mut self) -> Option<Verb> {
        let at = self.rest.iter().position(|verb| self.set.has(*verb))?;
        let verb = self.rest[at];
        self.rest = &self.rest[at + 1..];
        Some(verb)
    }
}

impl FromIterator<Verb> for Verbs {
    fn from_iter<I: IntoIterator<Item = Verb>>(verbs: I) -> Self {
        verbs.into_iter().fold(Self::NONE, |set, verb| Self(set.0 | verb.bit()))
    }
}

impl fmt::Display for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, verb) in self.into_iter().enumerate() {
            write!(f, "{}{verb}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verbs({self})")
    }
}

impl JsonSchema for Verbs {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Verbs".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Verb>::json_schema(generator)
    }
}

impl Serialize for Verbs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(*self)
    }
}

impl<'de> Deserialize<'de> for Verbs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Verb>::deserialize(deserializer)?.into_iter().collect())
    }
}

text_enum! {
    /// Usual sets of verbs, by a name: for tokens and invitations.
    pub enum Role {
        /// Everything that people do.
        Admin = "admin",
        /// What crews work with: [`Verbs::CREW`].
        Member = "member",
        /// See and comment.
        Viewer = "viewer",
    }
}

impl Role {
    /// What it stands for.
    pub const fn verbs(self) -> Verbs {
        match self {
            Self::Admin => Verbs::ALL,
            Self::Member => Verbs::CREW,
            Self::Viewer => Verbs::EVERYBODY,
        }
    }

    /// The name of a set, when it has one.
    pub fn named(verbs: Verbs) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.verbs() == verbs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_its_verbs_in_order_and_reads_back() {
        let set = Verbs::of(&[Verb::Administer, Verb::View]);
        assert_eq!(set.to_string(), "view, administer");
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, r#"["view","administer"]"#);
        assert_eq!(serde_json::from_str::<Verbs>(&text).unwrap(), set);
        assert_eq!(Verbs::ALL.risky(), Verbs::of(&[Verb::Export, Verb::Administer]));
    }
}
