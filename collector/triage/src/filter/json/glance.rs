//! An endpoint at a glance: what a list of the fleet shows of it, and so what counts as a visible change.
//!
//! A health sample a minute from each of a hundred thousand machines is no news to anybody; that a machine went away, an
//! alert opened or an update is missing is. The names are those of the schema, the values come from its getters.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Object, Scalar};
use crate::filter::{
    row::Row,
    schema::{Field, Kind, fields},
    value::{Item, Value},
};

/// A name of the schema, and what is taken of the group behind it.
struct Taken(&'static str, &'static [Taken]);

const fn whole(name: &'static str) -> Taken {
    Taken(name, &[])
}

static TAKEN: &[Taken] = &[
    whole("id"),
    whole("name"),
    whole("class"),
    whole("criticality"),
    whole("tags"),
    whole("state"),
    whole("online"),
    whole("score"),
    Taken(
        "patch",
        &[Taken("missing", &[whole("total"), whole("security")]), Taken("reboot", &[whole("pending")])],
    ),
    Taken("backup", &[whole("worst")]),
    whole("alerts"),
];

/// Serialises the glance at one endpoint: two that are written alike look alike in a list. Whose it is says the event
/// around it.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a>(pub Row<'a>);

impl Serialize for Glance<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { row: &self.0, fields: fields(), taken: TAKEN }.serialize(serializer)
    }
}

struct Part<'r, 'a> {
    row: &'r Row<'a>,
    fields: &'static [Field],
    taken: &'static [Taken],
}

impl Serialize for Part<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let object = Object { row: self.row, item: Item::None, fields: self.fields };
        for Taken(name, of) in self.taken {
            let Some(field) = self.fields.iter().find(|field| field.name == *name) else { continue };
            match &field.kind {
                Kind::Value(ty, get) => match get(self.row, Item::None) {
                    Value::Missing => {}
                    value => map.serialize_entry(name, &Scalar(*ty, value))?,
                },
                Kind::Group(members) if of.is_empty() => {
                    map.serialize_entry(name, &Object { fields: members, ..object })?;
                }
                Kind::Group(members) => {
                    if object.is_known(field) {
                        map.serialize_entry(name, &Part { row: self.row, fields: members, taken: of })?;
                    }
                }
                Kind::Texts(_) | Kind::Records(..) | Kind::Labels(_) => {
                    map.serialize_entry(name, &Whole { object, field })?;
                }
            }
        }
        map.end()
    }
}

/// A list as the endpoint's own JSON has it.
struct Whole<'r, 'a> {
    object: Object<'r, 'a>,
    field: &'static Field,
}

impl Serialize for Whole<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (row, item) = (self.object.row, self.object.item);
        match &self.field.kind {
            Kind::Records(members, get) => {
                get(row, item).map(|list| super::Array { row, list, fields: members }).serialize(serializer)
            }
            Kind::Texts(get) => {
                get(row, item).map(|list| super::Array { row, list, fields: &[] }).serialize(serializer)
            }
            Kind::Labels(get) => get(row).serialize(serializer),
            Kind::Value(..) | Kind::Group(_) => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, to_value};

    use super::*;
    use crate::{
        filter::EndpointJson,
        specimen::{full_server, row, silent_server},
    };

    /// Every value of the glance stands at the same place in the whole.
    fn is_part_of(part: &Value, whole: &Value) -> bool {
        match (part, whole) {
            (Value::Object(part), Value::Object(whole)) => {
                part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| is_part_of(value, whole)))
            }
            (part, whole) => part == whole,
        }
    }

    #[test]
    fn a_glance_is_a_part_of_the_endpoints_own_json() {
        for endpoint in [full_server(), silent_server()] {
            let (part, whole) =
                (to_value(Glance(row(&endpoint))).unwrap(), to_value(EndpointJson(row(&endpoint))).unwrap());
            assert!(is_part_of(&part, &whole), "{part:#}\n{whole:#}");
            assert_eq!(part["name"], json!(endpoint.name));
        }
    }

    #[test]
    fn every_name_that_is_taken_is_in_the_schema() {
        fn check(taken: &[Taken], fields: &'static [Field]) {
            for Taken(name, of) in taken {
                let field =
                    fields.iter().find(|field| field.name == *name).unwrap_or_else(|| panic!("{name}"));
                match &field.kind {
                    Kind::Group(members) => check(of, members),
                    _ => assert!(of.is_empty(), "{name} has no members"),
                }
            }
        }
        check(TAKEN, fields());
    }

    #[test]
    fn another_health_sample_changes_nothing_at_a_glance_and_a_stream_that_ends_does() {
        let before = full_server();
        let mut after = before.clone();
        after.facts.health.as_mut().unwrap().cpu.as_mut().unwrap().used_percent = Some(99.0);
        after.presence.last_seen = None;
        let glance = |endpoint: &dogwatch_model::Endpoint| to_value(Glance(row(endpoint))).unwrap();
        assert_eq!(glance(&before), glance(&after));
        after.presence.online = !before.presence.online;
        assert_ne!(glance(&before), glance(&after));
    }
}
