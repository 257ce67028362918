//! Questions made out of the served description: each path with hidden names, and the same with names that nobody has.

use serde_json::{Map, Value, json};

use super::scene::{Asker, Named, Scene};

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) media: String,
    pub(super) body: String,
    /// It needs somebody.
    pub(super) guarded: bool,
}

impl Question {
    pub(super) fn get(path: &str) -> Self {
        let path = path.to_owned();
        let (media, body) = Default::default();
        Self { method: "GET".to_owned(), path, media, body, guarded: true }
    }
}

/// Where something with a name is shown to those whose it is.
pub(super) fn where_shown(name: &str, hidden: &str) -> Option<String> {
    let hidden = encoded(hidden);
    Some(match name {
        "endpoint" => format!("/api/v1/endpoints/{hidden}"),
        "number" => format!("/api/v1/alerts/{hidden}"),
        "version" => format!("/api/v1/ownership/versions/{hidden}"),
        "window" => "/api/v1/windows".to_owned(),
        "org" => "/api/v1/orgs".to_owned(),
        "view" => "/api/v1/views".to_owned(),
        "grant" => "/api/v1/access/grants".to_owned(),
        _ => return None,
    })
}

/// Everything that can be asked.
pub(super) struct Questions {
    description: Value,
    scene: Vec<(bool, Vec<Named>)>,
}

/// One operation of the description.
struct Operation<'d> {
    method: String,
    path: &'d str,
    told: &'d Value,
}

impl Questions {
    pub(super) fn of(scene: &Scene) -> Self {
        let description = scene.lab.collector().api().get("/api/v1/openapi.json").expect("the description");
        let of = |of_a_site| (of_a_site, scene.names(&Asker { of_a_site, ..scene.zed() }));
        Self { description, scene: vec![of(false), of(true)] }
    }

    /// What is asked by somebody: about what is hidden from them, and about what nobody has.
    pub(super) fn pairs(&self, asker: &Asker) -> Vec<(Question, Question)> {
        let names = &self.scene.iter().find(|(of_a_site, _)| *of_a_site == asker.of_a_site).expect("both").1;
        let mut all = Vec::new();
        for operation in self.operations() {
            let about = operation.names(self);
            let named: Vec<&Named> =
                names.iter().filter(|(name, ..)| about.contains(&(*name).to_owned())).collect();
            for one in &named {
                all.push(operation.pair(self, names, Some(one)));
            }
            if named.is_empty() {
                all.push(operation.pair(self, names, None));
            }
        }
        all
    }

    /// Each, but for those that end the asker's own token, and those that anybody may try a few times a minute.
    fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.description["paths"].as_object().into_iter().flatten();
        let each = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, told)| Operation { method: method.to_uppercase(), path, told })
        });
        let fits = |one: &Operation<'_>| {
            let changes_for_anybody = one.told["security"] == json!([]) && one.method != "GET";
            !changes_for_anybody && one.path != "/api/v1/logout"
        };
        each.filter(fits).collect()
    }

    /// A schema, wherever it stands.
    fn resolved<'d>(&'d self, schema: &'d Value) -> &'d Value {
        match schema["$ref"].as_str() {
            Some(place) => self.description.pointer(place.trim_start_matches('#')).expect("it is described"),
            None => schema,
        }
    }
}

impl Operation<'_> {
    fn body<'d>(&'d self, all: &'d Questions) -> Option<(&'d str, &'d Value)> {
        let (media, content) = self.told["requestBody"]["content"].as_object()?.iter().next()?;
        Some((media, all.resolved(&content["schema"])))
    }

    /// Every name that it takes: in its path, its query and its body.
    fn names(&self, all: &Questions) -> Vec<String> {
        let parameters = self.told["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter_map(|one| one["name"].as_str().map(str::to_owned));
        let members = self.body(all).and_then(|(_, schema)| schema["properties"].as_object());
        parameters.chain(members.into_iter().flat_map(|members| members.keys().cloned())).collect()
    }

    fn pair(&self, all: &Questions, names: &[Named], about: Option<&Named>) -> (Question, Question) {
        let question = |missing: bool| {
            let given = |name: &str| {
                let one = about.filter(|(known, ..)| *known == name);
                let one = one.or_else(|| names.iter().find(|(known, ..)| *known == name));
                one.map(|(_, hidden, none)| if missing { none.clone() } else { hidden.clone() })
            };
            let (media, body) = self.written(all, &given, about.map(|(name, ..)| *name));
            Question {
                method: self.method.clone(),
                path: self.filled(&given, about.map(|(name, ..)| *name)),
                media,
                body,
                guarded: self.told["security"] != json!([]),
            }
        };
        (question(false), question(true))
    }

    /// The path with a name in each place, and what the query needs.
    fn filled(&self, given: &impl Fn(&str) -> Option<String>, about: Option<&str>) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => encoded(&given(name).unwrap_or_else(|| {
                panic!(
                    "nothing hidden is known for {{{name}}} of {}: add it to acceptance/hidden/scene.rs",
                    self.path
                )
            })),
            None => part.to_owned(),
        };
        let path = self.path.split('/').map(part).collect::<Vec<_>>().join("/");
        let parameters = self.told["parameters"].as_array().into_iter().flatten();
        let mut query = Vec::new();
        for parameter in parameters.filter(|one| one["in"] == "query") {
            let name = parameter["name"].as_str().unwrap_or_default();
            if parameter["required"] == true || about == Some(name) {
                let value = given(name)
                    .unwrap_or_else(|| sample(&parameter["schema"]).as_str().unwrap_or("1").to_owned());
                query.push(format!("{name}={}", encoded(&value)));
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// The least that its body takes, with a name wherever one goes.
    fn written(
        &self,
        all: &Questions,
        given: &impl Fn(&str) -> Option<String>,
        about: Option<&str>,
    ) -> (String, String) {
        let Some((media, schema)) = self.body(all) else { return Default::default() };
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut members = Map::new();
        for name in needed.chain(about.filter(|name| !schema["properties"][*name].is_null())) {
            let told = all.resolved(&schema["properties"][name]);
            let value = match (given(name), kind(told)) {
                (Some(text), "integer") => serde_json::from_str(&text).unwrap_or(json!(1)),
                (Some(text), "array") => json!([text]),
                (Some(text), _) => json!(text),
                (None, _) => sample(told),
            };
            members.insert(name.to_owned(), value);
        }
        (media.to_owned(), Value::Object(members).to_string())
    }
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default()
}

fn sample(schema: &Value) -> Value {
    match kind(schema) {
        _ if schema["enum"][0].is_string() => schema["enum"][0].clone(),
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "array" => json!([]),
        "object" => json!({}),
        _ if schema["format"] == "date-time" => json!("2030-01-01T10:00:00Z"),
        _ => json!("because"),
    }
}

fn encoded(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let written = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(written).collect()
}
