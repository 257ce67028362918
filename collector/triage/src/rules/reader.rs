//! Makes rules of merged documents, and collects every error on the way.

use core::str::FromStr;

use dogwatch_model::{IdError, RuleId};
use jiff::SignedDuration;

use super::{
    EvidenceLine, Level, MAX_CLEAR_AFTER, MAX_RULES, Rule, RuleError, RuleValue, Template,
    document::{Layers, Node, Place, Table, Value},
    values,
};
use crate::{
    filter::{Bindings, Filter, FilterError, Formula, Reads, Walk, nearest, parse_seconds, walk},
    finding::Severity,
};

/// Good samples that clear a rule which does not say how many.
const DEFAULT_CLEAR_AFTER: u32 = 1;

pub(super) const RULE_KEYS: [&str; 16] = [
    "category",
    "tool",
    "enabled",
    "note",
    "only",
    "while",
    "each",
    "subject",
    "title",
    "info",
    "warning",
    "critical",
    "clear_after",
    "stays_when_gone",
    "hides_others",
    "evidence",
];
pub(super) const LEVEL_KEYS: [&str; 3] = ["when", "for", "clear"];
pub(super) const EVIDENCE_KEYS: [&str; 4] = ["each", "where", "name", "value"];

pub(super) fn read(layers: &[(&str, &str)]) -> Result<(Vec<Rule>, Vec<RuleValue>), Vec<RuleError>> {
    let mut reader = Reader { layers: Layers::new(layers) };
    let merged = reader.layers.merged();
    let rules = reader.rules(&merged);
    let values = values::of(&merged, &reader.layers);
    let errors = reader.layers.finish();
    if errors.is_empty() { Ok((rules, values)) } else { Err(errors) }
}

/// What decides a rule: its scope, when it is judged, its list, and its levels' conditions.
fn reads(scopes: [Option<&Filter>; 2], each: Option<&Walk>, levels: &[Level]) -> Reads {
    let of_levels = levels.iter().flat_map(|level| [Some(&level.when), level.clear.as_ref()]);
    let filters = of_levels.chain(scopes).flatten().map(Filter::reads);
    filters.chain(each.map(|walk| walk.reads)).fold(Reads::NONE, Reads::union)
}

struct Reader<'t> {
    layers: Layers<'t>,
}

/// A text and its place.
type Text<'n> = (Place, &'n str);

