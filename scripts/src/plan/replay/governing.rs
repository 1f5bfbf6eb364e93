//! Which transactions are not users': what decides about upgrades is sent again and not compared.

use super::super::PlanRequest;
use super::past::{Past, PastTransaction, numbered};
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256};
use serde_json::Value;
use std::collections::BTreeSet;
use stylus_chain::{CallOptions, Chain, TraceKind};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

/// Whether a transaction is no user's: [`is_of_upgrades`], or the registry is called in it, as a
/// multisig does that decides.
pub(super) fn governs(one: &PastTransaction, request: &PlanRequest, as_it_was: &Chain) -> bool {
    if is_of_upgrades(one, request) {
        return true;
    }
    let kind = TraceKind::Call(CallOptions::default());
    // What no block takes calls nobody.
    let traced = as_it_was.trace(one.hash, kind);
    traced.is_ok_and(|frame| calls(&frame, request.registry))
}

/// How many transactions are left out, and the contracts that call the registry in them: those that
/// are known without a look, and `seen`.
pub(super) fn all(
    past: &Past,
    request: &PlanRequest,
    seen: &BTreeSet<B256>,
) -> (usize, BTreeSet<Address>) {
    let left_out = numbered(past)
        .map(|(_, one)| one)
        .filter(|one| is_of_upgrades(one, request) || seen.contains(&one.hash));
    let (mut count, mut accounts) = (0, BTreeSet::new());
    for one in left_out {
        count += 1;
        if seen.contains(&one.hash) && !is_of_upgrades(one, request) {
            accounts.extend(one.envelope.to());
        }
    }
    (count, accounts)
}

/// Whether an account is called below a frame of callTracer, or by it.
fn calls(frame: &Value, account: Address) -> bool {
    let to = frame["to"].as_str().and_then(|to| to.parse().ok());
    let mut below = frame["calls"].as_array().into_iter().flatten();
    to == Some(account) || below.any(|frame| calls(frame, account))
}

/// Whether a transaction is a call of the registry, of a precompile or of the deployer, or the
/// deployment of the code that is tried and stands there already.
fn is_of_upgrades(one: &PastTransaction, request: &PlanRequest) -> bool {
    match one.envelope.to() {
        Some(to) => to == request.registry || to == CREATE2_DEPLOYER || to.starts_with(&[0; 18]),
        None => {
            let created = one.from.create(one.envelope.nonce());
            created == request.call.code.implementation || created == request.call.step.script
        }
    }
}
