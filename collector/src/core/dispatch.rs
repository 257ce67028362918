//! Which command does what.
//!
//! One match over all of them: a command that nobody does would not compile.

use std::sync::Arc;

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{
    Batch, Command, Core,
    audit::deed,
    enrolment::{create_join_token, revoke_join_token},
    may::may_seeing_org,
    once, ownership,
    setup::redeem_setup,
    sign_in::sign_in,
    views,
};
use crate::{
    access::{Principal, Verb},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
};

impl Core {
    /// Does what was asked and answers once it is on disk.
    #[expect(
        clippy::too_many_lines,
        reason = "a line or two for each command; in parts the compiler could not tell that none is forgotten"
    )]
    pub(super) fn command(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        command: Command,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if command.is_abandoned() {
            return;
        }
        match command {
            Command::Enrol(enrol, reply) => {
                batch.answer_with(reply, |batch| self.enrol(state, enrol, now, batch))
            }
            Command::CreateJoinToken(token, by, reply) => {
                batch.answer_with(reply, |batch| create_join_token(state, policy, token, &by, now, batch));
            }
            Command::RevokeJoinToken(id, by, reply) => {
                batch.answer_with(reply, |batch| revoke_join_token(state, &id, &by, now, batch));
            }

            Command::RedeemSetup { code, token, reply } => {
                batch.answer_with(reply, |batch| redeem_setup((state, policy), code, token, now, batch));
            }
            Command::BreakSeal { code, token, reply } => {
                batch.answer_with(reply, |batch| self.break_seal(state, policy, (code, token), now, batch));
            }
            Command::Login(login, reply) => {
                batch.answer_with(reply, |batch| self.log_in(state, &login, now, batch));
            }
            Command::SignIn(proved, reply) => {
                batch.answer_with(reply, |batch| sign_in((state, policy), &proved, now, batch))
            }
            Command::Accept { invitation, account, reply } => {
                batch.answer_with(reply, |batch| self.accept(state, (invitation, *account), now, batch));
            }
            Command::Renew(wanted, by, reply) => {
                batch.answer_with(reply, |batch| Self::renew(state, &wanted, &by, now, batch));
            }
            Command::Access(act, by, reply) => {
                batch.answer_with(reply, |batch| self.access(state, &act, &by, now, batch));
            }
            Command::LoginFailed(who) => Self::login_failed(who.as_ref(), now, batch),
            Command::Touch(hash) => Self::touch(state, &hash, now, batch),

            Command::Offboard(org, side, by, reply) => {
                batch.answer_with(reply, |batch| self.offboard(state, (&org, side), &by, now, batch));
            }
            Command::NoteOrg(org, by, reply) => {
                batch.record(now, deed(&by, "org.create", &org, Some(&org)));
                batch.answer(reply, Ok(()));
            }
            Command::TakeOut(org, by, reply) => {
                batch.answer_with(reply, |batch| note_export(state, &org, &by, now, batch));
            }

            Command::Alert { number, act, by, version, reply } => batch.answer_with(reply, |batch| {
                self.act_on_alert(state, policy, (number, &act, version), &by, now, batch)
            }),
            Command::OpenAlert(report, by, reply) => {
                batch.answer_with(reply, |batch| self.open_by_hand(state, policy, &report, &by, now, batch));
            }
            Command::TakeIn(delivery, by, reply) => {
                batch.answer_with(reply, |batch| self.take_in(state, policy, &delivery, &by, now, batch));
            }
            Command::AddWindow(plan, by, reply) => {
                batch.answer_with(reply, |batch| self.add_window(state, policy, plan, &by, now, batch));
            }
            Command::EndWindow(id, by, reply) => {
                batch.answer_with(reply, |batch| self.end_window(state, &id, &by, now, batch));
            }

            Command::SetEndpointState(id, to, by, reply) => {
                batch.answer_with(reply, |batch| self.set_endpoint_state(state, (id, to), &by, now, batch));
            }
            Command::ChangeEndpoint(id, change, by, reply) => batch.answer_with(reply, |batch| {
                self.change_endpoint(state, policy, (id, &change), &by, now, batch)
            }),
            Command::SaveView(view, by, reply) => {
                batch.answer_with(reply, |batch| views::save(state, policy, view, &by, now, batch));
            }
            Command::DeleteView(name, org, by, reply) => {
                batch
                    .answer_with(reply, |batch| views::delete(state, (&name, org.as_ref()), &by, now, batch));
            }

            Command::ProposeMatrix(proposal, by, reply) => {
                batch
                    .answer_with(reply, |batch| ownership::propose(state, policy, proposal, &by, now, batch));
            }
            Command::SignMatrix(org, hash, by, reply) => {
                batch.answer_with(reply, |batch| self.sign_matrix(state, (&org, &hash), &by, now, batch));
            }
            Command::WithdrawMatrix(org, hash, by, reply) => {
                batch.answer_with(reply, |batch| ownership::withdraw(state, (&org, &hash), &by, now, batch));
            }

            Command::KeepAnswer(id, sealed, reply) => {
                once::answer(state, id, sealed, batch);
                batch.answer(reply, Ok(()));
            }
            Command::ReadArchived(number, reply) => batch.answer(reply, self.archived(state, number)),
            Command::ReadShelf(shelf, reply) => batch.answer(reply, self.shelf(state, shelf)),
            Command::ReadSoftware(id, reply) => batch.answer(reply, self.software(id)),
            Command::ReadAudit(chain, shelf, reply) => {
                batch.answer(reply, self.audit_shelf(state, &chain, shelf))
            }
            Command::ReadCheckpoints(chain, reply) => {
                batch.answer(reply, Ok(state.audit.checkpoints(&chain, now)))
            }
        }
    }
}

/// Lets who asks take an org's data out, and writes that down.
fn note_export(
    state: &State,
    org: &OrgId,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<(), Refusal> {
    // An org whose file is gone still has data, and whoever saw it may take it out.
    let unseen = || Refusal::new(Code::NotFound, format!("there is no org `{org}` that you may see"));
    may_seeing_org(state, by, Verb::Export, (org, None), now, unseen)?;
    batch.record(now, deed(by, "org.export", org, Some(org)));
    Ok(())
}
