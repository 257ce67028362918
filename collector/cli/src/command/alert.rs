//! `alert …`: one alert, and everything that people do with it.
//!
//! What the collector is sent is the act itself, written by the very type that it is read with: a part that is left out or
//! misnamed does not compile.

mod clocks;
mod standing;
mod timeline;
mod words;

use dogwatch_triage::alert::{Act, AlertNumber, Packet, Relation};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::again::{self, Pace};
use crate::{
    args::{Alert, Handoff, Numbered, Open, Opinion},
    client::Client,
    failure::{Exit, Failure},
    output::{self, Screen, text_at},
    when::parse_ahead,
};

pub(crate) fn run(alert: &Alert, screen: &Screen) -> Result<(), Failure> {
    match alert {
        Alert::Show { of, watching } => show(of, Pace::told(*watching, "alert,window"), screen),
        Alert::Open(what) => open(what, screen),
        other => {
            let (of, act) = act_of(other, screen)?;
            send(of, &act, screen)
        }
    }
}

/// What was typed as an act on an alert.
fn act_of<'a>(alert: &'a Alert, screen: &Screen) -> Result<(&'a Numbered, Act), Failure> {
    Ok(match alert {
        Alert::Show { .. } | Alert::Open(_) => return Err(Failure::usage("that is no act on an alert")),
        Alert::Claim(of) => (&of.alert, Act::Claim { override_reason: of.over.reason.clone() }),
        Alert::Release(of) => (&of.alert, Act::Release { override_reason: of.over.reason.clone() }),
        Alert::Withdraw(of) => (&of.alert, Act::Withdraw { override_reason: of.over.reason.clone() }),
        Alert::Resume(of) => (&of.alert, Act::Resume { override_reason: of.over.reason.clone() }),
        Alert::Assign(of) => {
            let person = of.person.clone();
            (&of.alert, Act::Assign { person, override_reason: of.over.reason.clone() })
        }
        Alert::Handoff(of) => (&of.alert, handoff(of, screen)?),
        Alert::Accept(of) => (of, Act::Accept),
        Alert::Wake(of) => (of, Act::Wake),
        Alert::Acknowledge(of) => (of, Act::Acknowledge),
        Alert::Decline(of) => (&of.alert, Act::Decline { reason: of.reason.text(), not_ours: of.not_ours }),
        Alert::Wait(of) => {
            let (on, until, reason) = (of.on, ahead(&of.until, screen)?, of.reason.text());
            (&of.alert, Act::Wait { on, until, reason, override_reason: of.over.reason.clone() })
        }
        Alert::Snooze(of) => {
            let (until, reason) = (ahead(&of.until, screen)?, of.reason.text());
            (&of.alert, Act::Snooze { until, reason, override_reason: of.over.reason.clone() })
        }
        Alert::Comment(of) => (&of.alert, Act::Comment { text: of.text.clone() }),
        Alert::Prioritise(of) => {
            let (priority, reason) = (of.priority, of.reason.text());
            (&of.alert, Act::Prioritise { priority, reason, override_reason: of.over.reason.clone() })
        }
        Alert::Link(of) => (&of.alert, Act::Link { to: AlertNumber(of.to), relation: Relation::Related }),
        Alert::Merge(of) => {
            let into = AlertNumber(of.into);
            (&of.alert, Act::Merge { into, override_reason: of.over.reason.clone() })
        }
        Alert::Feedback(of) => {
            let noise = of.opinion == Opinion::Noise;
            (&of.alert, Act::Feedback { noise, text: of.text.clone().unwrap_or_default() })
        }
        Alert::Close(of) => {
            let resolution = of.text();
            (&of.alert, Act::Close { resolution, override_reason: of.over.reason.clone() })
        }
        Alert::Reopen(of) => (&of.alert, Act::Reopen { reason: of.reason.text() }),
    })
}

