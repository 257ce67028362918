//! Where things stand in the texts: lines and columns of tables, keys and items.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Source;

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the sources.
    pub(super) source: usize,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
}

/// One step from a table into its depth.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'s> {
    Key(&'s str),
    Item(usize),
}

/// The tables of the texts by their kind and id.
pub(super) struct Places<'a> {
    sources: &'a [Source<'a>],
    lines: Vec<Vec<usize>>,
    tables: BTreeMap<(String, String), (usize, Spanned<DeValue<'a>>)>,
}

impl<'a> Places<'a> {
    pub(super) fn of(sources: &'a [Source<'a>]) -> Self {
        let mut tables = BTreeMap::new();
        let mut lines = Vec::new();
        for (source, Source { text, .. }) in sources.iter().enumerate() {
            lines.push(core::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect());
            let Ok(document) = DeTable::parse(text) else { continue };
            for (kind, value) in document.into_inner() {
                let kind = kind.into_inner().into_owned();
                let span = value.span();
                match value.into_inner() {
                    DeValue::Array(entries) => {
                        for entry in entries {
                            let id = entry.get_ref().as_table().and_then(|table| table.get("id"));
                            let id = id.and_then(|id| id.get_ref().as_str()).unwrap_or_default().to_owned();
                            tables.entry((kind.clone(), id)).or_insert((source, entry));
                        }
                    }
                    single => {
                        let single = Spanned::new(span, single);
                        tables.entry((kind, String::new())).or_insert((source, single));
                    }
                }
            }
        }
        Self { sources, lines, tables }
    }

    /// What stands at a path of a table.
    pub(super) fn value(&self, kind: &str, id: &str, path: &[Step<'_>]) -> Option<&DeValue<'a>> {
        let (_, table) = self.tables.get(&(kind.to_owned(), id.to_owned()))?;
        path.iter().try_fold(table.get_ref(), |value, step| Some(deeper(value, *step)?.get_ref()))
    }

    /// The place of a path, or of as much of it as there is; the top of the first text when there is no such table.
    pub(super) fn at(&self, kind: &str, id: &str, path: &[Step<'_>]) -> Place {
        let Some((source, table)) = self.tables.get(&(kind.to_owned(), id.to_owned())) else {
            return Place { source: 0, line: 1, column: 1 };
        };
        let mut value = table;
        for step in path {
            let Some(next) = deeper(value.get_ref(), *step) else { break };
            value = next;
        }
        let offset = value.span().start;
        let lines = &self.lines[*source];
        let line = lines.partition_point(|start| *start <= offset).max(1);
        let before = self.sources[*source].text.get(lines[line - 1]..offset).unwrap_or_default();
        Place { source: *source, line, column: before.chars().count() + 1 }
    }

    pub(super) fn file(&self, place: Place) -> &str {
        self.sources.get(place.source).map_or("", |source| source.file)
    }
}

fn deeper<'v, 'a>(value: &'v DeValue<'a>, step: Step<'_>) -> Option<&'v Spanned<DeValue<'a>>> {
    match step {
        Step::Key(key) => value.as_table()?.get(key),
        Step::Item(index) => value.as_array()?.get(index),
    }
}
