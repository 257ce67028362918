//! What the table of routes says about a path that somebody has in hand.

use super::{Method, ROUTES, Route};

/// Where what was done at a path can be looked at: the longest part of the path that can be read.
pub(crate) fn where_to_look(path: &str) -> String {
    let readable = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |route: &Route| {
            let wanted: Vec<&str> = route.path.split('/').collect();
            wanted.len() == parts.len()
                && wanted.iter().zip(&parts).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
        };
        ROUTES.iter().filter(|route| route.method == Method::Get).any(fits)
    };
    let mut ends = core::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(front, _)| front));
    ends.find(|path| readable(path)).unwrap_or("/api/v1/audit").to_owned()
}

/// Whether people come to a path with a browser: to a page of ours, or to none, by a mistyped address.
pub(crate) fn is_for_browsers(path: &str) -> bool {
    let mut here = ROUTES.iter().filter(|route| route.path == path).peekable();
    match here.peek() {
        Some(_) => here.any(Route::is_page),
        None => !path.starts_with("/api/"),
    }
}
