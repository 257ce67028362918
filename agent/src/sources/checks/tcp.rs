//! A port takes connections. Nothing is sent and nothing is read: the connection ends as soon as it stands.

use dogwatch_model::{CheckState, Target};

use super::{Verdict, reach::Reach, verdict};

pub(super) async fn look(target: &Target, reach: &Reach) -> Verdict {
    match reach.connect(target).await {
        Ok(_) => verdict(CheckState::Ok, None, None),
        Err(verdict) => verdict,
    }
}
