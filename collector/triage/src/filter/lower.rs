//! Lowers a syntax tree to a typed program: resolves names, checks types, folds constants.
//!
//! Every rejection happens here and says where and why, so that a program which exists always runs.

mod calls;
mod infix;
mod paths;
mod span;

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr as Ast, LiteralValue, operators as cel_name},
};

use super::{
    MAX_COMPREHENSION_DEPTH,
    error::FilterError,
    mention::{self, Mention},
    parse::{self, Parsed},
    program::{Const, Expr, Listing},
    reads::Reads,
    schema::{About, Field, Type},
};

pub(crate) use span::parse_seconds;

/// What the elements of a list are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element {
    Record(&'static [Field]),
    Text,
}

/// A name for an element.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) slot: usize,
    pub(crate) element: Element,
}

/// The names that an expression may use beside the schema's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bindings {
    about: About,
    /// It stands in the matrix itself, which cannot be asked for an owner there.
    is_in_matrix: bool,
    bound: Vec<Binding>,
}

impl Bindings {
    /// Those of an expression about something, with nothing bound yet.
    pub(super) const fn of(about: About) -> Self {
        Self { about, is_in_matrix: false, bound: Vec::new() }
    }

    /// Those of a row of a matrix.
    pub(super) const fn in_matrix() -> Self {
        Self { about: About::Endpoint, is_in_matrix: true, bound: Vec::new() }
    }

    pub(crate) fn push(&mut self, binding: Binding) {
        self.bound.push(binding);
    }

    /// The slot that the next binding gets; slot 0 is what the expression is about.
    const fn next_slot(&self) -> usize {
        self.bound.len() + 1
    }

    fn find(&self, name: &str) -> Option<&Binding> {
        self.bound.iter().rev().find(|binding| binding.name == name)
    }
}

/// A program with its static type.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) expr: Expr,
    pub(super) ty: Type,
    pub(super) reads: Reads,
    /// The tools and teams that it names.
    pub(super) mentions: Vec<Mention>,
}

/// A list that is walked element by element: `d in health.disks`.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) listing: Listing,
    pub(crate) binding: Binding,
    pub(crate) reads: Reads,
}

/// Lowers an expression that must be true or false.
pub(super) fn condition(source: &str, bindings: &Bindings) -> Result<Lowered, FilterError> {
    let lowered = formula(source, bindings)?;
    if lowered.ty == Type::Bool {
        return Ok(lowered);
    }
    let what = format!("this is {}, not a condition", lowered.ty.name());
    Err(FilterError::at(source, 0, what).mend("compare it with something"))
}

/// Lowers an expression of any scalar type.
pub(super) fn formula(source: &str, bindings: &Bindings) -> Result<Lowered, FilterError> {
    let parsed = parse::parse(source)?;
    let mut lowerer = Lowerer::new(&parsed, bindings);
    let Typed { expr, ty } = lowerer.scalar(&parsed.root)?;
    Ok(Lowered { expr, ty, reads: lowerer.reads, mentions: lowerer.mentions })
}

/// Lowers `NAME in LIST`.
pub(crate) fn walk(source: &str, bindings: &Bindings) -> Result<Walk, FilterError> {
    let parsed = parse::parse(source)?;
    let form = || FilterError::at(source, 0, "this names no list").mend("write it as `d in health.disks`");
    let Ast::Call(CallExpr { func_name, args, .. }) = &parsed.root.expr else { return Err(form()) };
    let ([name, list], cel_name::IN) = (args.as_slice(), func_name.as_str()) else { return Err(form()) };
    let Ast::Ident(name) = &name.expr else { return Err(form()) };
    let mut lowerer = Lowerer::new(&parsed, bindings);
    let (listing, element) = lowerer.list(list)?;
    let binding = Binding { name: name.clone(), slot: bindings.next_slot(), element };
    Ok(Walk { listing, binding, reads: lowerer.reads })
}

/// An expression and its static type.
#[derive(Debug)]
struct Typed {
    expr: Expr,
    ty: Type,
}

impl Typed {
    const fn new(expr: Expr, ty: Type) -> Self {
        Self { expr, ty }
    }

    const fn constant(value: Const, ty: Type) -> Self {
        Self { expr: Expr::Const(value), ty }
    }
}

struct Lowerer<'p> {
    parsed: &'p Parsed<'p>,
    bindings: Bindings,
    depth: usize,
    reads: Reads,
    mentions: Vec<Mention>,
}

