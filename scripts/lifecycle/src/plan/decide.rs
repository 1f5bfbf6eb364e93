//! The governed call, sent by everybody whom the policy names until it is executed.

use super::Transaction;
use crate::assess::Finding;
use crate::client::ChainError;
use crate::governance::{Approvers, End, Given};
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Bytes, U256};

/// The transactions, the last of which executed the call, and what was taken as given; or what keeps it from being
/// executed.
pub(super) type Decision = Result<(Vec<Transaction>, Given), Finding>;

/// Has the approvers decide `call`.
pub(super) fn decide(
    simulation: &mut Simulation,
    approvers: &Approvers,
    call: &Bytes,
    what: &str,
    names: &Names,
) -> Result<Decision, ChainError> {
    if approvers.policy.is_none() {
        return Ok(Err(Finding::problem(
            "Frozen",
            "the policy is NONE: nobody can do this, ever again".into(),
            "a policy that somebody can satisfy",
            "NONE".into(),
            "create another definition",
        )));
    }
    let acted = approvers.act(simulation, what, (call, U256::ZERO))?;
    let sent = acted.sent.iter().map(|act| {
        let name = format!("{what} ({})", names.short(act.by));
        Transaction::of(simulation, &name, &act.receipt)
    });
    Ok(match acted.end {
        End::Executed => Ok((sent.collect(), acted.given)),
        End::Refused(error, _) => Err(error.finding()?),
        End::Undecided => Err(Finding::problem(
            "Undecided",
            format!(
                "{what} did not execute in the simulation, with all approvals given, all delays over, and every \
                 contract of the policy consenting"
            ),
            "a policy that its approvers can satisfy",
            "approvals that do not suffice".into(),
            "stylus-upgrades policy explain tells what is asked for",
        )),
    })
}
