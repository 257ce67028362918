//! Operators: what may stand at their sides, and what comes of it.

use cel::{IdedExpr, common::ast::Expr as Ast};
use uuid::Uuid;

use super::{Lowerer, Typed};
use crate::filter::{
    error::FilterError,
    names,
    program::{Arithmetic, Comparison, Const, Expr, arithmetic, compare},
    schema::Type,
};

impl Lowerer<'_> {
    /// `&&` and `||`, flattened; constants that decide nothing are dropped.
    pub(super) fn connective(&mut self, args: &[IdedExpr], decisive: bool) -> Result<Typed, FilterError> {
        let mut terms = Vec::new();
        for arg in args {
            match (self.boolean(arg)?, decisive) {
                (Expr::And(inner), false) | (Expr::Or(inner), true) => terms.extend(inner),
                (Expr::Const(Const::Bool(value)), _) if value != decisive => {}
                (term, _) => terms.push(term),
            }
        }
        let expr = match (terms.len(), decisive) {
            (0, _) => Expr::Const(Const::Bool(!decisive)),
            _ if terms.iter().any(|t| matches!(t, Expr::Const(Const::Bool(value)) if *value == decisive)) => {
                Expr::Const(Const::Bool(decisive))
            }
            (1, _) => terms.remove(0),
            (_, false) => Expr::And(terms.into()),
            (_, true) => Expr::Or(terms.into()),
        };
        Ok(Typed::new(expr, Type::Bool))
    }

    pub(super) fn comparison(
        &mut self,
        node: &IdedExpr,
        op: Comparison,
        sides: [&IdedExpr; 2],
    ) -> Result<Typed, FilterError> {
        let left = self.scalar(sides[0])?;
        let right = self.scalar(sides[1])?;
        let right = self.fitted(sides[1], right, left.ty)?;
        let left = self.fitted(sides[0], left, right.ty)?;
        self.mention_team(sides[0], &left.expr, &right.expr);
        self.mention_team(sides[1], &right.expr, &left.expr);
        if op.is_equality() || !matches!(left.ty, Type::Bool | Type::Id) {
            return Ok(Typed::new(folded_comparison(op, left.expr, right.expr), Type::Bool));
        }
        Err(self.error(node, format!("{} has no order", left.ty.name())).mend("use `==` or `!=`"))
    }

    /// Checks that a value can be compared with one of type `with`, and turns a constant into that type.
    pub(super) fn fitted(&self, node: &IdedExpr, value: Typed, with: Type) -> Result<Typed, FilterError> {
        match (&value.expr, value.ty, with) {
            (Expr::Const(Const::Text(text)), Type::Text, Type::Choice(choices)) => {
                let choices = (choices.0)();
                if choices.contains(&&**text) {
                    return Ok(value);
                }
                let error = self.error(node, format!("`{text}` is not one of {}", choices.join(", ")));
                Err(match names::nearest(text, choices.iter().copied()) {
                    Some(near) => error.mend(format!("did you mean `{near}`?")),
                    None => error,
                })
            }
            (Expr::Const(Const::Text(text)), Type::Text, Type::Id) => match Uuid::parse_str(text) {
                Ok(id) => Ok(Typed::constant(Const::Id(id), Type::Id)),
                Err(_) => Err(self.error(node, format!("`{text}` is not an id")).mend("an id is a UUID")),
            },
            (_, ty, with)
                if ty == with || (ty.is_number() && with.is_number()) || (ty.is_text() && with.is_text()) =>
            {
                Ok(value)
            }
            (_, Type::Id, Type::Text) => Ok(value),
            (_, ty, with) => {
                let error = self.error(node, format!("expected {}; this is {}", with.name(), ty.name()));
                Err(match (ty, with) {
                    (_, Type::Instant) => {
                        error.mend("write it as timestamp(\"2026-11-01T00:00:00Z\"), or use age(…)")
                    }
                    (_, Type::Duration) => error.mend("write it as duration(\"26h\")"),
                    (Type::Duration, _) => error.mend("compare a duration with duration(\"26h\")"),
                    _ => error,
                })
            }
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        node: &IdedExpr,
        op: Arithmetic,
        sides: [&IdedExpr; 2],
    ) -> Result<Typed, FilterError> {
        let left = self.scalar(sides[0])?;
        let right = self.scalar(sides[1])?;
        let Some(ty) = result_of(op, left.ty, right.ty) else {
            let what = format!("{} and {} do not go together here", left.ty.name(), right.ty.name());
            return Err(self.error(node, what));
        };
        let expr = match (&left.expr, &right.expr) {
            (Expr::Const(l), Expr::Const(r)) => Expr::Const(arithmetic(op, l.value(), r.value()).into()),
            _ => Expr::Arithmetic(op, Box::new([left.expr, right.expr])),
        };
        Ok(Typed::new(expr, ty))
    }

    pub(super) fn negated(&mut self, node: &IdedExpr, arg: &IdedExpr) -> Result<Typed, FilterError> {
        let typed = self.scalar(arg)?;
        if !typed.ty.is_number() && typed.ty != Type::Duration {
            return Err(self.error(node, format!("expected a number; this is {}", typed.ty.name())));
        }
        let zero = Expr::Const(Const::Num(0.0));
        let expr = match typed.expr {
            Expr::Const(Const::Num(value)) => Expr::Const(Const::Num(-value)),
            expr => Expr::Arithmetic(Arithmetic::Subtract, Box::new([zero, expr])),
        };
        Ok(Typed::new(expr, typed.ty))
    }

    /// `x in [..]` and `x in list`.
    pub(super) fn membership(&mut self, value: &IdedExpr, list: &IdedExpr) -> Result<Typed, FilterError> {
        let member = self.scalar(value)?;
        let Ast::List(literal) = &list.expr else {
            let (listing, element) = self.list(list)?;
            if !matches!(element, super::Element::Text) {
                return Err(self
                    .error(list, format!("`{}` is not a list of texts", listing.name))
                    .mend(format!("use {}.exists(x, …)", listing.name)));
            }
            let member = self.fitted(value, member, Type::Text)?;
            return Ok(Typed::new(Expr::InList(Box::new(member.expr), listing), Type::Bool));
        };
        let mut set = Vec::with_capacity(literal.elements.len());
        for element in &literal.elements {
            let typed = self.scalar(element)?;
            let fitted = self.fitted(element, typed, member.ty)?.expr;
            self.mention_team(element, &fitted, &member.expr);
            match fitted {
                Expr::Const(constant) => set.push(constant),
                _ => return Err(self.error(element, "a list at the right of `in` holds constants only")),
            }
        }
        Ok(Typed::new(Expr::OneOf(Box::new(member.expr), set.into()), Type::Bool))
    }

    pub(super) fn conditional(
        &mut self,
        node: &IdedExpr,
        parts: &[IdedExpr; 3],
    ) -> Result<Typed, FilterError> {
        let condition = self.boolean(&parts[0])?;
        let then = self.scalar(&parts[1])?;
        let otherwise = self.scalar(&parts[2])?;
        let alike = then.ty == otherwise.ty
            || (then.ty.is_number() && otherwise.ty.is_number())
            || (then.ty.is_text() && otherwise.ty.is_text());
        if !alike {
            let what = format!("one branch is {}, the other {}", then.ty.name(), otherwise.ty.name());
            return Err(self.error(node, what));
        }
        let ty = if then.ty == otherwise.ty {
            then.ty
        } else if then.ty.is_text() {
            Type::Text
        } else {
            Type::Float
        };
        Ok(Typed::new(Expr::Choose(Box::new([condition, then.expr, otherwise.expr])), ty))
    }
}

