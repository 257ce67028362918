//! `field:value`: finds the field, by its name or by what hands call it, and says what is asked of it.

use super::value::{self, Asked};
use crate::filter::{
    About, Filter, FilterError, names,
    schema::{Field, Kind, Type},
};

/// What hands call a field.
const CALLED: [(&str, &str); 16] = [
    ("os", "os.family"),
    ("tag", "tags"),
    ("label", "labels"),
    ("host", "net.hostname"),
    ("hostname", "net.hostname"),
    ("ip", "net.addresses"),
    ("address", "net.addresses"),
    ("user", "labels.user"),
    ("disk", "health.disks.used_percent"),
    // As the table of the fleet heads its columns.
    ("seen", "last_seen"),
    ("cpu", "health.cpu.used_percent"),
    ("mem", "health.memory.used_percent"),
    ("updates", "patch.missing.total"),
    ("reboot", "patch.reboot.pending"),
    // Groups by their own names, of which nothing can be asked.
    ("security", "patch.missing.security"),
    ("alerts", "alerts.open"),
];

/// What hands call a field of the queue's items.
const CALLED_IN_ITEMS: [(&str, &str); 6] = [
    ("pri", "priority"),
    ("owner", "owner.team"),
    ("team", "owner.team"),
    ("side", "owner.side"),
    ("assignee", "assignee.person"),
    ("endpoint", "endpoint_name"),
];

/// What hands call fields, those of an item first.
fn called(about: About) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let own = if about == About::Endpoint { &[][..] } else { &CALLED_IN_ITEMS };
    own.iter().chain(&CALLED)
}

/// What a name leads to.
enum Found {
    Value(Type),
    Texts,
    /// A field of a list's elements: the list, and the name within an element.
    Inner(String, String, Type),
    Other(&'static str),
}

/// Whether something has this name.
pub(super) fn known(about: About, name: &str) -> bool {
    find(about, &real(about, name)).is_some()
}

fn real(about: About, name: &str) -> String {
    let plain = name.replace("[]", "");
    called(about).find(|(called, _)| *called == plain).map_or(plain, |(_, real)| (*real).to_owned())
}

fn find(about: About, name: &str) -> Option<Found> {
    if name.strip_prefix("labels.").is_some_and(|key| !key.is_empty()) {
        return Some(Found::Value(Type::Text));
    }
    let (mut among, mut list) = (about.fields(), None);
    let mut path = String::new();
    let mut names = name.split('.').peekable();
    while let Some(one) = names.next() {
        let field: &Field = names::find(among, one)?;
        path = if path.is_empty() { one.to_owned() } else { format!("{path}.{one}") };
        let is_last = names.peek().is_none();
        match &field.kind {
            Kind::Group(members) if !is_last => among = members,
            Kind::Records(members, _) if !is_last && list.is_none() => {
                among = members;
                list = Some(core::mem::take(&mut path));
            }
            Kind::Value(ty, _) if is_last => {
                return Some(match list {
                    Some(list) => Found::Inner(list, path, *ty),
                    None => Found::Value(*ty),
                });
            }
            Kind::Texts(_) if is_last && list.is_none() => return Some(Found::Texts),
            Kind::Group(_) if is_last => return Some(Found::Other("a group")),
            Kind::Records(..) if is_last => return Some(Found::Other("a list of things")),
            Kind::Labels(_) if is_last => return Some(Found::Other("a map")),
            _ => return None,
        }
    }
    None
}

/// The term for one field: `text` is all that was typed, `name` and `asked` stand in it where they say.
pub(super) fn term(
    about: About,
    text: &str,
    (at, name): (usize, &str),
    (place, asked): (usize, &str),
) -> Result<String, FilterError> {
    let real = real(about, name);
    let Some(found) = find(about, &real) else { return Err(no_such(about, text, at, name)) };
    let asked = Asked::new(text, place, asked)?;
    let term = match &found {
        Found::Value(ty) => asked.of(&path(&real), *ty)?,
        Found::Texts => asked.of_texts(&real)?,
        Found::Inner(list, inner, ty) => {
            format!("{list}.exists(x, {})", asked.of(&format!("x.{inner}"), *ty)?)
        }
        Found::Other(kind) => {
            let error = FilterError::at(text, at, format!("`{real}` is {kind}"));
            return Err(error.mend(format!("name one of its fields, or write {}", example(&real))));
        }
    };
    // What the value is not fit for, the language knows; the place is where it was typed.
    match Filter::compile_about(about, &term) {
        Ok(_) => Ok(term),
        Err(error) => {
            let mend = presence(about, &real, asked.only()).map(str::to_owned).or(error.mend);
            Err(FilterError { mend, ..FilterError::at(text, place, error.what) })
        }
    }
}

/// What is meant by a state that the table shows, and that is no state of service.
fn presence(about: About, field: &str, value: Option<&str>) -> Option<&'static str> {
    match (about, field, value?) {
        (About::Endpoint, "state", "online") => Some("whether it is connected is `online:true`"),
        (About::Endpoint, "state", "offline") => Some("whether it is connected is `online:false`"),
        (About::Endpoint, "state", "away") => Some("whether it said goodbye is `planned_offline:true`"),
        _ => None,
    }
}

fn example(name: &str) -> String {
    if name == "labels" { "labels.env:prod".to_owned() } else { format!("has({name}) as an expression") }
}

/// A label's key may have signs that a name has not.
fn path(name: &str) -> String {
    match name.strip_prefix("labels.") {
        Some(key) if !key.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_') => {
            format!("labels[{}]", value::quoted(key))
        }
        _ => name.to_owned(),
    }
}

fn no_such(about: About, text: &str, at: usize, name: &str) -> FilterError {
    let error = FilterError::at(text, at, format!("no field `{name}`"));
    // The language itself suggests what was meant, for names with and without dots.
    let meant = Filter::compile_about(about, &name.replace("[]", "")).err().and_then(|error| error.mend);
    let called = names::nearest(name, called(about).map(|(called, _)| *called));
    match (meant.filter(|mend| mend.starts_with("did you mean")), called) {
        (Some(mend), _) => error.mend(mend),
        (None, Some(near)) => error.mend(format!("did you mean `{near}`?")),
        (None, None) => {
            let command = if about == About::Endpoint { "fleet" } else { "queue" };
            error.mend(format!(
                "`dogwatch {command} --schema` lists the fields; put a word with a colon in quotes"
            ))
        }
    }
}
