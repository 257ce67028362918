//! Lists a page at a time: `limit` and `cursor` in, `next` out.
//!
//! A cursor holds the sort key of the last row that was given out, so that the next page begins behind that place, whatever
//! has come or gone meanwhile: nothing is given twice because something was inserted before it. It is opaque: text out of
//! one answer, to be handed back as it came.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use super::problem::Problem;

/// The most rows of one page: more than anybody reads.
pub(crate) const MAX_ROWS: usize = 1_000;

/// The part of a list that was asked for, and where to go on. The rows are in order of `key`. Without a limit it is all
/// that is left: those who ask so want everything, and every list of this kind has an end of its own.
pub(crate) fn page<T, K: Ord + Serialize + DeserializeOwned>(
    mut rows: Vec<T>,
    key: impl Fn(&T) -> K,
    (limit, cursor): (Option<usize>, Option<&str>),
) -> Result<(Vec<T>, Option<String>), Problem> {
    if let Some(limit) = limit.filter(|limit| !(1..=MAX_ROWS).contains(limit)) {
        return Err(Problem::invalid(format!("`limit` must be from 1 to {MAX_ROWS}, not {limit}")));
    }
    if let Some(cursor) = cursor {
        let last: K = read(cursor)?;
        rows.retain(|row| key(row) > last);
    }
    let limit = limit.unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| written(&key(last)));
    Ok((rows, next.transpose()?))
}

/// A key as a cursor.
pub(crate) fn written<K: Serialize>(key: &K) -> Result<String, Problem> {
    let text = serde_json::to_vec(key).map_err(|_| Problem::internal("a cursor cannot be written"))?;
    Ok(URL_SAFE_NO_PAD.encode(text))
}

/// A cursor as a key.
pub(crate) fn read<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).ok_or_else(|| {
        Problem::invalid("`cursor` is none of this list; hand back `next` as it came, or begin without one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_goes_between_two_pages_repeats_nothing() {
        let (first, next) = page(vec![1, 3, 5, 7], |n| *n, (Some(2), None)).ok().unwrap();
        assert_eq!(first, [1, 3]);
        let cursor = next.unwrap();
        // 2 came in before the place, 3 itself has gone, 4 came behind it.
        let (second, next) = page(vec![1, 2, 4, 5, 7], |n| *n, (Some(2), Some(&cursor))).ok().unwrap();
        assert_eq!(second, [4, 5]);
        let (third, end) = page(vec![4, 5, 7], |n| *n, (Some(2), next.as_deref())).ok().unwrap();
        assert_eq!((third, end), (vec![7], None));
    }

    #[test]
    fn all_is_all_and_nonsense_is_refused() {
        let (all, next) = page((0..5_000).collect(), |n: &i32| *n, (None, None)).ok().unwrap();
        assert_eq!((all.len(), next), (5_000, None));
        for (limit, cursor) in
            [(Some(0), None), (Some(MAX_ROWS + 1), None), (None, Some("???")), (None, Some("e30"))]
        {
            assert!(page(vec![1], |n: &i32| *n, (limit, cursor)).is_err(), "{limit:?} {cursor:?}");
        }
    }
}
