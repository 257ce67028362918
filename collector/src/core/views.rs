//! Views are saved and deleted, by those they are for.

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{
    Batch,
    audit::deed,
    batch::not_found,
    may::{known_org, may_in_named_org},
};
use crate::{
    access::{Principal, Verb},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
    views::{MAX_VIEWS, NewView, View},
};

/// Saves a view in place of the one with its name, org and side.
pub(super) fn save(
    state: &mut State,
    policy: &Policy,
    new: NewView,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<View, Refusal> {
    new.check().map_err(|(part, error)| Refusal::new(Code::Invalid, format!("{part}: {error}")))?;
    let org = new.org.or_else(|| by.org.clone());
    match &org {
        Some(org) => may_save((state, policy), by, (org, new.shared), now)?,
        None if state.access.reach(by, now).sees_everything() => {}
        None => return Err(Refusal::new(Code::Invalid, "say for which org the view is: `org`")),
    }
    let view = View {
        name: new.name,
        of: new.of,
        org,
        side: (!new.shared).then_some(by.side),
        filter: new.filter,
        sort: new.sort,
        columns: new.columns,
        saved_by: by.person.clone(),
        saved_side: Some(by.side),
        saved_at: now,
    };
    let (key, shelf) = (view.key(), view.shelf());
    if let Some(stands) = state.views.get(&key) {
        may_change(state, stands, by, now)?;
    }
    let beside = state.views.values().filter(|other| other.shelf() == shelf).count();
    if beside >= MAX_VIEWS && !state.views.contains_key(&key) {
        let what =
            format!("there are {MAX_VIEWS} views already; delete some with `dogwatch view delete NAME`");
        return Err(Refusal::new(Code::Conflict, what));
    }
    batch.put(Table::Views, &key, &view);
    let before = state.views.insert(key, view.clone());
    let deed = deed(by, "view.save", &view.name, view.org.as_ref()).after(&view);
    batch.record(now, before.iter().fold(deed, |deed, before| deed.before(before)));
    Ok(view)
}

/// A view of one's own side may be saved by whoever comments anywhere in the org; what both sides are to see is the whole
/// org's.
fn may_save(
    (state, policy): (&State, &Policy),
    by: &Principal,
    (org, shared): (&OrgId, bool),
    now: Timestamp,
) -> Result<(), Refusal> {
    known_org((state, policy), by, org, now)?;
    if !shared && state.access.reach(by, now).may_within(Verb::Comment, org) {
        return Ok(());
    }
    may_in_named_org((state, policy), by, Verb::Comment, (org, None), now)
}

/// A view that others work with is changed by who saved it, or by who configures what it is for.
fn may_change(state: &State, view: &View, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    let configures = match &view.org {
        Some(org) => reach.may(Verb::Configure, org, None),
        None => reach.everywhere().has(Verb::Configure),
    };
    if configures || view.is_saved_by(&by.person, by.side) {
        return Ok(());
    }
    let mut what = format!("view {} was saved by {}", view.name, view.saved_by);
    match &view.org {
        Some(org) => {
            let missing = state.access.missing(by, Verb::Configure, (org, None), now);
            what.push_str(&format!(", who may change it; for you {}", missing.what));
        }
        None => what.push_str(", who may change it, or whoever has `configure` everywhere"),
    }
    Err(Refusal::new(Code::NotAllowed, what))
}

/// Deletes the view that somebody means by a name.
pub(super) fn delete(
    state: &mut State,
    (name, org): (&str, Option<&OrgId>),
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<View, Refusal> {
    let reach = state.access.reach(by, now);
    let mine = state.views.values().filter(|view| view.is_for(&reach));
    let meant: Vec<String> = mine.filter(|view| view.is_meant(name, org)).map(View::key).collect();
    let key = match meant.as_slice() {
        [] => return Err(not_found("view", name)),
        [key] => key,
        several => {
            let what =
                format!("several views are called {name}: {}; say which with `org`", several.join(", "));
            return Err(Refusal::new(Code::Conflict, what));
        }
    };
    let view = state.views.get(key).ok_or_else(|| not_found("view", name))?;
    may_change(state, view, by, now)?;
    let view = state.views.remove(key).ok_or_else(|| not_found("view", name))?;
    batch.delete(Table::Views, key);
    batch.record(now, deed(by, "view.delete", &view.name, view.org.as_ref()).before(&view));
    Ok(view)
}