/// A hand-off with its packet; what is missing of it is said at once, with an example.
fn handoff(of: &Handoff, screen: &Screen) -> Result<Act, Failure> {
    let (Some(tried), Some(state), Some(why_you)) = (&of.tried, &of.state, &of.why) else {
        let parts = [("--tried", &of.tried), ("--state", &of.state), ("--why", &of.why)];
        let missing: Vec<_> =
            parts.iter().filter(|(_, text)| text.is_none()).map(|(name, _)| *name).collect();
        let number = of.alert.number;
        return Err(Failure::usage(format!(
            "a hand-off says what was tried, how things stand and why it is for them; add {}\nsuch as: dogwatch alert handoff {number} \
             --tried 'restarted the job twice' --state 'it fails at the third volume' --why 'the share is yours'",
            missing.join(" and ")
        )));
    };
    let packet = Packet {
        tried: tried.clone(),
        state: state.clone(),
        why_you: why_you.clone(),
        blocked: of.blocked.clone(),
        deadline: of.deadline.as_deref().map(|text| ahead(text, screen)).transpose()?,
        links: of.link.clone(),
    };
    let (to, not_ours) = (of.to.clone(), of.not_ours);
    Ok(Act::Handoff { to, packet, not_ours, override_reason: of.over.reason.clone() })
}

/// An instant ahead, with a word about it where it comes twice or not at all.
fn ahead(text: &str, screen: &Screen) -> Result<Timestamp, Failure> {
    let (at, note) = parse_ahead(text, Timestamp::now(), &screen.zone)?;
    note.iter().for_each(|note| output::note(note));
    Ok(at)
}

fn show(of: &Numbered, pace: Pace, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    again::show(&client, pace, screen, || {
        let item = client.get(&format!("alerts/{}", of.number), &[])?;
        super::one(&item, "number", screen, || words::all(&item, screen))
    })
}

/// All about an alert, in words.
pub(super) fn in_words(item: &Value, screen: &Screen) -> String {
    words::all(item, screen)
}

fn send(of: &Numbered, act: &Act, screen: &Screen) -> Result<(), Failure> {
    let path = format!("alerts/{}/{}", of.number, act.name());
    let item = Client::logged_in()?.post(&path, &parts_of(act)?)?;
    super::show_one(&item, "number", screen, || in_a_line(act, &item, screen))
}

/// The body of an act: its parts, without the name that the path has.
fn parts_of(act: &Act) -> Result<Value, Failure> {
    let wrong = |error| Failure::new(Exit::NotMet, format!("cannot write the request: {error}"));
    let mut body = serde_json::to_value(act).map_err(wrong)?;
    if let Some(parts) = body.as_object_mut() {
        parts.remove("act");
    }
    Ok(body)
}

fn open(what: &Open, screen: &Screen) -> Result<(), Failure> {
    let mut body = json!({
        "tool": what.tool, "severity": what.severity, "text": what.text, "another": what.another,
    });
    let places = [
        ("org", what.org.as_ref().map(ToString::to_string)),
        ("endpoint", what.place.endpoint.clone()),
        ("site", what.place.site.as_ref().map(ToString::to_string)),
    ];
    for (name, value) in places {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    let item = Client::logged_in()?.post("alerts", &body)?;
    super::show_one(&item, "number", screen, || opened_in_words(&item, screen))
}

/// What became of what was opened. Who opened it is told why it is not in the queue.
fn opened_in_words(item: &Value, screen: &Screen) -> String {
    let (team, side) = (text_at(item, "owner.team"), text_at(item, "owner.side"));
    let hiders = item["hidden_by"].as_array().into_iter().flatten();
    let hidden = hiders.map(|hider| format!("  hidden by {}\n", standing::hider_in_words(hider, screen)));
    format!(
        "#{} is open and {team} ({side}) owns it: {}\n{}",
        text_at(item, "number"),
        text_at(item, "title"),
        hidden.collect::<String>()
    )
}

/// What was done, where the state of the work does not tell it, and how the alert stands.
fn in_a_line(act: &Act, item: &Value, screen: &Screen) -> String {
    let work = super::queue::work(item, output::as_of(item), screen);
    let done = match act {
        Act::Prioritise { priority, .. } => format!(" has priority {priority} now and"),
        Act::Acknowledge => format!(" is acknowledged by {} and", text_at(item, "acknowledged_by.person")),
        Act::Assign { person, .. } => format!(" is assigned to {person} and"),
        Act::Feedback { noise: true, .. } => " is noted as noise and".to_owned(),
        Act::Feedback { noise: false, .. } => " is noted as useful and".to_owned(),
        Act::Comment { .. } => " has your comment and".to_owned(),
        Act::Link { to, .. } => format!(" is linked to {to} and"),
        _ => String::new(),
    };
    format!("#{}{done} is {work}: {}\n", text_at(item, "number"), text_at(item, "title"))
}

#[cfg(test)]
mod tests;
