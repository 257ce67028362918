//! Reading the XML of tools: tags with their attributes, and the text between them, in order. Pure.
//!
//! It is no XML parser and needs none: no namespaces, no declarations of entities, nothing nested is built, so nothing
//! can be expanded. What is not well-formed ends the reading early instead of failing it.

use std::borrow::Cow;

/// The longest entity that is understood is `#x10FFFF`.
const ENTITY: usize = 12;

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sources) enum Piece<'a> {
    /// `<name …>`, and `<name …/>`, which is followed by no [`Piece::Close`].
    Open(Tag<'a>),
    /// `</name>`
    Close(&'a str),
    /// Text that is not only white space.
    Text(Cow<'a, str>),
}

/// An opening tag.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sources) struct Tag<'a> {
    pub(in crate::sources) name: &'a str,
    attributes: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute.
    pub(in crate::sources) fn get(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once('=')?;
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            if key.trim() == name {
                return Some(unescaped(value).into_owned());
            }
            rest = after;
        }
    }
}

/// The pieces of a document.
pub(in crate::sources) fn pieces(document: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = document;
    std::iter::from_fn(move || {
        loop {
            let (piece, after) = next(rest)?;
            rest = after;
            if piece.is_some() {
                return piece;
            }
        }
    })
}

/// The next piece, or a part that is none (a comment, a declaration, white space), and what comes after.
fn next(rest: &str) -> Option<(Option<Piece<'_>>, &str)> {
    let Some(inner) = rest.strip_prefix('<') else {
        if rest.is_empty() {
            return None;
        }
        let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let piece = (!text.trim().is_empty()).then(|| Piece::Text(unescaped(text.trim())));
        return Some((piece, after));
    };
    if let Some(comment) = inner.strip_prefix("!--") {
        return Some((None, comment.split_once("-->")?.1));
    }
    if let Some(data) = inner.strip_prefix("![CDATA[") {
        let (text, after) = data.split_once("]]>")?;
        return Some((Some(Piece::Text(Cow::Borrowed(text.trim()))), after));
    }
    let (tag, after) = inner.split_at(end_of_tag(inner)?);
    let after = &after[1..];
    if let Some(name) = tag.strip_prefix('/') {
        return Some((Some(Piece::Close(name.trim())), after));
    }
    if tag.starts_with(['?', '!']) {
        return Some((None, after));
    }
    let tag = tag.strip_suffix('/').unwrap_or(tag);
    let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    Some((Some(Piece::Open(Tag { name, attributes })), after))
}

/// Where the `>` is that ends a tag; one inside quotes does not.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, c)| match (quote, c) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if open == c => {
            quote = None;
            None
        }
        _ => None,
    })
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let near = after.get(..after.floor_char_boundary(ENTITY)).unwrap_or(after);
        let end = near.find(';');
        match end.and_then(|end| Some((entity(&after[..end])?, &after[end + 1..]))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(document: &str) {
    for piece in pieces(document) {
        if let Piece::Open(tag) = piece {
            tag.get("name");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_attributes_texts_and_entities_are_read() {
        let document =
            "<?xml version='1.0'?><!-- a > b --><a x=\"1 &gt; 0\" y='&#65;'>\n t &amp; u \n<b/></a>";
        let mut all = pieces(document);
        let Some(Piece::Open(tag)) = all.next() else { panic!("no tag") };
        assert_eq!((tag.name, tag.get("x"), tag.get("y")), ("a", Some("1 > 0".into()), Some("A".into())));
        assert_eq!(tag.get("z"), None);
        assert_eq!(all.next(), Some(Piece::Text("t & u".into())));
        assert!(matches!(all.next(), Some(Piece::Open(tag)) if tag.name == "b"));
        assert_eq!(all.next(), Some(Piece::Close("a")));
        assert_eq!(all.next(), None);
    }

    #[test]
    fn a_document_that_breaks_off_ends() {
        assert_eq!(pieces("<a x=\"1").count(), 0);
        assert_eq!(pieces("text <a").count(), 1);
        assert_eq!(
            pieces("&#x110000; &nope; &").collect::<Vec<_>>(),
            [Piece::Text("&#x110000; &nope; &".into())]
        );
    }
}
