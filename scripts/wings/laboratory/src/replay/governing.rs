//! The transactions that are not users': what decides about upgrades is sent again and not compared.

use super::past::{PastTransactions, numbered};
use crate::call_tree::{self, Frame, Kind};
use crate::client::PastTransaction;
use crate::ids::TxHash;
use crate::plan::{Kind as DifferenceKind, PlanRequest, Replay};
use alloy::consensus::Transaction;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::{CallOptions, Chain, TraceKind};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::signed::SOURCES;

/// Returns true if a transaction that differs in that way is no user's: [`is_of_upgrades`], or a contract
/// decides in it, as a multisig does. One that succeeded through a contract and would fail is always
/// compared.
pub(super) fn governs(
    transaction: &PastTransaction,
    kind: DifferenceKind,
    request: &PlanRequest,
    as_it_was: &Chain,
) -> bool {
    if is_of_upgrades(transaction, request) {
        return true;
    }
    if kind == DifferenceKind::FailsNow {
        return false;
    }
    let kind = TraceKind::Call(CallOptions::default());
    // What no block takes calls nobody.
    let traced = as_it_was.trace(transaction.hash.0, kind);
    let frames =
        traced.map(|answer| call_tree::read_value(&answer.into_json()).unwrap_or_default());
    frames.is_ok_and(|frames| decides_within(&frames, request.registry))
}

/// Notes what is not compared: transactions that are known without a look, and `seen`, which differ; and the
/// contracts by which the registry is called in those.
pub(super) fn note_uncompared(
    past: &PastTransactions,
    request: &PlanRequest,
    seen: &BTreeSet<TxHash>,
    replay: &mut Replay,
) -> BTreeSet<Address> {
    let mut accounts = BTreeSet::new();
    for (_, transaction) in numbered(past) {
        let differs = seen.contains(&transaction.hash);
        let is_known = is_of_upgrades(transaction, request);
        if !differs && !is_known {
            continue;
        }
        replay.not_compared += 1;
        // The code of a deployment stands there already.
        if differs && !is_deployment(transaction, request) {
            replay.not_compared_differ.push(transaction.hash);
        }
        if !is_known {
            accounts.extend(transaction.envelope.to());
        }
    }
    accounts
}

/// Returns true if the registry takes a decision in one of these calls. What only reads, and what fails, decides
/// nothing.
fn decides_within(frames: &[Frame], registry: Address) -> bool {
    call_tree::standing(frames).any(|frame| {
        let is_registry = frame.kind == Kind::Call && frame.to == Some(registry);
        is_registry && decides(&frame.input)
    })
}

/// Returns true if calldata of the registry are of a governed call, or of approvals.
fn decides(input: &[u8]) -> bool {
    let approvals = [
        abi::submitSignedCall::SELECTOR,
        abi::revokeCall::SELECTOR,
        abi::cancelCall::SELECTOR,
    ];
    let governed = SOURCES.into_iter().map(|(selector, ..)| selector);
    let mut selectors = governed.chain(approvals);
    selectors.any(|selector| input.starts_with(&selector))
}

/// Returns true if a transaction is a call by which the registry changes, or a deployment.
fn is_of_upgrades(transaction: &PastTransaction, request: &PlanRequest) -> bool {
    let input = transaction.envelope.input();
    let is_of_registry = transaction.envelope.to() == Some(request.registry);
    let changes = || decides(input) || input.starts_with(&abi::rolloutCall::SELECTOR);
    (is_of_registry && changes()) || is_deployment(transaction, request)
}

/// Returns true if a transaction is a call of a precompile or of the deployer, or the deployment of the code
/// that is tried.
fn is_deployment(transaction: &PastTransaction, request: &PlanRequest) -> bool {
    match transaction.envelope.to() {
        Some(to) => to == CREATE2_DEPLOYER || to.starts_with(&[0; 18]),
        None => {
            let created = transaction.from.create(transaction.envelope.nonce());
            created == request.call.code.implementation || created == request.call.step.script
        }
    }
}
