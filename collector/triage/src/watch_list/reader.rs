//! Makes entries of documents, and collects every fault on the way.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, SiteId};
use jiff::SignedDuration;

use super::{
    Entry, File, Layer, MAX_ENTRIES, Setting, Subject, Value, WatchList, build,
    keys::{self, Form, Key},
};
use crate::{
    filter::{Filter, Reads, nearest, parse_seconds},
    rules::{
        RuleError,
        document::{self, Layers, Node, Place, Table},
    },
};

const SECTIONS: [&str; 3] = ["telemetry", "service", "check"];

pub(super) fn read(files: &[File<'_>]) -> Result<WatchList, Vec<RuleError>> {
    let mut list = WatchList::default();
    let mut errors = Vec::new();
    // The MSP's first: what an org's entries lie on decides whether they are whole.
    let (msp, orgs): (Vec<&File<'_>>, Vec<_>) = files.iter().partition(|file| file.org.is_none());
    for file in msp.into_iter().chain(orgs) {
        let named = [(file.text, file.name)];
        let mut reader = Reader { file, layers: Layers::new(&named), reads: Reads::NONE };
        reader.read(&mut list);
        list.reads |= reader.reads;
        errors.extend(reader.layers.finish());
    }
    if errors.is_empty() { Ok(list) } else { Err(errors) }
}

struct Reader<'t> {
    file: &'t File<'t>,
    layers: Layers<'t>,
    reads: Reads,
}

/// An entry and where it begins.
type Placed = (Place, Entry);

impl Reader<'_> {
    fn read(&mut self, list: &mut WatchList) {
        let table = self.layers.merged();
        let known: &[&str] =
            if self.file.org.is_some() { &["telemetry", "service", "check", "site"] } else { &SECTIONS };
        self.known_keys(&table, known);
        let Some(org) = self.file.org else {
            let entries = self.entries(&table);
            list.msp = self.layer("msp".to_owned(), &entries);
            self.check_whole(&entries, &[]);
            return;
        };
        let entries = self.entries(&table);
        let own = self.layer(format!("org {org}"), &entries);
        self.check_whole(&entries, &[&list.msp]);
        let sites = self.sites(&table, org, [&list.msp, &own]);
        list.orgs.insert(org.clone(), super::OrgLayers { own, sites });
    }

    fn sites(&mut self, table: &Table, org: &OrgId, below: [&Layer; 2]) -> BTreeMap<SiteId, Layer> {
        let mut sites = BTreeMap::new();
        let Some((_, node)) = table.get("site") else { return sites };
        let Some(named) = self.table(node) else { return sites };
        for (name, (place, node)) in named {
            let site = SiteId::new(name)
                .inspect_err(|error| self.layers.error(*place, error.to_string(), None))
                .ok();
            let Some((site, table)) = site.zip(self.table(node)) else { continue };
            self.known_keys(table, &SECTIONS);
            let entries = self.entries(table);
            self.check_whole(&entries, &below);
            let layer = self.layer(format!("site {org}/{site}"), &entries);
            sites.insert(site, layer);
        }
        sites
    }

    fn layer(&self, label: String, entries: &[Placed]) -> Layer {
        let entries = entries.iter().map(|(_, entry)| entry.clone()).collect();
        Layer { label, file: self.file.name.to_owned(), entries }
    }

    fn entries(&mut self, table: &Table) -> Vec<Placed> {
        let mut entries = Vec::new();
        for (section, keys) in SECTIONS.into_iter().zip([keys::TELEMETRY, keys::SERVICE, keys::CHECK]) {
            let Some((place, node)) = table.get(section) else { continue };
            let document::Value::List(nodes) = &node.value else {
                let mend = format!("write [[{section}]]");
                self.layers.error(*place, format!("`{section}` is a list of tables"), Some(mend));
                continue;
            };
            if nodes.len() > MAX_ENTRIES {
                self.layers.error(*place, format!("at most {MAX_ENTRIES} entries of a kind are taken"), None);
                continue;
            }
            entries.extend(nodes.iter().filter_map(|node| self.entry(section, keys, node)));
        }
        self.no_doubles(&entries);
        entries
    }

    fn entry(&mut self, section: &str, keys: &[Key], node: &Node) -> Option<Placed> {
        let table = self.table(node)?;
        let named = section != "telemetry";
        let own = [keys::WHEN].into_iter().chain(named.then_some(keys::NAME));
        self.known_keys(table, &own.chain(keys.iter().map(|key| key.name)).collect::<Vec<_>>());
        let subject = if named {
            let name = self.text(table, keys::NAME);
            if !table.contains_key(keys::NAME) {
                self.layers.error(node.place, format!("this {section} has no `name`"), None);
            }
            let (_, name) = name?;
            if section == "service" { Subject::Service(name.into()) } else { Subject::Check(name.into()) }
        } else {
            Subject::Telemetry
        };
        let when = match self.text(table, keys::WHEN) {
            None if table.contains_key(keys::WHEN) => return None,
            None => None,
            Some((place, source)) => {
                let compiled = Filter::compile(source);
                let filter = compiled.map_err(|error| self.layers.expression_error(place, "", error)).ok()?;
                self.reads |= filter.reads();
                Some(filter)
            }
        };
        let given = keys.iter().filter(|key| table.contains_key(key.name));
        // Each faulty value is said; an entry that lacks one is not said to be incomplete on top.
        let settings: Vec<_> = given.map(|key| self.setting(table, key)).collect();
        let settings = settings.into_iter().collect::<Option<_>>()?;
        Some((node.place, Entry { subject, when, settings }))
    }

    fn setting(&mut self, table: &Table, key: &Key) -> Option<Setting> {
        let (_, node) = table.get(key.name)?;
        let value = value(key, node).map_err(|what| self.layers.error(node.place, what, None)).ok()?;
        Some(Setting { key: key.name, value, line: self.layers.line(node.place) })
    }

    /// Two entries of the same name for the same endpoints would leave it to their order which one counts.
    fn no_doubles(&mut self, entries: &[Placed]) {
        let mut seen = BTreeSet::new();
        for (place, entry) in entries {
            if !seen.insert((&entry.subject, entry.when.as_ref().map(Filter::source))) {
                let mend = "put both into one, or give one of them another `when`".to_owned();
                self.layers.error(*place, format!("there is another {} here", entry.subject), Some(mend));
            }
        }
    }

    /// Each entry must be whole on top of what holds for everybody, and of what has its own condition.
    fn check_whole(&mut self, entries: &[Placed], below: &[&Layer]) {
        let lower: Vec<&Entry> = below.iter().flat_map(|layer| &layer.entries).collect();
        for (place, entry) in entries {
            let source = |entry: &Entry| entry.when.as_ref().map(|when| when.source().to_owned());
            // What has the same condition matches whenever this does.
            let holds = |other: &Entry| other.when.is_none() || source(other) == source(entry);
            let same = |other: &&Entry| other.subject == entry.subject && holds(other);
            let own = entries.iter().map(|(_, own)| own);
            let base = lower.iter().copied().chain(own).filter(same);
            let settings = base.chain([entry]).flat_map(|entry| &entry.settings);
            let values = settings.map(|setting| (setting.key, &setting.value)).collect();
            if !build::is_enabled(&values) {
                continue;
            }
            let faulty = match &entry.subject {
                Subject::Telemetry => None,
                Subject::Service(name) => build::service(name, &values).err(),
                Subject::Check(name) => {
                    build::check(name, &values).err().or_else(|| stranger(entry, &values))
                }
            };
            if let Some(what) = faulty {
                self.layers.error(*place, what, None);
            }
        }
    }

    fn text<'n>(&mut self, table: &'n Table, key: &str) -> Option<(Place, &'n str)> {
        let (_, node) = table.get(key)?;
        if let document::Value::Text(text) = &node.value {
            return Some((node.place, text));
        }
        self.layers.error(node.place, format!("`{key}` is a text; this is {}", node.value.kind()), None);
        None
    }

    fn table<'n>(&mut self, node: &'n Node) -> Option<&'n Table> {
        if let document::Value::Table(table) = &node.value {
            return Some(table);
        }
        self.layers.error(node.place, format!("expected a table; this is {}", node.value.kind()), None);
        None
    }

    fn known_keys(&mut self, table: &Table, known: &[&str]) {
        for (key, (place, _)) in table {
            if !known.contains(&key.as_str()) {
                let mend = match nearest(key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", known.join(", ")),
                };
                self.layers.error(*place, format!("no key `{key}` here"), Some(mend));
            }
        }
    }
}

