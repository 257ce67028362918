//! Which command somebody was typing when it went wrong: the one whose help they want.

use std::fmt;

use clap::{Arg, Command};

/// A command by the names that lead to it.
pub(crate) struct Place<'c>(Vec<&'c Command>);

impl<'c> Place<'c> {
    /// As far as the words that were typed lead.
    pub(crate) fn of(program: &'c Command, typed: impl Iterator<Item = String>) -> Self {
        Self::walk(program, typed, |_, _, _| ())
    }

    /// The same, and shows every word on the way that begins with `-` and is no option's value: at which command, as which
    /// word from 0, and what it is.
    pub(crate) fn walk(
        program: &'c Command,
        typed: impl Iterator<Item = String>,
        mut dashed: impl FnMut(&Self, usize, &str),
    ) -> Self {
        let (mut place, mut typed) = (Self(vec![program]), typed.enumerate());
        while let Some((at, word)) = typed.next() {
            match word.as_str() {
                "--" => break,
                word if word.starts_with('-') => {
                    dashed(&place, at, word);
                    if place.option(word).is_some_and(takes_next) {
                        typed.next();
                    }
                }
                word => place.enter(word),
            }
        }
        place
    }

    /// The command itself.
    pub(crate) fn command(&self, program: &'c Command) -> &'c Command {
        self.0.last().copied().unwrap_or(program)
    }

    fn enter(&mut self, word: &str) {
        let inner = self.0.last().and_then(|command| command.find_subcommand(word));
        self.0.extend(inner);
    }

    /// An option of this command, or one of those before it that counts everywhere; none where its value stands beside it.
    fn option(&self, word: &str) -> Option<&'c Arg> {
        let is_it = |arg: &&Arg| match word.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => arg.get_short().is_some_and(|short| word.chars().skip(1).eq([short])),
        };
        self.0.iter().rev().flat_map(|command| command.get_arguments()).find(is_it)
    }
}

/// Whether the next word is its value. Where a value may be left out nobody knows; it is no command's name then.
fn takes_next(option: &Arg) -> bool {
    let may_stand_alone = option.get_num_args().is_some_and(|range| range.min_values() == 0);
    option.get_action().takes_values() && !may_stand_alone && !option.is_require_equals_set()
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|command| command.get_name()).collect();
        f.write_str(&names.join(" "))
    }
}
