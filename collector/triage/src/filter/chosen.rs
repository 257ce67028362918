//! A part of an endpoint's JSON: the fields that were asked for, under the same names.

use std::collections::BTreeMap;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::{
    FilterError,
    json::{Array, Object, Scalar},
    names,
    row::Row,
    schema::{About, Field, Kind, fields},
    value::{Item, List, Value},
};

/// The most fields that may be asked for: more than there are columns on any screen.
const MAX_FIELDS: usize = 100;

/// Fields that were asked for: `name,health.cpu,labels.env,health.disks.mount`.
#[derive(Debug, Clone)]
pub struct Fields(Vec<Choice>);

/// One field, or a part of it.
#[derive(Debug, Clone)]
struct Choice {
    field: &'static Field,
    /// Which of its members or labels; all without.
    part: Option<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Members(Vec<Choice>),
    Labels(Vec<Box<str>>),
}

impl Fields {
    /// Compiles names with commas between them.
    ///
    /// # Errors
    /// [`FilterError`], with the column of the name that is not understood, and a suggestion.
    pub fn compile(text: &str) -> Result<Self, FilterError> {
        let (mut choices, mut at) = (Vec::new(), 0);
        for (count, part) in text.split(',').enumerate() {
            let place = FilterError::at(text, at + part.len() - part.trim_start().len(), "");
            at += part.len() + 1;
            if count == MAX_FIELDS {
                return Err(FilterError {
                    what: format!("at most {MAX_FIELDS} fields can be asked for"),
                    ..place
                });
            }
            let path = part.trim().replace("[]", "");
            let names: Vec<&str> = path.split('.').collect();
            choose(&mut choices, fields(), "", &names).map_err(|(what, mend)| FilterError {
                what,
                mend,
                ..place
            })?;
        }
        Ok(Self(choices))
    }
}

/// Adds what a path leads to.
fn choose(
    choices: &mut Vec<Choice>,
    among: &'static [Field],
    prefix: &str,
    path: &[&str],
) -> Result<(), (String, Option<String>)> {
    let [name, rest @ ..] = path else { return Ok(()) };
    let Some(field) = names::find(among, name) else {
        let meant = names::suggest(About::Endpoint, among, prefix, name)
            .map(|near| format!("did you mean `{near}`?"));
        return Err((format!("no field `{prefix}{}`", path.join(".")), meant));
    };
    let known = choices.iter().position(|choice| core::ptr::eq(choice.field, field));
    let members: &'static [Field] = match &field.kind {
        _ if rest.is_empty() => {
            // All of it takes in what was asked for of it before.
            choices.retain(|choice| !core::ptr::eq(choice.field, field));
            choices.push(Choice { field, part: None });
            return Ok(());
        }
        Kind::Labels(_) => {
            let key = rest.join(".").into();
            match known.map(|at| &mut choices[at].part) {
                Some(Some(Part::Labels(keys))) => keys.push(key),
                Some(_) => {}
                None => choices.push(Choice { field, part: Some(Part::Labels(vec![key])) }),
            }
            return Ok(());
        }
        Kind::Group(members) | Kind::Records(members, _) => members,
        Kind::Value(..) | Kind::Texts(_) => {
            return Err((format!("`{prefix}{name}` has no field `{}`", rest.join(".")), None));
        }
    };
    let at = known.unwrap_or_else(|| {
        choices.push(Choice { field, part: Some(Part::Members(Vec::new())) });
        choices.len() - 1
    });
    match &mut choices[at].part {
        Some(Part::Members(inner)) => choose(inner, members, &format!("{prefix}{name}."), rest),
        _ => choose(&mut Vec::new(), members, &format!("{prefix}{name}."), rest),
    }
}

/// Serialises the chosen fields of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct ChosenJson<'f, 'a> {
    /// The endpoint.
    pub row: Row<'a>,
    /// What of it.
    pub fields: &'f Fields,
}

impl Serialize for ChosenJson<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Chosen { row: &self.row, item: Item::None, choices: &self.fields.0 }.serialize(serializer)
    }
}

struct Chosen<'r, 'a> {
    row: &'r Row<'a>,
    item: Item<'a>,
    choices: &'r [Choice],
}

impl<'r, 'a> Chosen<'r, 'a> {
    fn whole(&self, fields: &'static [Field]) -> Object<'r, 'a> {
        Object { row: self.row, item: self.item, fields }
    }

    fn part(&self, choices: &'r [Choice]) -> Self {
        Self { row: self.row, item: self.item, choices }
    }