impl<'p> Lowerer<'p> {
    fn new(parsed: &'p Parsed<'p>, bindings: &Bindings) -> Self {
        Self { parsed, bindings: bindings.clone(), depth: 0, reads: Reads::NONE, mentions: Vec::new() }
    }

    /// Keeps a name that only a matrix knows, with its place.
    fn mention(&mut self, node: &IdedExpr, kind: mention::Kind, name: &str) {
        self.mentions.push(Mention { kind, name: name.into(), at: self.start(node) });
    }

    /// The same of a text that an owner is compared with: it means a team.
    fn mention_team(&mut self, node: &IdedExpr, text: &Expr, compared_with: &Expr) {
        if let (Expr::Const(Const::Text(name)), Expr::Owner(_)) = (text, compared_with) {
            self.mention(node, mention::Kind::Team, name);
        }
    }

    fn error(&self, node: &IdedExpr, what: impl Into<String>) -> FilterError {
        FilterError::at(self.parsed.source, self.start(node), what)
    }

    /// Where an expression begins: its leftmost part, which for `a.b.c` is `a`.
    fn start(&self, node: &IdedExpr) -> usize {
        let place = self.parsed.offset(node);
        let Ast::Call(call) = &node.expr else {
            return match &node.expr {
                Ast::Select(select) => self.start(&select.operand),
                _ => place,
            };
        };
        let is_infix = call.func_name.starts_with(['_', '@']);
        match (&call.target, call.args.as_slice()) {
            (Some(target), _) => self.start(target),
            (None, [left, _, ..]) if is_infix => self.start(left),
            // The parser places a call at its bracket; the name stands before it.
            _ => {
                let before = self.parsed.source.get(..place).unwrap_or_default();
                before.strip_suffix(call.func_name.as_str()).map_or(place, str::len)
            }
        }
    }

    /// Lowers an expression that has one value.
    fn scalar(&mut self, node: &IdedExpr) -> Result<Typed, FilterError> {
        match &node.expr {
            Ast::Literal(literal) => self.literal(node, literal),
            Ast::Ident(_) | Ast::Select(_) => self.named_value(node),
            Ast::Call(call) => self.call(node, call),
            Ast::List(_) => Err(self.error(node, "a list stands only at the right of `in`")),
            _ => Err(self.error(node, "this is not part of the filter language")),
        }
    }

    /// Lowers an expression that must be true or false.
    fn boolean(&mut self, node: &IdedExpr) -> Result<Expr, FilterError> {
        let typed = self.scalar(node)?;
        if typed.ty == Type::Bool {
            return Ok(typed.expr);
        }
        Err(self.error(node, format!("expected a condition; this is {}", typed.ty.name())))
    }

    fn literal(&self, node: &IdedExpr, literal: &LiteralValue) -> Result<Typed, FilterError> {
        #[expect(clippy::cast_precision_loss, reason = "numbers that people type stay below 2^53")]
        let typed = match literal {
            LiteralValue::Boolean(value) => Typed::constant(Const::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => Typed::constant(Const::Num(*value.inner() as f64), Type::Int),
            LiteralValue::UInt(value) => Typed::constant(Const::Num(*value.inner() as f64), Type::Int),
            LiteralValue::Double(value) if value.inner().is_finite() => {
                Typed::constant(Const::Num(*value.inner()), Type::Float)
            }
            LiteralValue::String(value) => Typed::constant(Const::Text(value.inner().into()), Type::Text),
            LiteralValue::Null => {
                return Err(self.error(node, "there is no `null`").mend("ask with `has(field)`"));
            }
            LiteralValue::Double(_) | LiteralValue::Bytes(_) => {
                return Err(self.error(node, "this literal is not part of the filter language"));
            }
        };
        Ok(typed)
    }

    /// Lowers the body of a comprehension with its element bound.
    fn with_element<T>(
        &mut self,
        node: &IdedExpr,
        name: &str,
        element: Element,
        body: impl FnOnce(&mut Self, usize) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        if self.depth == MAX_COMPREHENSION_DEPTH {
            let what = format!("`exists` and `all` may nest {MAX_COMPREHENSION_DEPTH} deep");
            return Err(self.error(node, what));
        }
        let slot = self.bindings.next_slot();
        self.bindings.push(Binding { name: name.to_owned(), slot, element });
        self.depth += 1;
        let lowered = body(self, slot);
        self.depth -= 1;
        self.bindings.bound.pop();
        lowered
    }
}