fn folded_comparison(op: Comparison, left: Expr, right: Expr) -> Expr {
    match (left, right) {
        (Expr::Const(l), Expr::Const(r)) => Expr::Const(compare(op, l.value(), r.value()).into()),
        (Expr::Fact(fact), Expr::Const(Const::Num(number))) => Expr::FactNum(op, fact, number),
        (Expr::Const(Const::Num(number)), Expr::Fact(fact)) => Expr::FactNum(op.mirrored(), fact, number),
        (Expr::Fact(fact), Expr::Const(Const::Text(text)))
        | (Expr::Const(Const::Text(text)), Expr::Fact(fact))
            if op.is_equality() =>
        {
            Expr::FactText(op == Comparison::Equal, fact, text)
        }
        (left, right) => Expr::Compare(op, Box::new([left, right])),
    }
}

/// The type that an arithmetic operator makes of its sides; `None` when it makes none.
fn result_of(op: Arithmetic, left: Type, right: Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    match (left, op, right) {
        (Type::Instant, Subtract, Type::Instant) | (Type::Duration, Add | Subtract, Type::Duration) => {
            Some(Type::Duration)
        }
        (Type::Instant, Add | Subtract, Type::Duration) | (Type::Duration, Add, Type::Instant) => {
            Some(Type::Instant)
        }
        (Type::Duration, Divide, Type::Duration) => Some(Type::Float),
        (Type::Duration, Multiply | Divide, number) | (number, Multiply, Type::Duration)
            if number.is_number() =>
        {
            Some(Type::Duration)
        }
        (l, Add | Subtract, r) if l == r && l.is_number() => Some(l),
        (Type::Bytes, Multiply | Divide, Type::Int | Type::Float) => Some(Type::Bytes),
        (Type::Int | Type::Float, Multiply, Type::Bytes) => Some(Type::Bytes),
        (l, _, r) if l.is_number() && r.is_number() => Some(Type::Float),
        _ => None,
    }
}