    /// Whether anything that was chosen of a group is known.
    fn is_known(&self) -> bool {
        self.choices.iter().any(|choice| match (&choice.field.kind, &choice.part) {
            (Kind::Group(_), Some(Part::Members(inner))) => self.part(inner).is_known(),
            _ => self.whole(&[]).is_known(choice.field),
        })
    }
}

impl Serialize for Chosen<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for Choice { field, part } in self.choices {
            match (&field.kind, part) {
                (Kind::Value(ty, get), _) => match get(self.row, self.item) {
                    Value::Missing => {}
                    value => map.serialize_entry(field.name, &Scalar(*ty, value))?,
                },
                (Kind::Group(_), Some(Part::Members(inner))) => {
                    let inner = self.part(inner);
                    if inner.is_known() {
                        map.serialize_entry(field.name, &inner)?;
                    }
                }
                (Kind::Group(members), _) => {
                    if self.whole(&[]).is_known(field) {
                        map.serialize_entry(field.name, &self.whole(members))?;
                    }
                }
                (Kind::Records(_, get), Some(Part::Members(inner))) => {
                    if let Some(list) = get(self.row, self.item) {
                        map.serialize_entry(field.name, &ChosenList { row: self.row, list, choices: inner })?;
                    }
                }
                (Kind::Records(members, get), _) => {
                    if let Some(list) = get(self.row, self.item) {
                        map.serialize_entry(field.name, &Array { row: self.row, list, fields: members })?;
                    }
                }
                (Kind::Texts(get), _) => {
                    if let Some(list) = get(self.row, self.item) {
                        map.serialize_entry(field.name, &Array { row: self.row, list, fields: &[] })?;
                    }
                }
                (Kind::Labels(get), Some(Part::Labels(keys))) => {
                    let labels = get(self.row);
                    let chosen: BTreeMap<&str, &String> =
                        keys.iter().filter_map(|key| Some((&**key, labels.get(&**key)?))).collect();
                    map.serialize_entry(field.name, &chosen)?;
                }
                (Kind::Labels(get), _) => map.serialize_entry(field.name, get(self.row))?,
            }
        }
        map.end()
    }
}

struct ChosenList<'r, 'a> {
    row: &'r Row<'a>,
    list: List<'a>,
    choices: &'r [Choice],
}

impl Serialize for ChosenList<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.list.len()))?;
        for index in 0..self.list.len() {
            let item = self.list.at(index);
            sequence.serialize_element(&Chosen { row: self.row, item, choices: self.choices })?;
        }
        sequence.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{full_server, row, silent_server};

    fn written(fields: &str, endpoint: &dogwatch_model::Endpoint) -> String {
        let fields = Fields::compile(fields).unwrap();
        serde_json::to_string(&ChosenJson { row: row(endpoint), fields: &fields }).unwrap()
    }

    #[test]
    fn only_what_was_asked_for_is_written_and_only_what_is_known() {
        let full = full_server();
        assert_eq!(
            written("name, os.family,labels.env,labels.rack,health.disks[].mount", &full),
            r#"{"name":"srv-01","os":{"family":"linux"},"labels":{"env":"prod"},"health":{"disks":[{"mount":"/"}]}}"#
        );
        assert_eq!(
            written("name,os.family,health.cpu,health.disks.mount", &silent_server()),
            r#"{"name":"srv-01"}"#
        );
        assert_eq!(
            written("os.family,os.name,tags", &full),
            r#"{"os":{"family":"linux","name":"Debian GNU/Linux"},"tags":["lab","prod"]}"#
        );
    }

    #[test]
    fn the_whole_takes_in_its_parts_in_either_order() {
        let whole = written("security", &full_server());
        for fields in ["security.firewall,security", "security,security.firewall"] {
            assert_eq!(written(fields, &full_server()), whole, "{fields}");
        }
    }

    #[test]
    fn every_field_chosen_by_name_is_what_the_whole_says() {
        use crate::filter::EndpointJson;
        let full = full_server();
        let whole = serde_json::to_value(EndpointJson(row(&full))).unwrap();
        for (name, value) in whole.as_object().unwrap() {
            let chosen: serde_json::Value = serde_json::from_str(&written(name, &full)).unwrap();
            assert_eq!(chosen[name], *value, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_what_was_meant() {
        let refusal = |fields: &str| Fields::compile(fields).unwrap_err().to_string();
        assert_eq!(
            refusal("name,os.famly"),
            "line 1, column 6: no field `os.famly`; did you mean `os.family`?"
        );
        assert_eq!(refusal("name.x"), "line 1, column 1: `name` has no field `x`");
        assert!(refusal("").contains("no field ``"));
    }
}
