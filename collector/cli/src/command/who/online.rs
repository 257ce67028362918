//! Asks the collector.

use dogwatch_triage::who::{Answer, Week};
use serde::de::DeserializeOwned;

use super::Asked;
use crate::{
    client::Client,
    command::note_refused_policy,
    failure::{Exit, Failure},
};

pub(super) fn answer(asked: &Asked<'_>) -> Result<Answer, Failure> {
    get(asked, None)
}

pub(super) fn week(asked: &Asked<'_>) -> Result<Week, Failure> {
    let Some(zone) = asked.zone.iana_name() else {
        let what = "a week is asked for in a named zone, and this machine's has no name; add one to --at, \
                    such as --at '2026-11-01 12:00 America/Toronto'";
        return Err(Failure::usage(what));
    };
    get(asked, Some(zone))
}

fn get<T: DeserializeOwned>(asked: &Asked<'_>, week: Option<&str>) -> Result<T, Failure> {
    let who = asked.who;
    let (at, alert) = (asked.at.map(|at| at.to_string()), who.alert.map(|number| number.to_string()));
    let params: Vec<(&str, &str)> = [
        ("about", who.about.as_deref()),
        ("alert", alert.as_deref()),
        ("endpoint", who.endpoint.as_deref()),
        ("severity", asked.severity.map(|severity| severity.as_str())),
        ("at", at.as_deref()),
        ("org", who.org.as_ref().map(|org| org.as_str())),
        ("week", week),
        ("expect", who.expect.as_ref().map(|team| team.as_str())),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect();
    let client = Client::logged_in()?;
    let answer = client.get("who", &params)?;
    note_refused_policy(&client);
    serde_json::from_value(answer).map_err(|error| {
        let what = format!("the collector's answer is of another version ({error}); upgrade dogwatch");
        Failure::new(Exit::Unreachable, what)
    })
}
