//! What is wrong with a configuration, and where: parsers of one value speak of the value, here it gets its place.

use toml::Spanned;

/// A complaint and the byte of the text that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Validates each entry of a list of at most `most`.
pub(super) fn each<F, T: TryFrom<F, Error = String>>(
    entries: Vec<Spanned<F>>,
    most: usize,
) -> Result<Vec<T>, Fault> {
    if let Some(beyond) = entries.get(most) {
        let message = format!("{} entries, at most {most} are taken", entries.len());
        return Err(Fault { at: beyond.span().start, message });
    }
    let validated = entries.into_iter().map(|entry| {
        let at = entry.span().start;
        T::try_from(entry.into_inner()).map_err(|message| Fault { at, message })
    });
    validated.collect()
}
