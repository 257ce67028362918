//! Maintenance windows come and go: planned and ended by people, of either side and for both to see. A vendor sees them.
//!
//! What is over is kept for a while, for who asks what hid an item, and then forgotten: the audit log has it for good.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{EndpointId, OrgId, Side, WindowId};
use dogwatch_triage::{
    filter::nearest,
    mute::{NewWindow, Window, WindowError},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Batch, Core,
    audit::deed,
    batch::not_found,
    may::{may_in_named_org, may_seeing_org},
};
use crate::{
    access::{ApiToken, Principal, Reach, Scope, Sha256, Verb},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

/// The most windows of an org that cover something or will: each is looked at for each item that is judged.
const MAX_STANDING: usize = 200;

/// How long a window that is over is kept: as long as somebody may still read of it in a timeline and ask.
const KEEP_PAST: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The most windows of an org that are over; the oldest go first. A script that adds and ends fills no memory.
const MAX_PAST: usize = 500;

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
        may_in_named_org((state, policy), by, Verb::Snooze, (&plan.org, plan.site.as_ref()), now)?;
        check_side(by)?;
        let standing = |window: &&Window| window.plan.org == plan.org && !window.is_over(now);
        if state.windows.values().filter(standing).count() >= MAX_STANDING {
            let what = format!(
                "{} has {MAX_STANDING} windows that are open or ahead already; end some with `dogwatch window end ID`",
                plan.org
            );
            return Err(Refusal::new(Code::Conflict, what));
        }
        check_names(state, policy, &plan, &state.access.reach(by, now))?;
        let id = free_id(state, &plan, now);
        let invalid = |error: WindowError| Refusal::new(Code::Invalid, error.to_string());
        let window = Window::new(id, plan, by.actor(), now).map_err(invalid)?;
        window.known_to(|| policy.vocabulary(|org| *org == window.plan.org)).map_err(invalid)?;
        batch.put(Table::Windows, &window.id, &window);
        let deed = deed(by, "window.add", &window.id, Some(&window.plan.org));
        batch.record(now, deed.after(&window));
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
        let unseen = || not_found("window", id);
        let plan = state.windows.get(id).map(|window| &window.plan).ok_or_else(unseen)?;
        let (org, site) = (plan.org.clone(), plan.site.clone());
        if !state.access.reach(by, now).sees_place(&Scope::of(Some(org.clone()), site.clone())) {
            return Err(unseen());
        }
        may_seeing_org(state, by, Verb::Snooze, (&org, site.as_ref()), now, unseen)?;
        check_side(by)?;
        let window = state.windows.get_mut(id).ok_or_else(unseen)?;
        if let Some(ended) = window.ended_at {
            return Err(Refusal::new(Code::Conflict, format!("window {id} was ended at {ended:.0}")));
        }
        let before = window.clone();
        window.ended_at = Some(now);
        batch.put(Table::Windows, id, &*window);
        let deed = deed(by, "window.end", id, Some(&org));
        batch.record(now, deed.before(before).after(&*window));
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

/// Forgets windows that have been over for long, and those that are too many.
pub(super) fn retire(state: &mut State, now: Timestamp, batch: &mut Batch) {
    let mut past: Vec<_> =
        state.windows.values().filter_map(|window| Some((window.over_at()?, window))).collect();
    // What is over lately comes first, so that the rest of an org's is what goes.
    past.retain(|(over, _)| *over <= now);
    past.sort_by_key(|(over, window)| core::cmp::Reverse((*over, window.created_at)));
    let mut kept: BTreeMap<&OrgId, usize> = BTreeMap::new();
    let mut gone: Vec<WindowId> = Vec::new();
    for (over, window) in past {
        let of_org = kept.entry(&window.plan.org).or_default();
        if *of_org < MAX_PAST && now.duration_since(over) < KEEP_PAST {
            *of_org += 1;
        } else {
            gone.push(window.id.clone());
        }
    }
    for id in gone {
        state.windows.remove(&id);
        batch.delete(Table::Windows, &id);
    }
}

/// What is hidden is agreed between those who would be called.
fn check_side(by: &Principal) -> Result<(), Refusal> {
    if by.side != Side::Vendor {
        return Ok(());
    }
    let what = "a vendor does not plan or end windows; ask the MSP or internal IT to do it";
    Err(Refusal::new(Code::NotAllowed, what))
}

/// A site or tool that there is not would make a window that hides nothing, and nobody would notice before the night.
fn check_names(state: &State, policy: &Policy, plan: &NewWindow, reach: &Reach) -> Result<(), Refusal> {
    if let Some(site) = &plan.site {
        let members = state.members.values().map(|member| &member.endpoint);
        let seen = members.filter(|endpoint| endpoint.org == plan.org);
        let seen = seen.filter(|endpoint| reach.sees(&endpoint.org, Some(&endpoint.site)));
        check_known("site", site.as_str(), &seen.map(|endpoint| endpoint.site.as_str()).collect())?;
    }
    let tools = policy.tools(&plan.org);
    plan.tools.iter().try_for_each(|tool| check_known("tool", tool.as_str(), &tools))
}

fn check_known(kind: &str, name: &str, known: &BTreeSet<&str>) -> Result<(), Refusal> {
    if known.contains(name) {
        return Ok(());
    }
    let mend = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("no {kind} of this org is known yet; leave it out"),
        None => format!("known: {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
    };
    Err(Refusal::new(Code::Invalid, format!("there is no {kind} `{name}`; {mend}")))
}

/// `w3f9a2c1b07`: short enough to say, and nothing in it tells of another org. Whoever counts theirs would otherwise know how many
/// there are elsewhere.
fn free_id(state: &State, plan: &NewWindow, now: Timestamp) -> WindowId {
    let own = state.windows.values().filter(|window| window.plan.org == plan.org).count();
    let named = |n: usize| {
        let made_of = format!("{} {} {n}", plan.org, now.as_nanosecond());
        WindowId::new(&format!("w{}", ApiToken::short_id(&Sha256::of(made_of.as_bytes())))).ok()
    };
    let mut ids = (own..).filter_map(named);
    ids.find(|id| !state.windows.contains_key(id)).unwrap_or_else(|| unreachable!("hex digits are a slug"))
}
