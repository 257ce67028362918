//! The words of pages in a login: one heading, one sentence, perhaps one form.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use crate::{
    api::{page::escape, problem::Problem},
    identity::Trouble,
};

/// A page with a heading and a sentence.
pub(super) fn page(status: StatusCode, heading: &str, sentence: &str) -> Response {
    with_form(status, heading, sentence, "")
}

/// The same with markup of ours below.
pub(super) fn with_form(status: StatusCode, heading: &str, sentence: &str, form: &str) -> Response {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Dogwatch · {0}</title>\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n<p>{1}</p>\n{form}</main>\n\
         </body>\n</html>\n",
        escape(heading),
        escape(sentence),
    );
    (status, Html(text)).into_response()
}

/// Why a login came to nothing.
pub(super) fn trouble(trouble: &Trouble) -> Response {
    match trouble {
        Trouble::Down(what) => page(StatusCode::SERVICE_UNAVAILABLE, "Not now", what),
        Trouble::Refused(what) => page(StatusCode::FORBIDDEN, "Not logged in", what),
    }
}

/// A problem as a page.
pub(super) fn problem(problem: &Problem) -> Response {
    page(problem.code(), "Not logged in", problem.detail())
}