/// A key of the entry that checks of its kind do not know.
fn stranger(entry: &Entry, values: &build::Values<'_>) -> Option<String> {
    let Some(Value::Text(kind)) = values.get("kind") else { return None };
    let knows = |key: &Key| key.kinds.is_empty() || key.kinds.contains(&kind.as_str());
    let strange = |setting: &&Setting| keys::CHECK.iter().any(|key| key.name == setting.key && !knows(key));
    let setting = entry.settings.iter().find(strange)?;
    Some(format!("a check of kind `{kind}` has no `{}`", setting.key))
}

fn value(key: &Key, node: &Node) -> Result<Value, String> {
    use document::Value as Written;
    let name = key.name;
    match (key.form, &node.value) {
        (Form::Text, Written::Text(text)) => Ok(Value::Text(text.clone())),
        (Form::Choice(choices), Written::Text(text)) if choices.contains(&text.as_str()) => {
            Ok(Value::Text(text.clone()))
        }
        (Form::Choice(choices), _) => Err(format!("`{name}` is one of {}", choices.join(", "))),
        (Form::Flag, Written::Flag(flag)) => Ok(Value::Flag(*flag)),
        (Form::Whole(from, to), Written::Whole(number)) => {
            let number = u64::try_from(*number).ok().filter(|number| (from..=to).contains(number));
            number.map(Value::Whole).ok_or_else(|| format!("`{name}` is a number from {from} to {to}"))
        }
        (Form::Bytes, Written::Whole(number)) => {
            u64::try_from(*number).map(Value::Whole).map_err(|_| format!("`{name}` is 0 or more"))
        }
        (Form::Bytes, Written::Text(text)) => keys::parse_bytes(text)
            .map(Value::Whole)
            .ok_or_else(|| format!("`{name}` is a size, such as \"10 MiB\"")),
        (Form::Span(from, to), Written::Text(text)) => {
            let span =
                parse_seconds(text).and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
            let span = span.filter(|span| (from..=to).contains(span));
            let said = || format!("`{name}` is a span of time from {from:#} to {to:#}, such as \"5m\"");
            span.map(|span| Value::Span(span, text.clone())).ok_or_else(said)
        }
        (_, other) => Err(format!("`{name}` cannot be {}", other.kind())),
    }
}
