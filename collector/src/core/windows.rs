//! Maintenance windows come and go: planned and ended by people, of either side and for both to see.

use dogwatch_model::{EndpointId, WindowId};
use dogwatch_triage::mute::{NewWindow, Window, WindowError};
use jiff::Timestamp;

use super::{Batch, Core, audit::audit, batch::not_found};
use crate::{
    access::Principal,
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

/// The most windows that are kept, over all orgs: each is looked at for each item that is judged.
const MAX_WINDOWS: usize = 1_000;

impl Core {
    pub(super) fn add_window(
        &mut self,
        state: &mut State,
        policy: &Policy,
        plan: NewWindow,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Window, Refusal> {
        if !by.sees(&plan.org) || !policy.orgs.contains_key(&plan.org) {
            return Err(not_found("org", &plan.org));
        }
        let standing = state.windows.values().filter(|window| window.ended_at.is_none()).count();
        if standing >= MAX_WINDOWS {
            let what =
                format!("there are {MAX_WINDOWS} windows already; end some with `dogwatch window end ID`");
            return Err(Refusal::new(Code::Conflict, what));
        }
        let id = free_id(state, &plan);
        let window = Window::new(id, plan, by.actor(), now)
            .map_err(|error: WindowError| Refusal::new(Code::Invalid, error.to_string()))?;
        batch.put(Table::Windows, &window.id, &window);
        audit(batch, now, Some(&by.person), "window.add", &window);
        state.windows.insert(window.id.clone(), window.clone());
        self.look_again(state, &window, now);
        Ok(window)
    }

    pub(super) fn end_window(
        &mut self,
        state: &mut State,
        id: &WindowId,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Window, Refusal> {
        let window = state.windows.get_mut(id).filter(|window| by.sees(&window.plan.org));
        let window = window.ok_or_else(|| not_found("window", id))?;
        if let Some(ended) = window.ended_at {
            return Err(Refusal::new(Code::Conflict, format!("window {id} was ended at {ended:.0}")));
        }
        window.ended_at = Some(now);
        batch.put(Table::Windows, id, &*window);
        audit(batch, now, Some(&by.person), "window.end", id);
        let window = window.clone();
        self.look_again(state, &window, now);
        Ok(window)
    }

    /// What a window may have begun or ended to hide is judged now.
    fn look_again(&mut self, state: &State, window: &Window, now: Timestamp) {
        let concerned = state.members.values().filter(|member| window.concerns(&member.endpoint));
        let concerned: Vec<EndpointId> = concerned.map(|member| member.endpoint.id).collect();
        concerned.into_iter().for_each(|id| self.due.set(id, now));
    }
}

/// `acme-1`, `acme-2` …: short enough to say, never used twice.
fn free_id(state: &State, plan: &NewWindow) -> WindowId {
    let named = |n: usize| WindowId::new(&format!("w{n}")).ok().filter(|id| !state.windows.contains_key(id));
    let first = state.windows.len() + 1;
    (first..).find_map(named).unwrap_or_else(|| unreachable!("a number is a slug, for {}", plan.org))
}
