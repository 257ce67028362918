//! Is an agent that comes the one that was here? Two machines with one key are a clone, or one of them was set back to a
//! snapshot.
//!
//! Evidence never decides who somebody is: the key does. It decides who has to wait outside: while one machine with the
//! key is connected, a second one is refused, and both sides of the queue learn of it. What counts as a second one:
//! * its machine or hardware id differs from the connected one's;
//! * it goes on with an epoch that another process has ended: two processes are alive;
//! * streams of the key took each other's place too often: perfect copies, down to the running memory.
//!
//! Of two processes that speak in turn the one with the older epoch is the original, and takes its place back at once: the
//! copy began its epoch when it was started. Whoever was found to be a copy stays outside as long as the original's
//! stream, or one that took its place, stands.
//!
//! A machine whose evidence changed while nobody was connected is let in (a new board, a restore elsewhere), and told.

use dogwatch_model::Epoch;
use jiff::SignedDuration;

use super::Attach;
use crate::{
    refusal::{Code, Refusal},
    state::Member,
};

/// Takeovers of live streams are counted over this time.
pub(super) const TAKEOVERS_WITHIN: SignedDuration = SignedDuration::from_secs(300);
/// More of them within that time do not come from a bad network: an agent finds a dead link after 90 s.
const MOST_TAKEOVERS: usize = 4;

/// Who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Newcomer {
    /// The one that was here, as far as anybody can tell.
    Known,
    /// The one that was here, with an older memory.
    SetBack,
    /// Another machine, while nobody is connected.
    Changed(&'static str),
    /// Another machine, while one is connected.
    Second(&'static str),
    /// The one that was here, back from outside: the connected one is the copy.
    Original(&'static str),
}

impl Newcomer {
    /// What speaks for there being two.
    pub(super) fn suspicion(&self) -> Option<&'static str> {
        match self {
            Self::Known | Self::SetBack => None,
            Self::Changed(what) | Self::Second(what) | Self::Original(what) => Some(what),
        }
    }
}

/// What is known of the stream that is live when an agent comes.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    /// When streams of the key took each other's place lately, this time included.
    pub(super) takeovers: Vec<jiff::Timestamp>,
    /// Epochs of copies that were put outside.
    pub(super) copies: Vec<Epoch>,
}

impl Past {
    /// Whoever is connected is a copy. Of those put outside before only what is remembered can come back.
    pub(super) fn put_outside(&mut self, member: &Member) {
        self.copies.extend(member.epochs.last().map(|(epoch, _)| *epoch));
        self.copies.retain(|copy| member.epochs.iter().any(|(epoch, _)| epoch == copy));
    }
}

/// Judges an agent that comes. `live` while another stream stands.
pub(super) fn judge(member: &Member, attach: &Attach, live: Option<&Past>) -> Newcomer {
    let changed =
        |told: &Option<String>, known: &Option<String>| told.is_some() && known.is_some() && told != known;
    let (told, known) = (&attach.evidence, &member.evidence);
    let differs = if changed(&told.machine_id_hash, &known.machine_id_hash) {
        Some("its machine id is another")
    } else if changed(&told.hardware_hash, &known.hardware_hash) {
        Some("its hardware is another")
    } else {
        None
    };
    let present = member.epochs.last().map(|(epoch, _)| *epoch);
    let returns =
        present != Some(attach.epoch) && member.epochs.iter().any(|(epoch, _)| *epoch == attach.epoch);
    let Some(Past { takeovers, copies }) = live else {
        return match differs {
            Some(what) => Newcomer::Changed(what),
            None if is_set_back(member, attach) => Newcomer::SetBack,
            None => Newcomer::Known,
        };
    };
    let in_turn = "two processes speak in turn";
    match differs {
        _ if returns && !copies.contains(&attach.epoch) => Newcomer::Original(in_turn),
        _ if returns => Newcomer::Second(in_turn),
        Some(what) => Newcomer::Second(what),
        None if takeovers.len() > MOST_TAKEOVERS => {
            Newcomer::Second("it takes the place of a live stream again and again")
        }
        None if is_set_back(member, attach) => Newcomer::SetBack,
        None => Newcomer::Known,
    }
}

/// Every start counts up, so a new process with a count that was seen before has an older memory than we.
fn is_set_back(member: &Member, attach: &Attach) -> bool {
    let new = member.epochs.iter().all(|(epoch, _)| *epoch != attach.epoch);
    new && !member.epochs.is_empty() && attach.starts.is_some_and(|starts| starts <= member.starts)
}

/// What the one outside is told.
pub(super) fn refusal(what: &str) -> Refusal {
    let what = format!(
        "another machine is connected with this endpoint's key ({what}); if this one is a copy, enrol it anew with a token of its own"
    );
    Refusal { reason: Some("clone_suspected"), ..Refusal::new(Code::Conflict, what) }
}
