//! An export on its way: piece after piece as the connection takes them, and how many one person has under way.

use std::{
    collections::BTreeMap,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;

use crate::{core::TakeOut, refusal::Refusal};

/// Exports that one person has under way at once: one for each of two places to keep it. Each costs the core some
/// milliseconds a piece.
const MAX_PER_PERSON: usize = 2;

/// Exports under way, by person: nobody keeps another from theirs.
#[derive(Default)]
pub(crate) struct Exports(Arc<Mutex<BTreeMap<String, usize>>>);

/// One has as many under way as one may.
#[derive(Debug)]
pub(crate) struct Full;

/// A place among the exports under way; dropped, it is free again.
pub(super) struct Place {
    taken: Arc<Mutex<BTreeMap<String, usize>>>,
    person: String,
}

impl Exports {
    pub(super) fn take(&self, person: String) -> Result<Place, Full> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = taken.entry(person.clone()).or_default();
        if *theirs >= MAX_PER_PERSON {
            return Err(Full);
        }
        *theirs += 1;
        drop(taken);
        Ok(Place { taken: Arc::clone(&self.0), person })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = taken.get_mut(&self.person) {
            *theirs -= 1;
            if *theirs == 0 {
                taken.remove(&self.person);
            }
        }
    }
}

/// What goes out next, and who makes what goes out after that.
type Turn = Pin<Box<dyn Future<Output = Option<(Result<Vec<u8>, Refusal>, TakeOut)>> + Send>>;

/// The pieces of an export as the body of an answer: the next one is made when the connection takes more. What cannot go on
/// breaks the answer off, so that nobody takes a part for the whole; the last line would be missing in any case.
pub(super) struct Pieces {
    turn: Option<Turn>,
    _place: Place,
}

impl Pieces {
    pub(super) fn of(taken: TakeOut, place: Place) -> Self {
        Self { turn: Some(turn(taken)), _place: place }
    }
}

fn turn(mut taken: TakeOut) -> Turn {
    Box::pin(async move { taken.next().await.map(|piece| (piece, taken)) })
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(under_way) = &mut self.turn else { return Poll::Ready(None) };
        let made = ready!(under_way.as_mut().poll(context));
        self.turn = None;
        Poll::Ready(made.map(|(piece, taken)| match piece {
            Ok(piece) => {
                self.turn = Some(turn(taken));
                Ok(Frame::data(piece.into()))
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "an export ended early");
                Err(io::Error::other(refusal))
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_keeps_nobody_else_from_an_export_and_has_two_themselves() {
        let exports = Exports::default();
        let (first, _second) = (exports.take("pat".into()).unwrap(), exports.take("pat".into()).unwrap());
        assert!(exports.take("pat".into()).is_err());
        assert!(exports.take("kim".into()).is_ok());
        drop(first);
        assert!(exports.take("pat".into()).is_ok());
    }
}