impl Reader<'_> {
    fn rules(&mut self, merged: &Table) -> Vec<Rule> {
        self.known_keys(merged, &["rules"]);
        let Some((_, node)) = merged.get("rules") else { return Vec::new() };
        let Some(tables) = self.table(node) else { return Vec::new() };
        if !self.are_few_enough(tables) {
            return Vec::new();
        }
        tables
            .iter()
            .filter_map(|(id, (place, node))| {
                let table = self.table(node)?;
                let others = tables.keys().filter(|other| *other != id).map(String::as_str);
                self.rule(*place, id, table, nearest(id, others))
            })
            .collect()
    }

    fn are_few_enough(&mut self, tables: &Table) -> bool {
        let mut places: Vec<Place> = tables.values().map(|(place, _)| *place).collect();
        places.sort_unstable();
        let Some(first_too_many) = places.get(MAX_RULES) else { return true };
        let what = format!("there are {} rules; {MAX_RULES} are allowed", places.len());
        let mend = "put into one rule, with `each` or `||`, what is one concern".to_owned();
        self.layers.error(*first_too_many, what, Some(mend));
        false
    }

    fn rule(&mut self, place: Place, id: &str, table: &Table, alike: Option<&str>) -> Option<Rule> {
        self.known_keys(table, &RULE_KEYS);
        let id = RuleId::new(id).inspect_err(|error| self.layers.error(place, error.to_string(), None)).ok();
        let named = id.as_ref().map_or("this rule".to_owned(), |id| format!("rule `{id}`"));
        let required = |reader: &mut Self, key: &str| {
            let found = reader.text(table, key);
            if !table.contains_key(key) {
                let mend = alike.map(|near| format!("did you mean to change `{near}`?"));
                reader.layers.error(place, format!("{named} has no `{key}`"), mend);
            }
            found
        };
        let category = required(self, "category").and_then(|text| self.parsed(text));
        let tool = required(self, "tool").and_then(|text| self.parsed(text));
        let title_text = required(self, "title");

        let enabled = self.flag(table, "enabled").unwrap_or(true);
        let note = self.text(table, "note").map(|(_, note)| note.to_owned());
        let clear_after = self.clear_after(table);
        let stays_when_gone = self.flag(table, "stays_when_gone").unwrap_or(false);
        let hides_others = self.flag(table, "hides_others").unwrap_or(false);

        let mut bindings = Bindings::default();
        let only = self.text(table, "only").and_then(|text| self.filter(text, &bindings));
        let only_while = self.text(table, "while").and_then(|text| self.filter(text, &bindings));
        let each = self.text(table, "each").and_then(|text| self.walk(text, &mut bindings));
        if table.contains_key("each") && each.is_none() {
            // What names the element would only complain about the same mistake again.
            return None;
        }
        let subject = self.subject(table, &bindings);
        if table.contains_key("each") != table.contains_key("subject") {
            let mend = "say what the elements are called: subject = \"d.mount\"".to_owned();
            self.layers.error(place, format!("{named} needs both `each` and `subject`, or none"), Some(mend));
        }
        let levels = self.levels(table, &bindings);
        if levels.is_empty() && !["info", "warning", "critical"].iter().any(|key| table.contains_key(*key)) {
            self.layers.error(
                place,
                format!("{named} has no level"),
                Some("add warning = { when = \"…\" }".into()),
            );
        }
        let title = title_text.and_then(|text| self.template(text, &bindings));
        let listed = each.as_ref().map_or(Reads::NONE, |walk| walk.reads);
        let evidence = self.evidence(table, &bindings, listed);
        let reads = reads([only.as_ref(), only_while.as_ref()], each.as_ref(), &levels);
        let title = title?;
        Some(Rule {
            id: id?,
            category: category?,
            tool: tool?,
            enabled,
            note,
            levels,
            clear_after,
            stays_when_gone,
            hides_others,
            each,
            subject,
            only,
            only_while,
            is_title_steady: Reads::EVENTS.contains(listed | title.reads()),
            title,
            evidence,
            reads,
        })
    }

    fn subject(&mut self, table: &Table, bindings: &Bindings) -> Option<Formula> {
        let text = self.text(table, "subject")?;
        let formula = Formula::compile(text.1, bindings);
        let formula = self.compiled(text, formula)?;
        if !formula.ty().is_text() {
            let what = format!("a subject is a text; this is {}", formula.ty().name());
            self.layers.error(text.0, what, None);
        }
        Some(formula)
    }

    /// The levels, worst first.
    fn levels(&mut self, table: &Table, bindings: &Bindings) -> Vec<Level> {
        let severities = Severity::ALL.iter().rev();
        severities.filter_map(|severity| self.level(table, *severity, bindings)).collect()
    }

    fn level(&mut self, rule: &Table, severity: Severity, bindings: &Bindings) -> Option<Level> {
        let (place, node) = rule.get(severity.as_str())?;
        let table = self.table(node)?;
        self.known_keys(table, &LEVEL_KEYS);
        if !table.contains_key("when") {
            self.layers.error(*place, format!("level `{severity}` has no `when`"), None);
        }
        let clear = self.text(table, "clear").and_then(|text| self.filter(text, bindings));
        let hold = self.text(table, "for").and_then(|text| self.hold(text));
        let when = self.text(table, "when").and_then(|text| self.filter(text, bindings))?;
        Some(Level { severity, hold: hold.unwrap_or(SignedDuration::ZERO), when, clear })
    }

    fn hold(&mut self, (place, text): Text<'_>) -> Option<SignedDuration> {
        let seconds = parse_seconds(text).filter(|seconds| *seconds >= 0.0);
        let hold = seconds.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        if hold.is_none() {
            let mend = "use numbers with d, h, m, s or ms: \"15m\"".to_owned();
            self.layers.error(place, format!("`{text}` is not a duration"), Some(mend));
        }
        hold
    }

    fn evidence(&mut self, rule: &Table, bindings: &Bindings, listed: Reads) -> Vec<EvidenceLine> {
        let Some((_, node)) = rule.get("evidence") else { return Vec::new() };
        let Value::List(lines) = &node.value else {
            let what = format!("expected a list of tables; this is {}", node.value.kind());
            self.layers.error(node.place, what, None);
            return Vec::new();
        };
        lines.iter().filter_map(|line| self.evidence_line(line, bindings, listed)).collect()
    }

    fn evidence_line(&mut self, node: &Node, bindings: &Bindings, listed: Reads) -> Option<EvidenceLine> {
        let table = self.table(node)?;
        self.known_keys(table, &EVIDENCE_KEYS);
        for key in ["name", "value"] {
            if !table.contains_key(key) {
                self.layers.error(node.place, format!("this line of evidence has no `{key}`"), None);
            }
        }
        let mut bindings = bindings.clone();
        let each = self.text(table, "each").and_then(|text| self.walk(text, &mut bindings));
        let keep = self.text(table, "where").and_then(|text| self.filter(text, &bindings));
        let name = self.text(table, "name").and_then(|text| self.template(text, &bindings));
        let value = self.text(table, "value").and_then(|text| self.template(text, &bindings));
        let (name, value) = (name?, value?);
        let shown = listed | each.as_ref().map_or(Reads::NONE, |walk| walk.reads);
        let is_steady = Reads::EVENTS.contains(shown | name.reads() | value.reads());
        Some(EvidenceLine { each, keep, name, value, is_steady })
    }

    fn clear_after(&mut self, table: &Table) -> u32 {
        let Some((_, node)) = table.get("clear_after") else { return DEFAULT_CLEAR_AFTER };
        let samples = match node.value {
            Value::Whole(count) => {
                u32::try_from(count).ok().filter(|count| (1..=MAX_CLEAR_AFTER).contains(count))
            }
            _ => None,
        };
        samples.unwrap_or_else(|| {
            let what = format!("`clear_after` is a whole number from 1 to {MAX_CLEAR_AFTER}");
            self.layers.error(node.place, what, None);
            DEFAULT_CLEAR_AFTER
        })
    }

    fn walk(&mut self, text: Text<'_>, bindings: &mut Bindings) -> Option<Walk> {
        let found = walk(text.1, bindings);
        let found = self.compiled(text, found)?;
        bindings.push(found.binding.clone());
        Some(found)
    }

    fn filter(&mut self, text: Text<'_>, bindings: &Bindings) -> Option<Filter> {
        let filter = Filter::compile_with(text.1, bindings);
        self.compiled(text, filter)
    }

    fn template(&mut self, text: Text<'_>, bindings: &Bindings) -> Option<Template> {
        match Template::compile(text.1, bindings) {
            Ok(template) => Some(template),
            Err(fault) => {
                self.layers.expression_error(text.0, fault.before, fault.error);
                None
            }
        }
    }

    fn compiled<T>(&mut self, text: Text<'_>, compiled: Result<T, FilterError>) -> Option<T> {
        compiled.map_err(|error| self.layers.expression_error(text.0, "", error)).ok()
    }

    fn parsed<T: FromStr<Err = IdError>>(&mut self, (place, text): Text<'_>) -> Option<T> {
        text.parse().map_err(|error: IdError| self.layers.error(place, error.to_string(), None)).ok()
    }

    fn text<'n>(&mut self, table: &'n Table, key: &str) -> Option<Text<'n>> {
        let (_, node) = table.get(key)?;
        if let Value::Text(text) = &node.value {
            return Some((node.place, text));
        }
        self.layers.error(node.place, format!("`{key}` is a text; this is {}", node.value.kind()), None);
        None
    }

    fn flag(&mut self, table: &Table, key: &str) -> Option<bool> {
        let (_, node) = table.get(key)?;
        if let Value::Flag(flag) = node.value {
            return Some(flag);
        }
        self.layers.error(
            node.place,
            format!("`{key}` is true or false; this is {}", node.value.kind()),
            None,
        );
        None
    }

    fn table<'n>(&mut self, node: &'n Node) -> Option<&'n Table> {
        if let Value::Table(table) = &node.value {
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
