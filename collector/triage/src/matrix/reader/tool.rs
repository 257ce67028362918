//! Tools, each with its one owner.

use std::collections::BTreeMap;

use dogwatch_model::ToolId;
use serde::Deserialize;
use toml::Spanned;

use super::{id, insert, named, one, one::One};
use crate::matrix::{Directory, FaultKind, Tool, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct ToolEntry {
    id: Text,
    function: String,
    owner: Option<One>,
    person: Option<Text>,
    deputy: Option<Text>,
    scope: Option<String>,
    #[serde(default)]
    neighbours: Vec<Text>,
}

/// Reads the tools; who is whose neighbour is read once all of them are there.
pub(super) fn tools(
    doc: &mut Document<'_>,
    known: &Directory,
    entries: Vec<Spanned<ToolEntry>>,
) -> BTreeMap<ToolId, Tool> {
    let mut tools = BTreeMap::new();
    let mut neighbours_of = Vec::new();
    for entry in entries {
        let span = entry.span();
        let line = doc.place(span.start).0;
        let entry = entry.into_inner();
        let person = entry.person.as_ref().and_then(|text| known.person_named(doc, text));
        let deputy = entry.deputy.as_ref().and_then(|text| known.person_named(doc, text));
        let why = (FaultKind::Owner, "a tool has exactly one owner");
        let owner = one::name(doc, entry.owner, ("owner", &span), why);
        let owner = owner.and_then(|owner| known.team_named(doc, &owner));
        let (Some(id), Some(owner)) = (id::<ToolId>(doc, &entry.id), owner) else {
            doc.broken(entry.id.get_ref());
            continue;
        };
        let tool = Tool {
            id: id.clone(),
            function: entry.function,
            owner,
            person,
            deputy,
            scope: entry.scope,
            neighbours: Vec::new(),
            line,
        };
        neighbours_of.push((id.clone(), entry.neighbours));
        insert(doc, &mut tools, ("tool", &entry.id), id, tool);
    }
    for (id, texts) in neighbours_of {
        let neighbours: Vec<_> = texts.iter().filter_map(|text| neighbour(doc, &tools, &id, text)).collect();
        if let Some(tool) = tools.get_mut(&id) {
            tool.neighbours = neighbours;
        }
    }
    tools
}

fn neighbour(
    doc: &mut Document<'_>,
    tools: &BTreeMap<ToolId, Tool>,
    of: &ToolId,
    text: &Text,
) -> Option<ToolId> {
    let found = named(doc, "tool", "tool", tools, text)?;
    if found == *of {
        doc.fault(&text.span(), format!("`{of}` is not a neighbour of itself"), "name another tool");
        return None;
    }
    Some(found)
}
