//! Every answer that a test sees is held against the description of the API: its status is told there, its media type,
//! and its body is what the schema says. So the description cannot drift from what the handlers do.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::api::{
    openapi::description,
    routes::{ROUTES, Route},
};

/// Refuses, by failing the test, an answer that is not as described.
pub(super) fn check(method: &Method, path: &str, status: StatusCode, media: &str, body: &str) {
    let Some(route) = route(method, path) else {
        assert!(matches!(status.as_u16(), 404 | 405), "{method} {path} is no route and answered {status}");
        return;
    };
    let what = format!("{method} {}: {status}", route.path);
    let told = told(route, status.as_u16())
        .unwrap_or_else(|| panic!("{what} is not described; add it to its row: {body}"));
    let Some(content) = told.get("content") else {
        assert_eq!(body, "", "{what} is described without a body");
        return;
    };
    let schema = content.get(media).unwrap_or_else(|| panic!("{what} is not described as {media:?}"));
    if media.ends_with("json") {
        conforms(&what, media, &schema["schema"], body);
    }
}

/// The route that takes a request. Names in a path go before places.
pub(super) fn route(method: &Method, path: &str) -> Option<&'static Route> {
    let path = path.split('?').next().unwrap_or(path);
    let fits = |route: &&Route| {
        let (mut of_route, mut of_path) = (route.path.split('/'), path.split('/'));
        let parts = of_route.by_ref().zip(of_path.by_ref());
        let same = parts
            .into_iter()
            .all(|(told, given)| told == given || told.starts_with('{') && !given.is_empty());
        same && route.path.split('/').count() == path.split('/').count()
    };
    let takes = |route: &&Route| *method == route.method.name().to_uppercase().as_str();
    let all = ROUTES.iter().filter(takes).filter(fits);
    all.min_by_key(|route| route.path.matches('{').count())
}

fn told(route: &Route, status: u16) -> Option<&'static Value> {
    let description = description();
    let told = description["paths"][route.path][route.method.name()]["responses"].get(status.to_string())?;
    match told.get("$ref").and_then(Value::as_str) {
        Some(place) => description.pointer(place.trim_start_matches('#')),
        None => Some(told),
    }
}

fn conforms(what: &str, media: &str, schema: &Value, body: &str) {
    static MADE: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);
    let value: Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{what} is no JSON: {e}"));
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = made.entry(format!("{what} {media}")).or_insert_with(|| {
        let mut whole = schema.clone();
        whole["components"] = json!({ "schemas": description()["components"]["schemas"] });
        jsonschema::draft202012::new(&whole).unwrap_or_else(|e| panic!("{what}: its schema is none: {e}"))
    });
    let faults: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{what} is not as described: {faults:?}\n{body}");
}
