//! Turns a program into a test over columns. What no column decides stays with the row.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    cells::{Cells, Column},
    moment::Moment,
    number::Number,
    source::label_key,
    test::{Answer, Coded, Question, TEXT_SLOT, Test},
};
use crate::filter::program::{Arithmetic, Comparison, Const, Expr, Fact, Search};

/// Looks up columns for one query.
pub(super) struct Planner<'c> {
    pub(super) columns: &'c BTreeMap<Box<str>, Column>,
    pub(super) as_of: Timestamp,
}

impl<'c> Planner<'c> {
    pub(super) fn test(&self, expr: &'c Expr) -> Test<'c> {
        self.decided(expr).unwrap_or(Test::ByRow(expr))
    }

    fn decided(&self, expr: &'c Expr) -> Option<Test<'c>> {
        Some(match expr {
            Expr::Const(Const::Bool(value)) => Test::Always(Some(*value)),
            Expr::Const(_) => Test::Always(None),
            Expr::Fact(fact) => {
                let column = self.column(fact)?;
                let Cells::Bools(bits) = &column.cells else { return None };
                Test::Flag { known: &column.known, bits }
            }
            Expr::FactNum(op, fact, number) => Test::Number(*op, self.cells(fact)?, Number::Fixed(*number)),
            Expr::FactText(equal, fact, text) => self.equals(self.column(fact)?, text, *equal)?,
            Expr::Not(inner) => Test::Not(Box::new(self.test(inner))),
            Expr::And(terms) => Test::All(self.terms(terms)),
            Expr::Or(terms) => Test::Any(self.terms(terms)),
            Expr::Compare(op, sides) => self.comparison(*op, sides).or_else(|| self.about_text(expr))?,
            Expr::TextTest(..) => self.about_text(expr)?,
            Expr::OneOf(value, set) => match self.number(value) {
                Some(_) => Test::Any(set.iter().map(|one| self.is(value, one)).collect::<Option<_>>()?),
                None => self.about_text(expr)?,
            },
            Expr::HasValue(inner) => match &**inner {
                Expr::Fact(fact) => Test::Has(&self.column(fact)?.known),
                Expr::Label(key) => Test::Has(&self.columns.get(&label_key(key))?.known),
                _ => return None,
            },
            Expr::HasList(listing) if listing.slot == 0 => Test::Has(&self.columns.get(&listing.name)?.known),
            Expr::InList(text, listing) if listing.slot == 0 => {
                let Expr::Const(Const::Text(text)) = &**text else { return None };
                self.coded(self.columns.get(&listing.name)?, Question::Has(text), None)?
            }
            Expr::Quantified(quantifier, listing, slot, body) if listing.slot == 0 => {
                let column = self.columns.get(&listing.name)?;
                is_of_element(body, *slot).then_some(())?;
                self.coded(column, Question::Members(*quantifier, *slot, body), None)?
            }
            Expr::Search(search) => self.search(search)?,
            _ => return None,
        })
    }

    /// Terms in the order in which they are asked: what `&&` and `||` come to does not depend on it.
    fn terms(&self, terms: &'c [Expr]) -> Vec<Test<'c>> {
        let mut terms: Vec<_> = terms.iter().map(|term| self.test(term)).collect();
        terms.sort_by_key(Test::cost);
        terms
    }

    fn column(&self, fact: &Fact) -> Option<&'c Column> {
        self.columns.get(&fact.name).filter(|_| fact.slot == 0)
    }

    fn cells(&self, fact: &Fact) -> Option<Number<'c>> {
        let column = self.column(fact)?;
        let Cells::Nums(cells) = &column.cells else { return None };
        Some(Number::Cells { known: &column.known, cells })
    }

    fn is(&self, value: &'c Expr, one: &Const) -> Option<Test<'c>> {
        let Const::Num(number) = one else { return None };
        Some(Test::Number(Comparison::Equal, self.number(value)?, Number::Fixed(*number)))
    }

    fn comparison(&self, op: Comparison, sides: &'c [Expr; 2]) -> Option<Test<'c>> {
        let [left, right] = sides;
        if let (Some(left), Some(right)) = (self.number(left), self.number(right)) {
            return Some(Test::Number(op, left, right));
        }
        if let (Some(left), Some(right)) = (self.moment(left), self.moment(right)) {
            return Some(Test::Moment(op, left, right));
        }
        if !op.is_equality() {
            return None;
        }
        // Conditions: nothing else is decided that is not one.
        let is_text = |side: &Expr| matches!(side, Expr::Const(Const::Text(_) | Const::Id(_)));
        if sides.iter().any(is_text) {
            return None;
        }
        let same = Test::Same(Box::new([self.decided(left)?, self.decided(right)?]));
        Some(if op == Comparison::Equal { same } else { Test::Not(Box::new(same)) })
    }

    fn number(&self, expr: &'c Expr) -> Option<Number<'c>> {
        Some(match expr {
            Expr::Const(Const::Num(number)) => Number::Fixed(*number),
            Expr::Fact(fact) => self.cells(fact)?,
            Expr::Age(inner) => Number::Age(self.moment(inner)?, self.as_of),
            Expr::Abs(inner) => Number::Abs(Box::new(self.number(inner)?)),
            Expr::Arithmetic(op, sides) => match (self.number(&sides[0]), self.number(&sides[1])) {
                (Some(left), Some(right)) => Number::Computed(*op, Box::new([left, right])),
                _ if *op == Arithmetic::Subtract => {
                    Number::Between(self.moment(&sides[0])?, self.moment(&sides[1])?)
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    fn moment(&self, expr: &Expr) -> Option<Moment<'c>> {
        Some(match expr {
            Expr::Const(Const::Instant(at)) => Moment::Fixed(*at),
            Expr::Now => Moment::Fixed(self.as_of),
            Expr::Fact(fact) => {
                let column = self.column(fact)?;
                let Cells::Instants(cells) = &column.cells else { return None };
                Moment::Cells { known: &column.known, cells }
            }
            _ => return None,
        })
    }

    /// A text that is, or is not, another: one number is looked for.
    fn equals(&self, column: &'c Column, text: &str, equal: bool) -> Option<Test<'c>> {
        let test = self.settled(column, None, |dictionary, answers| {
            if let Some(code) = dictionary.code(text) {
                answers[code as usize] = Answer::Yes;
            }
        })?;
        Some(if equal { test } else { Test::Not(Box::new(test)) })
    }

    /// Any of the places where a word is looked for; what is not known does not mention it.
    fn search(&self, search: &'c Search) -> Option<Test<'c>> {
        let in_column = |name: Box<str>| {
            self.settled(self.columns.get(&name)?, Some(false), |dictionary, answers| {
                dictionary.mentioning(&search.word, |code| answers[code] = Answer::Yes);
            })
        };
        Some(Test::Any(search.names().map(in_column).collect::<Option<_>>()?))
    }

    /// Every answer is no but for those that `settle` turns.
    fn settled(
        &self,
        column: &'c Column,
        absent: Option<bool>,
        settle: impl FnOnce(&super::dictionary::Dictionary, &mut [Answer]),
    ) -> Option<Test<'c>> {
        let Test::Coded(mut coded) = self.coded(column, Question::Settled, absent)? else { return None };
        coded.answers.fill(Answer::No);
        settle(coded.dictionary, &mut coded.answers);
        Some(Test::Coded(coded))
    }

    fn coded(&self, column: &'c Column, question: Question<'c>, absent: Option<bool>) -> Option<Test<'c>> {
        let (Cells::Texts(codes, dictionary) | Cells::Lists(codes, dictionary)) = &column.cells else {
            return None;
        };
        let answers = vec![Answer::NotAsked; dictionary.len()];
        Some(Test::Coded(Coded { known: &column.known, codes, dictionary, answers, question, absent }))
    }

    /// A question that reads one text fact and nothing else, and is unknown where that is missing.
    fn about_text(&self, expr: &'c Expr) -> Option<Test<'c>> {
        let mut fact = None;
        let asked = over_element(expr, &mut fact)?;
        let column = self.columns.get(&fact?)?;
        matches!(column.cells, Cells::Texts(..)).then_some(())?;
        self.coded(column, Question::Text(asked), None)
    }
}

/// The expression with its one fact as a bound element; `None` when it reads two, or anything else.
fn over_element(expr: &Expr, fact: &mut Option<Box<str>>) -> Option<Expr> {
    let mut bind = |name: Box<str>| match fact {
        Some(known) if *known != name => None,
        _ => {
            *fact = Some(name);
            Some(Expr::Element(TEXT_SLOT))
        }
    };
    Some(match expr {
        Expr::Const(value) => Expr::Const(value.clone()),
        Expr::Fact(one) if one.slot == 0 => bind(one.name.clone())?,
        Expr::Label(key) => bind(label_key(key))?,
        Expr::Compare(op, sides) => Expr::Compare(*op, both(sides, fact)?),
        Expr::TextTest(test, sides) => Expr::TextTest(*test, both(sides, fact)?),
        Expr::OneOf(value, set) => Expr::OneOf(Box::new(over_element(value, fact)?), set.clone()),
        Expr::TextSize(inner) => Expr::TextSize(Box::new(over_element(inner, fact)?)),
        _ => return None,
    })
}

fn both(sides: &[Expr; 2], fact: &mut Option<Box<str>>) -> Option<Box<[Expr; 2]>> {
    let left = over_element(&sides[0], fact)?;
    Some(Box::new([left, over_element(&sides[1], fact)?]))
}

/// Whether an expression reads nothing but the element of this slot.
fn is_of_element(expr: &Expr, slot: usize) -> bool {
    match expr {
        Expr::Const(_) => true,
        Expr::Element(of) => *of == slot,
        Expr::Not(inner) | Expr::TextSize(inner) | Expr::HasValue(inner) | Expr::OneOf(inner, _) => {
            is_of_element(inner, slot)
        }
        Expr::And(terms) | Expr::Or(terms) => terms.iter().all(|term| is_of_element(term, slot)),
        Expr::Compare(_, sides) | Expr::Arithmetic(_, sides) | Expr::TextTest(_, sides) => {
            sides.iter().all(|side| is_of_element(side, slot))
        }
        _ => false,
    }
}
