//! Functions, methods and macros.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr as Ast, operators as cel_name},
};
use jiff::Timestamp;

use super::{Lowerer, Typed, paths::Found, span::parse_seconds};
use crate::filter::{
    error::FilterError,
    mention, names,
    program::{Arithmetic, Comparison, Const, Expr, Quantifier, Search, TextTest, arithmetic, text_test},
    reads::Reads,
    schema::Type,
    value::Value,
};

/// What can be called, for suggestions.
const FUNCTIONS: [&str; 18] = [
    "has",
    "size",
    "duration",
    "timestamp",
    "age",
    "abs",
    "owner",
    "search",
    "kib",
    "mib",
    "gib",
    "tib",
    "exists",
    "all",
    "exists_one",
    "contains",
    "startsWith",
    "endsWith",
];

impl Lowerer<'_> {
    pub(super) fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Result<Typed, FilterError> {
        if let Some(target) = &call.target {
            return self.method(node, target, &call.func_name, &call.args);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (cel_name::LOGICAL_AND, args) => self.connective(args, false),
            (cel_name::LOGICAL_OR, args) => self.connective(args, true),
            (cel_name::LOGICAL_NOT, [arg]) => {
                let expr = match self.boolean(arg)? {
                    Expr::Const(Const::Bool(value)) => Expr::Const(Const::Bool(!value)),
                    Expr::Not(inner) => *inner,
                    expr => Expr::Not(Box::new(expr)),
                };
                Ok(Typed::new(expr, Type::Bool))
            }
            (cel_name::NEGATE, [arg]) => self.negated(node, arg),
            (cel_name::IN, [value, list]) => self.membership(value, list),
            (cel_name::INDEX, [of, key]) => self.index(node, of, key),
            (name, [left, right]) if comparison_named(name).is_some() => {
                let op = comparison_named(name).unwrap_or(Comparison::Equal);
                self.comparison(node, op, [left, right])
            }
            (name, [left, right]) if arithmetic_named(name).is_some() => {
                let op = arithmetic_named(name).unwrap_or(Arithmetic::Add);
                self.arithmetic(node, op, [left, right])
            }
            (cel_name::CONDITIONAL, args) => match args.first_chunk::<3>() {
                Some(parts) => self.conditional(node, parts),
                None => Err(self.error(node, "this conditional is not complete")),
            },
            (name, args) => self.function(node, name, args),
        }
    }

    fn function(&mut self, node: &IdedExpr, name: &str, args: &[IdedExpr]) -> Result<Typed, FilterError> {
        match (name, args) {
            ("has", [arg]) => self.has(arg),
            ("size", [arg]) => self.size(arg),
            ("duration", [arg]) => self.duration(arg),
            ("timestamp", [arg]) => self.timestamp(arg),
            ("age", [arg]) => {
                let typed = self.scalar(arg)?;
                let at = self.fitted(arg, typed, Type::Instant)?;
                self.reads |= Reads::TIME;
                Ok(Typed::new(Expr::Age(Box::new(at.expr)), Type::Duration))
            }
            ("abs", [arg]) => {
                let typed = self.scalar(arg)?;
                if !typed.ty.is_number() && typed.ty != Type::Duration {
                    return Err(self.error(arg, format!("expected a number; this is {}", typed.ty.name())));
                }
                Ok(Typed::new(Expr::Abs(Box::new(typed.expr)), typed.ty))
            }
            ("owner", [_]) if self.bindings.is_in_matrix => Err(self
                .error(node, "`owner(…)` asks the matrix, and this is a part of it")
                .mend(
                    "name the endpoints by class, tags or site here; `owner(…)` is for the fleet, the queue, reports, \
                     windows, rules and watch lists",
                )),
            ("owner", [arg]) => {
                self.reads |= Reads::OWNERS;
                let tool = self.constant_text(arg)?;
                self.mention(arg, mention::Kind::Tool, &tool);
                Ok(Typed::new(Expr::Owner(tool.into()), Type::Text))
            }
            ("search", [arg]) => self.search(arg),
            ("kib", [arg]) => self.bytes(arg, 10),
            ("mib", [arg]) => self.bytes(arg, 20),
            ("gib", [arg]) => self.bytes(arg, 30),
            ("tib", [arg]) => self.bytes(arg, 40),
            _ => Err(self.unknown_function(node, name, args)),
        }
    }

    fn method(
        &mut self,
        node: &IdedExpr,
        target: &IdedExpr,
        name: &str,
        args: &[IdedExpr],
    ) -> Result<Typed, FilterError> {
        match (name, args) {
            ("exists", [variable, body]) => self.quantified(Quantifier::Exists, target, variable, body),
            ("all", [variable, body]) => self.quantified(Quantifier::All, target, variable, body),
            ("exists_one" | "existsOne", [variable, body]) => {
                self.quantified(Quantifier::ExistsOne, target, variable, body)
            }
            ("size", []) => self.size(target),
            ("contains", [part]) => self.text_test(TextTest::Contains, target, part),
            ("startsWith", [part]) => self.text_test(TextTest::StartsWith, target, part),
            ("endsWith", [part]) => self.text_test(TextTest::EndsWith, target, part),
            ("filter" | "map", _) => Err(self
                .error(node, format!("`{name}` is not part of the filter language"))
                .mend("use exists, all, exists_one or size")),
            ("matches", _) => Err(self
                .error(node, "`matches` is not part of the filter language")
                .mend("use contains, startsWith or endsWith")),
            _ => Err(self.unknown_function(node, name, args)),
        }
    }

    fn unknown_function(&self, node: &IdedExpr, name: &str, args: &[IdedExpr]) -> FilterError {
        if FUNCTIONS.contains(&name) {
            return self
                .error(node, format!("`{name}` does not take {} arguments in this place", args.len()));
        }
        let error = self.error(node, format!("no function `{name}`"));
        match names::nearest(name, FUNCTIONS.into_iter()) {
            Some(near) => error.mend(format!("did you mean `{near}`?")),
            None => error.mend(format!("there are: {}", FUNCTIONS.join(", "))),
        }
    }

    fn quantified(
        &mut self,
        quantifier: Quantifier,
        list: &IdedExpr,
        variable: &IdedExpr,
        body: &IdedExpr,
    ) -> Result<Typed, FilterError> {
        let Ast::Ident(name) = &variable.expr else {
            return Err(self.error(variable, "expected a name for the element").mend("write exists(x, …)"));
        };
        let (listing, element) = self.list(list)?;
        let (slot, body) =
            self.with_element(list, name, element, |lowerer, slot| Ok((slot, lowerer.boolean(body)?)))?;
        Ok(Typed::new(Expr::Quantified(quantifier, listing, slot, Box::new(body)), Type::Bool))
    }

    fn has(&mut self, arg: &IdedExpr) -> Result<Typed, FilterError> {
        let expr = match self.path(arg)? {
            Found::Value(typed) => Expr::HasValue(Box::new(typed.expr)),
            Found::List(listing, _) => Expr::HasList(listing),
            Found::Group(slot, members, _) => {
                self.reads |= members.iter().fold(Reads::NONE, |reads, member| reads | member.reads);
                Expr::HasGroup(slot, members)
            }
            Found::Labels => Expr::Const(Const::Bool(true)),
        };
        Ok(Typed::new(expr, Type::Bool))
    }

    fn size(&mut self, of: &IdedExpr) -> Result<Typed, FilterError> {
        let is_path = matches!(of.expr, Ast::Ident(_) | Ast::Select(_));
        if is_path && let Found::List(listing, _) = self.path(of)? {
            return Ok(Typed::new(Expr::ListSize(listing), Type::Int));
        }
        let typed = self.scalar(of)?;
        let text = self.fitted(of, typed, Type::Text)?;
        Ok(Typed::new(Expr::TextSize(Box::new(text.expr)), Type::Int))
    }

    fn text_test(&mut self, test: TextTest, text: &IdedExpr, part: &IdedExpr) -> Result<Typed, FilterError> {
        let mut sides = [text, part].into_iter().map(|side| {
            let typed = self.scalar(side)?;
            if typed.ty.is_text() {
                return Ok(typed.expr);
            }
            Err(self.error(side, format!("expected text; this is {}", typed.ty.name())))
        });
        let (Some(text), Some(part)) = (sides.next(), sides.next()) else {
            return Err(FilterError::at(self.parsed.source, 0, "expected two texts"));
        };
        let expr = match (text?, part?) {
            (Expr::Const(text), Expr::Const(part)) => {
                Expr::Const(text_test(test, text.value(), part.value()).into())
            }
            (text, part) => Expr::TextTest(test, Box::new([text, part])),
        };
        Ok(Typed::new(expr, Type::Bool))
    }

    fn search(&mut self, arg: &IdedExpr) -> Result<Typed, FilterError> {
        let word = self.constant_text(arg)?;
        if word.is_empty() || word.contains('\0') {
            return Err(self.error(arg, "there is nothing to search for").mend("name a part of a word"));
        }
        let search = Search::new(&word, self.bindings.about);
        self.reads |= search.reads();
        Ok(Typed::new(Expr::Search(Box::new(search)), Type::Bool))
    }

    pub(super) fn constant_text(&mut self, node: &IdedExpr) -> Result<String, FilterError> {
        match self.scalar(node)?.expr {
            Expr::Const(Const::Text(text)) => Ok(text.into()),
            _ => Err(self.error(node, "expected a text in quotes")),
        }
    }

    fn duration(&mut self, arg: &IdedExpr) -> Result<Typed, FilterError> {
        let text = self.constant_text(arg)?;
        match parse_seconds(&text) {
            Some(seconds) => Ok(Typed::constant(Const::Num(seconds), Type::Duration)),
            None => Err(self
                .error(arg, format!("`{text}` is not a duration"))
                .mend("use numbers with w, d, h, m, s or ms: \"26h\", \"1h30m\"")),
        }
    }

    fn timestamp(&mut self, arg: &IdedExpr) -> Result<Typed, FilterError> {
        let text = self.constant_text(arg)?;
        match text.parse::<Timestamp>() {
            Ok(at) => Ok(Typed::constant(Const::Instant(at), Type::Instant)),
            Err(_) => Err(self
                .error(arg, format!("`{text}` is not an instant"))
                .mend("use RFC 3339: \"2026-11-01T00:00:00Z\"")),
        }
    }

    fn bytes(&mut self, arg: &IdedExpr, power: i32) -> Result<Typed, FilterError> {
        let typed = self.scalar(arg)?;
        let count = self.fitted(arg, typed, Type::Float)?;
        let unit = 2_f64.powi(power);
        let expr = match count.expr {
            Expr::Const(count) => {
                Expr::Const(arithmetic(Arithmetic::Multiply, count.value(), Value::Num(unit)).into())
            }
            expr => Expr::Arithmetic(Arithmetic::Multiply, Box::new([expr, Expr::Const(Const::Num(unit))])),
        };
        Ok(Typed::new(expr, Type::Bytes))
    }
}

fn comparison_named(name: &str) -> Option<Comparison> {
    Some(match name {
        cel_name::EQUALS => Comparison::Equal,
        cel_name::NOT_EQUALS => Comparison::NotEqual,
        cel_name::LESS => Comparison::Less,
        cel_name::LESS_EQUALS => Comparison::LessOrEqual,
        cel_name::GREATER => Comparison::Greater,
        cel_name::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic_named(name: &str) -> Option<Arithmetic> {
    Some(match name {
        cel_name::ADD => Arithmetic::Add,
        cel_name::SUBSTRACT => Arithmetic::Subtract,
        cel_name::MULTIPLY => Arithmetic::Multiply,
        cel_name::DIVIDE => Arithmetic::Divide,
        cel_name::MODULO => Arithmetic::Remainder,
        _ => return None,
    })
}
