//! A filter as it runs over columns: sixty-four endpoints at each step, the cheap parts first.

use super::{
    BLOCK, Rows,
    dictionary::Dictionary,
    moment::{self, Moment},
    number::{self, Number},
    tri::Tri,
};
use crate::filter::{
    program::{Comparison, Expr, Quantifier, SLOTS, Scope, holds, quantify},
    value::{Item, List},
};

/// One question, ready to be put to blocks of endpoints.
#[derive(Debug)]
pub(super) enum Test<'c> {
    Always(Option<bool>),
    Flag {
        known: &'c [u64],
        bits: &'c [u64],
    },
    /// Whether the fact is known.
    Has(&'c [u64]),
    Number(Comparison, Number<'c>, Number<'c>),
    Moment(Comparison, Moment<'c>, Moment<'c>),
    Coded(Coded<'c>),
    Same(Box<[Test<'c>; 2]>),
    Not(Box<Test<'c>>),
    All(Vec<Test<'c>>),
    Any(Vec<Test<'c>>),
    /// Columns do not decide it.
    ByRow(&'c Expr),
}

impl<'c> Test<'c> {
    /// Judges the endpoints of a block that `need` names; the others' bits mean nothing.
    pub(super) fn judge(&mut self, block: usize, need: u64, rows: &dyn Rows) -> Tri {
        match self {
            Self::Always(verdict) => Tri::all(*verdict),
            Self::Flag { known, bits } => Tri::known(bits[block], known[block]),
            Self::Has(known) => Tri::known(known[block], u64::MAX),
            Self::Number(op, left, right) => {
                let (mut l, mut r) = ([0.0; BLOCK], [0.0; BLOCK]);
                let known = left.fill(block, &mut l) & right.fill(block, &mut r);
                Tri::known(number::holding(*op, &l, &r), known)
            }
            Self::Moment(op, left, right) => {
                let known = left.known(block) & right.known(block);
                Tri::known(moment::holding(*op, left, right, block), known)
            }
            Self::Coded(coded) => coded.judge(block, need, rows),
            Self::Same(sides) => {
                let left = sides[0].judge(block, need, rows);
                left.same(sides[1].judge(block, need, rows))
            }
            Self::Not(inner) => inner.judge(block, need, rows).not(),
            Self::All(terms) => {
                let mut all = Tri::all(Some(true));
                for term in terms {
                    let open = need & !all.no;
                    if open == 0 {
                        break;
                    }
                    // Of those that are settled the term may say anything; a no stays a no.
                    let settled = all.no;
                    let tri = term.judge(block, open, rows);
                    all = all.and(Tri { yes: tri.yes & !settled, no: tri.no & !settled });
                    all.no |= settled;
                }
                all
            }
            Self::Any(terms) => {
                let mut any = Tri::all(Some(false));
                for term in terms {
                    let open = need & !any.yes;
                    if open == 0 {
                        break;
                    }
                    let settled = any.yes;
                    let tri = term.judge(block, open, rows);
                    any = any.or(Tri { yes: tri.yes & !settled, no: tri.no & !settled });
                    any.yes |= settled;
                }
                any
            }
            Self::ByRow(expr) => by_row(expr, block, need, rows),
        }
    }

    /// What it costs, about: those that cost less are asked first.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Always(_) | Self::Flag { .. } | Self::Has(_) => 0,
            Self::Number(..) => 2,
            Self::Moment(..) | Self::Coded(_) => 3,
            Self::Not(inner) => inner.cost(),
            Self::Same(sides) => sides[0].cost() + sides[1].cost(),
            Self::All(terms) | Self::Any(terms) => terms.iter().map(Self::cost).sum(),
            Self::ByRow(_) => 1000,
        }
    }
}

fn by_row(expr: &Expr, block: usize, need: u64, rows: &dyn Rows) -> Tri {
    let (mut tri, mut bits) = (Tri::default(), need);
    while bits != 0 {
        let index = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        let row = rows.row(block * BLOCK + index);
        match holds(expr, &mut Scope::new(&row)) {
            Some(true) => tri.yes |= 1 << index,
            Some(false) => tri.no |= 1 << index,
            None => {}
        }
    }
    tri
}

/// A question about a text, or about a list of texts, whose answers are remembered by the text's number.
#[derive(Debug)]
pub(super) struct Coded<'c> {
    pub(super) known: &'c [u64],
    pub(super) codes: &'c [u32],
    pub(super) dictionary: &'c Dictionary,
    pub(super) answers: Vec<Answer>,
    pub(super) question: Question<'c>,
    /// What holds where the fact is missing.
    pub(super) absent: Option<bool>,
}

/// What is remembered of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    NotAsked,
    Yes,
    No,
    Unknown,
}

impl From<Option<bool>> for Answer {
    fn from(verdict: Option<bool>) -> Self {
        match verdict {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// What is asked of a text or of a list.
#[derive(Debug)]
pub(super) enum Question<'c> {
    /// Every answer is there already.
    Settled,
    /// The text is bound as the element of the last slot.
    Text(Expr),
    Has(&'c str),
    Members(Quantifier, usize, &'c Expr),
}

/// Where a text of a dictionary is bound: no expression that is asked of one binds any slot itself.
pub(super) const TEXT_SLOT: usize = SLOTS - 1;

impl Coded<'_> {
    fn judge(&mut self, block: usize, need: u64, rows: &dyn Rows) -> Tri {
        let known = self.known[block];
        let mut tri = match self.absent {
            Some(true) => Tri { yes: !known, no: 0 },
            Some(false) => Tri { yes: 0, no: !known },
            None => Tri::default(),
        };
        let codes = self.codes;
        let codes = &codes[block * BLOCK..][..BLOCK];
        let mut bits = need & known;
        while bits != 0 {
            let index = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let code = codes[index];
            let mut answer = self.answers[code as usize];
            if answer == Answer::NotAsked {
                answer = self.ask(code, rows).into();
                self.answers[code as usize] = answer;
            }
            tri.yes |= u64::from(answer == Answer::Yes) << index;
            tri.no |= u64::from(answer == Answer::No) << index;
        }
        tri
    }

    fn ask(&self, code: u32, rows: &dyn Rows) -> Option<bool> {
        // The question reads nothing of the row; a scope just has one.
        let row = rows.row(0);
        let mut scope = Scope::new(&row);
        match &self.question {
            Question::Settled => None,
            Question::Text(expr) => {
                scope.bind(TEXT_SLOT, Item::Text(self.dictionary.text(code)));
                holds(expr, &mut scope)
            }
            Question::Has(text) => Some(self.dictionary.list(code).iter().any(|member| member == text)),
            Question::Members(quantifier, slot, body) => {
                quantify(*quantifier, List::Texts(self.dictionary.list(code)), *slot, body, &mut scope)
            }
        }
    }
}
