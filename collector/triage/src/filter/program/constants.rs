//! The numbers that a program compares facts with.

use super::Expr;

/// Gives each fact that is compared with a number, by its full name, and the number. `lists` names the lists whose
/// elements are bound, by slot.
pub(crate) fn constants(expr: &Expr, lists: &mut Vec<(usize, String)>, give: &mut impl FnMut(String, f64)) {
    match expr {
        Expr::FactNum(_, fact, number) => give(full_name(&fact.name, fact.slot, lists), *number),
        Expr::Quantified(_, listing, slot, body) => {
            let list = full_name(&listing.name, listing.slot, lists);
            lists.push((*slot, list));
            constants(body, lists, give);
            lists.pop();
        }
        Expr::Not(inner) => constants(inner, lists, give),
        Expr::And(terms) | Expr::Or(terms) => {
            terms.iter().for_each(|term| constants(term, lists, give));
        }
        Expr::Choose(parts) => parts.iter().for_each(|part| constants(part, lists, give)),
        _ => {}
    }
}

/// `d.used_percent` of an element of `health.disks` is `health.disks.used_percent`.
fn full_name(name: &str, slot: usize, lists: &[(usize, String)]) -> String {
    let list = lists.iter().rev().find(|(bound, _)| *bound == slot);
    match (list, name.split_once('.')) {
        (Some((_, list)), Some((_, field))) => format!("{list}.{field}"),
        _ => name.to_owned(),
    }
}
