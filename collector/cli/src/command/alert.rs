//! `alert show|claim|release|comment|close`.

mod words;

use serde_json::{Map, Value, json};

use crate::{
    args::{Alert, Numbered},
    client::Client,
    failure::Failure,
    output::{Screen, text_at},
};

pub(crate) fn run(alert: &Alert, screen: &Screen) -> Result<(), Failure> {
    let reason = |reason: &Option<String>| ("override", reason.clone());
    match alert {
        Alert::Show(of) => show(of, screen),
        Alert::Claim(of) => act(&of.alert, "claim", [reason(&of.override_reason)], screen),
        Alert::Release(of) => act(&of.alert, "release", [reason(&of.override_reason)], screen),
        Alert::Comment(of) => act(&of.alert, "comment", [("text", Some(of.text.clone()))], screen),
        Alert::Close(of) => {
            let resolution = ("resolution", Some(of.resolution.clone()));
            act(&of.alert, "close", [resolution, reason(&of.override_reason)], screen)
        }
    }
}

fn show(of: &Numbered, screen: &Screen) -> Result<(), Failure> {
    let item = Client::logged_in()?.get(&format!("alerts/{}", of.number), &[])?;
    super::show_one(&item, "number", screen, || words::all(&item, screen))
}

fn act<const N: usize>(
    of: &Numbered,
    act: &str,
    parts: [(&str, Option<String>); N],
    screen: &Screen,
) -> Result<(), Failure> {
    let body: Map<String, Value> = parts
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.to_owned(), json!(value))))
        .collect();
    let item = Client::logged_in()?.post(&format!("alerts/{}/{act}", of.number), &Value::Object(body))?;
    super::show_one(&item, "number", screen, || {
        let by = super::queue::doer(&item);
        let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
        format!("#{} is {}{by}: {}\n", of.number, text_at(&item, "work"), text_at(&item, "title"))
    })
}
