//! Names and paths: `health.disks`, `d.used_percent`, `labels.env`.

use cel::{
    IdedExpr,
    common::ast::{Expr as Ast, SelectExpr},
};

use super::{Element, Lowerer, Typed};
use crate::filter::{
    error::FilterError,
    names,
    program::{Expr, Fact, Listing},
    reads::Reads,
    schema::{Field, Kind, Type},
};

/// What a path leads to.
pub(super) enum Found {
    Value(Typed),
    List(Listing, Element),
    /// A group or a bound record: more names follow. The text is the path so far.
    Group(usize, &'static [Field], String),
    Labels,
}

impl Lowerer<'_> {
    /// Lowers a path that must lead to one value.
    pub(super) fn named_value(&mut self, node: &IdedExpr) -> Result<Typed, FilterError> {
        match self.path(node)? {
            Found::Value(typed) => Ok(typed),
            Found::List(listing, _) => Err(self
                .error(node, format!("`{}` is a list", listing.name))
                .mend(format!("look into it: {}.exists(x, …)", listing.name))),
            Found::Group(_, members, path) => Err(self
                .error(node, format!("`{path}` is a group"))
                .mend(format!("name one of its fields: {}", listed(members)))),
            Found::Labels => Err(self.error(node, "`labels` is a map").mend("name a label: labels.env")),
        }
    }

    /// Lowers a path that must lead to a list.
    pub(super) fn list(&mut self, node: &IdedExpr) -> Result<(Listing, Element), FilterError> {
        match self.path(node)? {
            Found::List(listing, element) => Ok((listing, element)),
            Found::Value(typed) => {
                Err(self.error(node, format!("expected a list; this is {}", typed.ty.name())))
            }
            Found::Group(..) | Found::Labels => Err(self.error(node, "expected a list; this is a group")),
        }
    }

    pub(super) fn path(&mut self, node: &IdedExpr) -> Result<Found, FilterError> {
        match &node.expr {
            Ast::Ident(name) => self.first_name(node, name),
            Ast::Select(select) => self.select(node, select),
            _ => Err(self.error(node, "expected a name")),
        }
    }

    fn first_name(&mut self, node: &IdedExpr, name: &str) -> Result<Found, FilterError> {
        if let Some(binding) = self.bindings.find(name) {
            return Ok(match binding.element {
                Element::Record(members) => Found::Group(binding.slot, members, name.to_owned()),
                Element::Text => Found::Value(Typed::new(Expr::Element(binding.slot), Type::Text)),
            });
        }
        if name == "now" {
            self.reads |= Reads::TIME;
            return Ok(Found::Value(Typed::new(Expr::Now, Type::Instant)));
        }
        self.member(node, 0, self.bindings.about.fields(), "", name)
    }

    fn select(&mut self, node: &IdedExpr, select: &SelectExpr) -> Result<Found, FilterError> {
        let name = select.field.as_str();
        match self.path(&select.operand)? {
            Found::Group(slot, members, path) => self.member(node, slot, members, &format!("{path}."), name),
            Found::Labels => Ok(label(name)),
            Found::List(listing, _) => Err(self
                .error(node, format!("`{}` is a list; its elements have fields, it has not", listing.name))
                .mend(format!("look into it: {}.exists(x, x.{name} …)", listing.name))),
            Found::Value(typed) => {
                Err(self.error(node, format!("{} has no field `{name}`", typed.ty.name())))
            }
        }
    }

    /// `labels["cost-centre"]`, the only thing with an index.
    pub(super) fn index(
        &mut self,
        node: &IdedExpr,
        of: &IdedExpr,
        key: &IdedExpr,
    ) -> Result<Typed, FilterError> {
        let Found::Labels = self.path(of)? else {
            return Err(self
                .error(node, "only `labels` has an index")
                .mend("look into lists with exists(x, …)"));
        };
        match (label(&self.constant_text(key)?), ()) {
            (Found::Value(typed), ()) => Ok(typed),
            _ => Err(self.error(node, "this is not a label")),
        }
    }

    fn member(
        &mut self,
        node: &IdedExpr,
        slot: usize,
        among: &'static [Field],
        prefix: &str,
        name: &str,
    ) -> Result<Found, FilterError> {
        let Some(field) = names::find(among, name) else {
            let error = self.error(node, format!("no field `{prefix}{name}`"));
            return Err(match names::suggest(self.bindings.about, among, prefix, name) {
                Some(near) => error.mend(format!("did you mean `{near}`?")),
                None if prefix.is_empty() => {
                    error.mend(format!("a text stands in quotes: \"{name}\"; fields are: {}", listed(among)))
                }
                None => error.mend(format!("there are: {}", listed(among))),
            });
        };
        self.reads |= field.reads;
        let name: Box<str> = format!("{prefix}{name}").into();
        Ok(match &field.kind {
            Kind::Value(ty, get) => Found::Value(Typed::new(Expr::Fact(Fact { slot, get: *get, name }), *ty)),
            Kind::Group(members) => Found::Group(slot, members, name.into()),
            Kind::Records(members, get) => {
                Found::List(Listing { slot, get: *get, name }, Element::Record(members))
            }
            Kind::Texts(get) => Found::List(Listing { slot, get: *get, name }, Element::Text),
            Kind::Labels(_) => Found::Labels,
        })
    }
}

fn label(key: &str) -> Found {
    Found::Value(Typed::new(Expr::Label(key.into()), Type::Text))
}

fn listed(fields: &[Field]) -> String {
    fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ")
}
