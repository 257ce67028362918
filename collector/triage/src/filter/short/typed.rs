//! What was typed, with the saved views that it begins with taken apart: `@servers os:linux`.

use super::{Filter, FilterError};
use crate::filter::ItemFilter;

/// A filter as a person typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<'t> {
    /// The name of the view at its beginning, if there is one.
    pub view: Option<&'t str>,
    /// Everything behind it.
    pub rest: &'t str,
}

impl<'t> Typed<'t> {
    /// Takes the view apart from what stands behind it.
    pub fn of(text: &'t str) -> Self {
        let text = text.trim();
        let Some(named) = text.strip_prefix('@') else { return Self { view: None, rest: text } };
        let (name, rest) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
        Self { view: Some(name), rest: rest.trim() }
    }

    /// The view's filter and the rest: both must hold. What stands alone stays as it was typed.
    ///
    /// # Errors
    /// [`FilterError`] of the rest, with its place there; a view that was saved compiles.
    pub fn over(&self, view: &str) -> Result<String, FilterError> {
        self.joined(view, |text| Filter::typed(text).map(|filter| filter.source().to_owned()))
    }

    /// The same over the queue.
    ///
    /// # Errors
    /// As [`Typed::over`].
    pub fn over_items(&self, view: &str) -> Result<String, FilterError> {
        self.joined(view, |text| ItemFilter::typed(text).map(|filter| filter.source().to_owned()))
    }

    fn joined(
        &self,
        view: &str,
        compiled: impl Fn(&str) -> Result<String, FilterError>,
    ) -> Result<String, FilterError> {
        match (view.trim(), self.rest) {
            ("", rest) => Ok(rest.to_owned()),
            (view, "") => Ok(view.to_owned()),
            (view, rest) => {
                let rest = compiled(rest)?;
                Ok(format!("({}) && ({rest})", compiled(view)?))
            }
        }
    }
}

/// A view where nobody put its filter in the place of its name.
pub(super) fn misplaced(text: &str, at: usize, word: &str) -> FilterError {
    FilterError::at(text, at, format!("`{word}` names a saved view, which is not known here")).mend(format!(
        "`dogwatch` takes one view at the beginning: @NAME os:linux; `dogwatch view show NAME` tells its filter; the text \
         itself is found by \"{word}\" in quotes"
    ))
}
