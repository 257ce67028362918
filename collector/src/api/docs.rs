//! The description as a page for people: `GET /docs`.
//!
//! Written on the server out of the description itself, without a script and without anything from elsewhere: it is read,
//! searched and printed as any page is.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{body::Bytes, response::Response};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::{
    openapi::description,
    page::{escape, marked},
    tagged::tagged,
};

/// `GET /docs`
pub(crate) async fn show(headers: HeaderMap) -> Response {
    static PAGE: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(page(description())));
    tagged(&headers, "text/html; charset=utf-8", PAGE.clone())
}

const HEAD: &str = include_str!("docs/head.html");

/// Path, method and what is told of it.
type Operation<'d> = (&'d str, &'d str, &'d Value);

fn page(description: &Value) -> String {
    let mut out = HEAD.replace("{about}", &marked(text(&description["info"]["description"])));
    out = out.replace("{version}", &escape(text(&description["info"]["version"])));
    let mut groups: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, methods) in members(&description["paths"]) {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = text(&operation["tags"][0]);
            match groups.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, operations)) => operations.push((path, method, operation)),
                None => groups.push((tag, vec![(path, method, operation)])),
            }
        }
    }
    out.push_str("<nav><ul>");
    for (tag, _) in &groups {
        let _ = write!(out, "<li><a href=\"#{0}\">{0}</a></li>", escape(tag));
    }
    out.push_str("</ul></nav>\n");
    for (tag, operations) in &groups {
        let _ = writeln!(out, "<h2 id=\"{0}\">{0}</h2>", escape(tag));
        for (path, method, told) in operations {
            operation(&mut out, path, method, told);
        }
    }
    out.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in members(&description["components"]["schemas"]) {
        let _ = writeln!(out, "<section id=\"schema-{0}\"><h3>{0}</h3>", escape(name));
        about(&mut out, schema);
        properties(&mut out, schema);
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn operation(out: &mut String, path: &str, method: &str, told: &Value) {
    let id = escape(text(&told["operationId"]));
    let _ = write!(
        out,
        "<section id=\"{id}\"><h3><code>{} {}</code></h3>",
        escape(&method.to_uppercase()),
        escape(path)
    );
    let _ = writeln!(
        out,
        "<p>{} Needs: <em>{}</em>.</p>",
        marked(text(&told["summary"])),
        escape(text(&told["x-dogwatch-needs"]))
    );
    let parameters = told["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        out.push_str("<table><caption>Parameters</caption><tbody>");
        for parameter in parameters {
            let needed = if parameter["required"] == true { ", required" } else { "" };
            row(
                out,
                text(&parameter["name"]),
                &format!("{}{needed}", text(&parameter["in"])),
                &parameter["schema"],
                text(&parameter["description"]),
            );
        }
        out.push_str("</tbody></table>\n");
    }
    for (media, body) in members(&told["requestBody"]["content"]) {
        let _ = write!(out, "<p>Body, as <code>{}</code>:</p>", escape(media));
        properties(out, &body["schema"]);
    }
    out.push_str("<p>Answers: ");
    for (at, (status, answer)) in members(&told["responses"]).enumerate() {
        out.push_str(if at == 0 { "" } else { " · " });
        let _ = write!(out, "<code>{}</code>", escape(status));
        for (media, content) in answer["content"].as_object().into_iter().flatten() {
            let _ = write!(out, " {} {}", escape(media), kind(&content["schema"]));
        }
    }
    out.push_str("</p></section>\n");
}

/// What the members of an object are.
fn properties(out: &mut String, schema: &Value) {
    let all: Vec<_> = members(&schema["properties"]).collect();
    if all.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", kind(schema));
        return;
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    out.push_str("<table><caption>Members</caption><tbody>");
    for (name, member) in all {
        let needed = if required.iter().any(|one| one == name) { "always" } else { "may be absent" };
        row(out, name, needed, member, text(&member["description"]));
    }
    out.push_str("</tbody></table>\n");
}

fn row(out: &mut String, name: &str, needed: &str, schema: &Value, words: &str) {
    let _ = writeln!(
        out,
        "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>",
        escape(name),
        escape(needed),
        kind(schema),
        marked(words)
    );
}

fn about(out: &mut String, schema: &Value) {
    let words = text(&schema["description"]);
    if !words.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", marked(words));
    }
}

/// The kind of a schema in a few words, with a link to what it refers to.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    if let Some(choices) = schema["enum"].as_array() {
        let all: Vec<String> =
            choices.iter().map(|one| format!("<code>{}</code>", escape(&one.to_string()))).collect();
        return all.join(" ");
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        if let Some(all) = schema[several].as_array() {
            return all.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if schema["items"].is_object() {
        return format!("list of {}", kind(&schema["items"]));
    }
    let kinds = match &schema["type"] {
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one).to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) => format!("{} ({})", escape(&kinds), escape(format)),
        None => escape(&kinds),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::routes::ROUTES;

    #[test]
    fn every_route_is_on_the_page_and_nothing_comes_from_elsewhere() {
        let page = page(description());
        for route in ROUTES {
            let line = format!("<code>{} {}</code>", route.method.name().to_uppercase(), route.path);
            assert!(page.contains(&line), "{line} is not on the page");
        }
        for foreign in ["<script", "http://", "https://", "style=", "onclick"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        let told = page.replace("<code>", "").replace("</code>", "");
        assert!(!told.contains('`'), "{:?}", told.split('`').nth(1));
        let targets = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
        for target in targets {
            assert!(page.contains(&format!("id=\"{target}\"")), "nothing is at #{target}");
        }
    }
}
