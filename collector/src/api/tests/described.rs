//! The description of the API: whole, and its own best example.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::Value;

use super::Collector;
use crate::{
    api::{
        auth::Needs,
        extract::ANY,
        openapi::{PLACES, description},
        routes::ROUTES,
    },
    state::State,
};

fn operation(route: &crate::api::routes::Route) -> &'static Value {
    &description()["paths"][route.path][route.method.name()]
}

#[test]
fn every_route_is_described() {
    let mut ids = BTreeMap::new();
    for route in ROUTES {
        let told = operation(route);
        let name = format!("{} {}", route.method.name(), route.path);
        assert!(route.summary.ends_with('.'), "{name}: its summary is a sentence");
        assert!(told["responses"].as_object().is_some_and(|all| all.len() > 1), "{name}");
        let id = told["operationId"].as_str().unwrap();
        assert_eq!(ids.insert(id, name.clone()), None, "{id} is taken");
        assert_eq!(told["security"] == serde_json::json!([]), route.needs == Needs::Public, "{name}");
    }
    let told = description()["paths"].as_object().unwrap().values();
    assert_eq!(told.map(|path| path.as_object().unwrap().len()).sum::<usize>(), ROUTES.len());
}

#[test]
fn the_parameters_that_are_described_are_those_that_are_taken() {
    for route in ROUTES {
        let told = operation(route)["parameters"].as_array().unwrap().clone();
        let named = |place: &str| -> BTreeSet<String> {
            let of = told.iter().filter(|parameter| parameter["in"] == place);
            of.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        let told_apart = route.params.iter().filter(|&&name| name != ANY);
        let taken: BTreeSet<String> = told_apart.map(|&name| name.to_owned()).collect();
        assert_eq!(
            named("query"),
            taken,
            "{}: add `.asks::<Query>()` to its row, or mend its names",
            route.path
        );
        for name in named("path") {
            let known = PLACES.iter().any(|place| place.name == name);
            assert!(known, "{}: say in openapi/places.rs what `{name}` is", route.path);
        }
    }
}

#[test]
fn no_two_types_share_a_name() {
    let names = description()["components"]["schemas"].as_object().unwrap();
    let shared: Vec<_> = names.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(shared.is_empty(), "give one of each a name of its own with #[schemars(rename = …)]: {shared:?}");
}

#[test]
fn every_body_and_every_reference_is_there() {
    for route in ROUTES {
        if let Some(takes) = route.takes {
            let schema = &operation(route)["requestBody"]["content"][takes.media()]["schema"];
            assert!(schema.get("type").is_some(), "{}: {schema}", route.path);
        }
    }
    let text = description().to_string();
    for place in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(description().pointer(place).is_some(), "{place} is not there");
    }
    assert!(!text.contains("#/$defs"), "a type that is read refers to itself");
}

#[tokio::test]
async fn it_is_public_and_the_same_for_everybody() {
    let answer = Collector::over(State::default()).get("/api/v1/openapi.json", None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(&answer.json, description());
    assert!(!answer.text.contains("Acme"), "it tells nothing about this collector");
}
