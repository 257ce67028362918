//! An answer in words, for people.

use core::fmt;

use jiff::{Timestamp, tz::TimeZone};

use super::{Answer, Asked, Card, FirstResponder, Kind, Next};
use crate::{
    matrix::{Person, Standing, Vendor},
    routing::Considered,
    sla::{ClockState, Pause},
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
        let asked = &answer.asked;
        writeln!(f, "{} at {}: {}", asked.org, self.local(asked.at), subject(asked))?;
        self.first_responder(f, &answer.first_responder)?;
        if let Some(holder) = &answer.holder {
            line(f, "held by", &holder.to_string())?;
        }
        line(f, "accountable", &card(&answer.accountable))?;
        cards(f, "consulted", &answer.consulted)?;
        cards(f, "informed", &answer.informed)?;
        if let Some(team) = &answer.backup {
            line(f, "backup", &card(&Card::Team(team.clone())))?;
        }
        if let Some(vendor) = &answer.vendor {
            line(f, "vendor", &reachable(vendor))?;
        }
        self.clocks(f)?;
        for (i, next) in answer.next.iter().enumerate() {
            line(f, if i == 0 { "if nobody" } else { "" }, &self.next(next))?;
        }
        self.reasons(f)
    }
}

impl InWords<'_> {
    fn first_responder(&self, f: &mut fmt::Formatter<'_>, first: &FirstResponder) -> fmt::Result {
        let mut words = format!("{} ({}, {} side)", first.team_name, first.team, first.side);
        words.push_str(&reach(first.contact.as_deref()));
        line(f, "acts first", &words)?;
        match (&first.person, &first.rota) {
            (Some(person), _) => line(f, "on duty", &named(person))?,
            (None, Some(rota)) => line(f, "on duty", &format!("nobody of rota {rota}: the whole team"))?,
            (None, None) => {}
        }
        if let Some(expert) = &first.expert {
            line(f, "", &format!("knows it best: {}", named(expert)))?;
        }
        if let Some(deputy) = &first.expert_deputy {
            line(f, "", &format!("and next to them: {}", named(deputy)))?;
        }
        let until = first.until.map_or_else(|| "further notice".to_owned(), |until| self.local(until));
        line(f, "until", &until)?;
        match first.alone_until.filter(|until| *until > self.answer.asked.at) {
            Some(until) => line(f, "alone until", &self.local(until)),
            None => Ok(()),
        }
    }

    fn clocks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clocks = &self.answer.clocks;
        line(f, "response", &self.clock(&clocks.response))?;
        line(f, "resolve", &self.clock(&clocks.resolve))?;
        for (label, clock) in [("vendor's", &clocks.vendor), ("hand-off", &clocks.accept)] {
            if let Some(clock) = clock {
                line(f, label, &self.clock(clock))?;
            }
        }
        Ok(())
    }

    /// `by Mon 2026-11-02 20:15 EST (15m)`
    fn clock(&self, clock: &ClockState) -> String {
        let hours =
            clock.calendar.as_ref().map(|calendar| format!(" by calendar {calendar}")).unwrap_or_default();
        let promised = format!("{:#}{hours}", clock.promised);
        match (clock.stopped_at, clock.deadline, clock.paused_by) {
            (Some(at), None, _) => format!("met: {} ({promised})", self.local(at)),
            (Some(at), Some(deadline), _) => {
                format!("missed: {}, was due {} ({promised})", self.local(at), self.local(deadline))
            }
            (None, Some(due), _) if clock.breached_at.is_some() => {
                format!("missed: was due {} ({promised})", self.local(due))
            }
            (None, Some(due), Some(Pause::Hours)) => {
                format!("by {} ({promised}, now outside its hours)", self.local(due))
            }
            (None, Some(due), _) => format!("by {} ({promised})", self.local(due)),
            (None, None, Some(pause)) => {
                format!("stands: {}, {:#} of {promised} used", paused(pause), clock.used)
            }
            (None, None, None) => format!("in no time that can be foreseen ({promised})"),
        }
    }

    fn next(&self, next: &Next) -> String {
        let (at, to) = (self.local(next.called.at), &next.called.to);
        match (next.kind, next.called.step) {
            (Kind::HandOver, _) => format!("{at}: {to} takes over"),
            (Kind::Step, Some(step)) => format!("{at}: step {step} calls {to}"),
            (Kind::Step, None) | (Kind::LastResort, _) => format!("{at}: {to}"),
        }
    }

    fn reasons(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.answer;
        let row = answer.row.as_ref().map_or_else(|| "none: last resort".to_owned(), ToString::to_string);
        let tier = answer.tier.map(|tier| format!(", {tier}")).unwrap_or_default();
        let matrix = matrix(&answer.matrix_version, answer.matrix_standing);
        line(f, "row", &format!("{row}{tier} ({matrix})"))?;
        for (label, text) in [("note", &answer.note), ("runbook", &answer.runbook)] {
            if let Some(text) = text {
                line(f, label, text)?;
            }
        }
        let duty = answer.first_responder.rota.as_ref().map(|_| &answer.first_responder.duty);
        for (i, why) in answer.why.iter().chain(duty).enumerate() {
            line(f, if i == 0 { "why" } else { "" }, &self.localised(why))?;
        }
        for (i, Considered { why, .. }) in answer.lost.iter().enumerate() {
            line(f, if i == 0 { "lost" } else { "" }, &self.localised(why))?;
        }
        Ok(())
    }

    /// A sentence with its instants in local time. Reasons are stored with instants that mean the same everywhere.
    fn localised(&self, sentence: &str) -> String {
        let word = |word: &str| match word.parse::<Timestamp>() {
            Ok(at) => self.local(at),
            Err(_) => word.to_owned(),
        };
        sentence.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
    }
}

/// `tool backup, category backup, critical, on srv-01`
pub(super) fn subject(asked: &Asked) -> String {
    let alert = asked.alert.map(|number| format!("alert {number}"));
    let tool = asked.tool.as_ref().map(|tool| format!("tool {tool}"));
    let category = asked.category.map(|category| format!("category {category}"));
    let severity = Some(format!("{} ({})", asked.severity, asked.priority));
    let endpoint = asked.endpoint.as_ref().map(|endpoint| format!("on {endpoint}"));
    let parts: Vec<_> = [alert, tool, category, severity, endpoint].into_iter().flatten().collect();
    parts.join(", ")
}

/// `matrix 0123456789ab, provisional: not signed by both sides yet`
pub(super) fn matrix(version: &str, standing: Standing) -> String {
    match standing {
        Standing::Provisional => format!("matrix {version}, provisional: not signed by both sides yet"),
        Standing::Signed => format!("matrix {version}"),
    }
}

const fn paused(pause: Pause) -> &'static str {
    match pause {
        Pause::Vendor => "waiting for the vendor",
        Pause::User => "waiting for somebody who uses it",
        Pause::Reboot => "waiting for a reboot",
        Pause::Window => "waiting for a maintenance window",
        Pause::Hidden => "hidden",
        Pause::Hours => "outside its hours",
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

fn reachable(vendor: &Vendor) -> String {
    let contract = vendor.contract.as_ref().map(|contract| format!(", contract {contract}"));
    format!("{}{}{}", vendor.name, reach(vendor.contact.as_deref()), contract.unwrap_or_default())
}

fn reach(contact: Option<&str>) -> String {
    contact.map(|contact| format!(", {contact}")).unwrap_or_default()
}
