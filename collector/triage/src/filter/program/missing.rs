//! Which facts are missing: the reason behind an unknown verdict.

use super::{Expr, Scope, eval};

/// The names of the facts that make an expression unknown in this scope, each once. What is missing and does not
/// matter, such as behind a `has(…)` that is false, is not named.
pub(crate) fn missing(expr: &Expr, scope: &mut Scope<'_, '_>) -> Vec<String> {
    let mut names = Vec::new();
    collect_missing(expr, scope, &mut names);
    names
}

fn collect_missing(expr: &Expr, scope: &mut Scope<'_, '_>, names: &mut Vec<String>) {
    if !eval(expr, scope).is_missing() {
        return;
    }
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    match expr {
        Expr::Fact(fact) | Expr::FactNum(_, fact, _) | Expr::FactText(_, fact, _) => {
            add(&fact.name);
        }
        Expr::Label(key) => add(&format!("labels.{key}")),
        Expr::Owner(tool) => add(&format!("owner(\"{tool}\")")),
        Expr::ListSize(listing) | Expr::InList(_, listing) if listing.read(scope).is_none() => {
            add(&listing.name)
        }
        Expr::Quantified(_, listing, slot, body) => match listing.read(scope) {
            None => add(&listing.name),
            Some(list) => {
                for index in 0..list.len() {
                    scope.bind(*slot, list.at(index));
                    collect_missing(body, scope, names);
                }
            }
        },
        Expr::InList(inner, _)
        | Expr::OneOf(inner, _)
        | Expr::Age(inner)
        | Expr::Abs(inner)
        | Expr::Not(inner)
        | Expr::TextSize(inner) => collect_missing(inner, scope, names),
        Expr::And(terms) | Expr::Or(terms) => {
            terms.iter().for_each(|term| collect_missing(term, scope, names));
        }
        Expr::Choose(parts) => parts.iter().for_each(|part| collect_missing(part, scope, names)),
        Expr::Compare(_, sides) | Expr::Arithmetic(_, sides) | Expr::TextTest(_, sides) => {
            sides.iter().for_each(|side| collect_missing(side, scope, names));
        }
        Expr::Const(_)
        | Expr::Now
        | Expr::Search(_)
        | Expr::Element(_)
        | Expr::ListSize(_)
        | Expr::HasValue(_)
        | Expr::HasList(_)
        | Expr::HasGroup(..) => {}
    }
}
