//! Where the next page begins, as text that means nothing to whoever carries it.
//!
//! It holds the sorted values of the last endpoint that was shown and not a number of endpoints: what comes, goes or moves
//! meanwhile makes no page repeat or leave out another endpoint.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dogwatch_triage::filter::{Order, Place};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::problem::Problem;

/// The longest cursor, in characters: an order goes by a handful of values, and a name has 255 bytes at most.
const MAX_CHARACTERS: usize = 8 * 1024;

/// A place in an order, at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String")]
pub(super) struct Cursor {
    /// The instant of the first page.
    pub(super) as_of: Timestamp,
    sort: String,
    pub(super) place: Place,
}

/// As it is written into the text.
#[derive(Serialize, Deserialize)]
struct Written {
    as_of: Timestamp,
    sort: String,
    place: Place,
}

impl Cursor {
    pub(super) fn at(place: Place, order: &Order, as_of: Timestamp) -> Self {
        Self { as_of, sort: order.text().to_owned(), place }
    }

    /// Reads what an earlier answer gave.
    pub(super) fn read(text: &str, order: &Order) -> Result<Self, Problem> {
        let unread =
            || Problem::invalid("`cursor` is not one that an answer gave; begin again without a cursor");
        if text.len() > MAX_CHARACTERS {
            return Err(unread());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unread())?;
        let Written { as_of, sort, place } = serde_json::from_slice(&bytes).map_err(|_| unread())?;
        if sort != order.text() {
            let what =
                format!("`cursor` is of an answer sorted by `{sort}`; keep `sort` as it was, or begin again");
            return Err(Problem::invalid(what));
        }
        Ok(Self { as_of, sort, place })
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        let Cursor { as_of, sort, place } = cursor;
        // Text, numbers and instants always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Written { as_of, sort, place }).unwrap_or_default())
    }
}
