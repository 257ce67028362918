//! The page at `/`: says what this is and how to get in. The console takes its place later.
//!
//! Login links end in a fragment, which browsers keep to themselves: a link opened here by mistake betrays nothing.

use axum::{
    body::Bytes,
    extract::State,
    response::{Html, Response},
};
use http::HeaderMap;

use super::{Shared, tagged::tagged};

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");

/// `GET /` and `GET /setup`
pub(crate) async fn index(State(api): State<Shared>) -> Html<String> {
    Html(PAGE.replace("{name}", &escape(&api.info.name)).replace("{version}", api.info.version))
}

/// `GET /style.css`
pub(crate) async fn style(headers: HeaderMap) -> Response {
    tagged(&headers, "text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes()))
}

/// The text as text of a page.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The same of text that has names between backticks: they are shown as code.
pub(crate) fn marked(text: &str) -> String {
    let safe = escape(text);
    if !safe.matches('`').count().is_multiple_of(2) {
        return safe;
    }
    let parts = safe.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { format!("<code>{part}</code>") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_else_is_markup() {
        assert_eq!(marked("go on at `next`: `<i>`"), "go on at <code>next</code>: <code>&lt;i&gt;</code>");
        assert_eq!(marked("a ` alone & nothing"), "a ` alone &amp; nothing");
    }

    #[test]
    fn whoever_is_not_logged_in_finds_the_login_and_the_description() {
        for place in ["/login", "/docs"] {
            assert!(PAGE.contains(&format!("href=\"{place}\"")), "{place}");
        }
    }

    #[test]
    fn a_collectors_name_cannot_become_markup() {
        assert_eq!(escape("<b>A & B</b>"), "&lt;b&gt;A &amp; B&lt;/b&gt;");
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        assert!(!PAGE.contains("http://") && !PAGE.contains("https://"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
