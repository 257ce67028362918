//! An answer in words, for people.

use core::fmt;

use jiff::{Timestamp, tz::TimeZone};

use super::{Answer, Card, FirstResponder};
use crate::{
    matrix::{Person, Standing},
    routing::Considered,
};

/// An [`Answer`] as people read it, in their local time.
#[derive(Debug, Clone, Copy)]
pub struct InWords<'a> {
    answer: &'a Answer,
    zone: &'a TimeZone,
}

impl Answer {
    /// This answer in words; instants are shown in `zone`.
    pub const fn in_words<'a>(&'a self, zone: &'a TimeZone) -> InWords<'a> {
        InWords { answer: self, zone }
    }
}

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.answer;
        self.question(f)?;
        self.first_responder(f, &answer.first_responder)?;
        line(f, "accountable", &card(&answer.accountable))?;
        cards(f, "consulted", &answer.consulted)?;
        cards(f, "informed", &answer.informed)?;
        if let Some(team) = &answer.backup {
            line(f, "backup", &card(&Card::Team(team.clone())))?;
        }
        let row = answer.row.as_ref().map_or_else(|| "none: last resort".to_owned(), ToString::to_string);
        let standing = match answer.matrix_standing {
            Standing::Provisional => ", provisional: not signed by both sides yet",
            Standing::Signed => "",
        };
        line(f, "row", &format!("{row} (matrix {}{standing})", answer.matrix_version))?;
        for (label, text) in [("note", &answer.note), ("runbook", &answer.runbook)] {
            if let Some(text) = text {
                line(f, label, text)?;
            }
        }
        for (i, why) in answer.why.iter().enumerate() {
            line(f, if i == 0 { "why" } else { "" }, why)?;
        }
        for (i, Considered { why, .. }) in answer.lost.iter().enumerate() {
            line(f, if i == 0 { "lost" } else { "" }, why)?;
        }
        Ok(())
    }
}

impl InWords<'_> {
    fn question(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = &self.answer.asked;
        let tool = asked.tool.as_ref().map(|tool| format!("tool {tool}"));
        let category = asked.category.map(|category| format!("category {category}"));
        let severity = Some(asked.severity.to_string());
        let endpoint = asked.endpoint.as_ref().map(|endpoint| format!("on {endpoint}"));
        let parts: Vec<_> = [tool, category, severity, endpoint].into_iter().flatten().collect();
        writeln!(f, "{} at {}: {}", asked.org, self.local(asked.at), parts.join(", "))
    }

    fn first_responder(&self, f: &mut fmt::Formatter<'_>, first: &FirstResponder) -> fmt::Result {
        let mut words = format!("{} ({}, {} side)", first.team_name, first.team, first.side);
        words.push_str(&reach(first.contact.as_deref()));
        line(f, "acts first", &words)?;
        if let Some(person) = &first.person {
            line(f, "", &format!("ask for {}", named(person)))?;
        }
        if let Some(deputy) = &first.deputy {
            line(f, "", &format!("or, standing in, {}", named(deputy)))?;
        }
        let until = match first.until {
            Some(until) => self.local(until),
            None => "further notice".to_owned(),
        };
        line(f, "until", &until)
    }

    fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    writeln!(f, "  {label:<12} {text}")
}

fn cards(f: &mut fmt::Formatter<'_>, label: &str, of: &[Card]) -> fmt::Result {
    of.iter().enumerate().try_for_each(|(i, one)| line(f, if i == 0 { label } else { "" }, &card(one)))
}

fn card(card: &Card) -> String {
    match card {
        Card::Team(team) => {
            format!("{} ({}, {} side){}", team.name, team.id, team.side, reach(team.contact.as_deref()))
        }
        Card::Person(person) => named(person),
    }
}

fn named(person: &Person) -> String {
    format!("{} ({}, {} side){}", person.name, person.id, person.side, reach(person.contact.as_deref()))
}

fn reach(contact: Option<&str>) -> String {
    contact.map(|contact| format!(", {contact}")).unwrap_or_default()
}
