//! What is moved otherwise: ether that contracts hold, and tokens by their `Transfer` events.

use super::super::error::PlanError;
use super::compare::Copies;
use crate::client::Replayed;
use alloy::primitives::{Address, B256, I256, Log, U256, b256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::BlockId;

/// `Transfer(address,address,uint256)`, of ERC-20 and ERC-721.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// What an account gained or lost by all transactions together, on both copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The token; none is ether, in wei.
    pub token: Option<Address>,
    /// Whose.
    pub account: Address,
    /// Without the upgrade; units of the token, or how many of its tokens (ERC-721).
    pub before: String,
    /// With it.
    pub after: String,
}

/// Who gains or loses otherwise.
pub(super) fn movements(
    copies: &Copies<'_>,
    was: &[Replayed],
    would_be: &[Replayed],
    left_out: &BTreeSet<Address>,
) -> Result<Vec<Movement>, PlanError> {
    let mut all = ether(copies, left_out)?;
    let (before, after) = (tokens(was), tokens(would_be));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    for key in keys {
        let net = |of: &BTreeMap<_, I256>| of.get(&key).copied().unwrap_or_default();
        let (token, account) = key;
        let (before, after) = (net(&before), net(&after));
        if before != after && !account.is_zero() {
            all.push(Movement {
                token: Some(token),
                account,
                before: before.to_string(),
                after: after.to_string(),
            });
        }
    }
    Ok(all)
}

/// Ether of contracts. What people own differs by the gas that they paid.
fn ether(copies: &Copies<'_>, left_out: &BTreeSet<Address>) -> Result<Vec<Movement>, PlanError> {
    let (begun, latest): (BlockId, BlockId) = (copies.begun.into(), BlockId::latest());
    let mut contracts = BTreeSet::new();
    for chain in [copies.as_it_was, copies.upgraded] {
        for change in chain.account_changes(begun, latest)? {
            let is_contract = !change.after.code.is_empty();
            if is_contract && !left_out.contains(&change.address) {
                contracts.insert(change.address);
            }
        }
    }
    let mut all = Vec::new();
    for account in contracts {
        let balance = |chain: &stylus_chain::Chain, at| -> Result<U256, PlanError> {
            Ok(chain.account(account, at)?.balance)
        };
        let first = balance(copies.as_it_was, begun)?;
        let before = balance(copies.as_it_was, latest)?;
        let after = balance(copies.upgraded, latest)?;
        if before != after {
            all.push(Movement {
                token: None,
                account,
                before: gained(first, before),
                after: gained(first, after),
            });
        }
    }
    Ok(all)
}

fn gained(first: U256, last: U256) -> String {
    match last >= first {
        true => (last - first).to_string(),
        false => format!("-{}", first - last),
    }
}

/// What each account gained of each token.
fn tokens(sent: &[Replayed]) -> BTreeMap<(Address, Address), I256> {
    let mut net: BTreeMap<(Address, Address), I256> = BTreeMap::new();
    let outcomes = sent.iter().filter_map(|one| match one {
        Replayed::Mined(receipt) if receipt.outcome.success => Some(&receipt.outcome),
        _ => None,
    });
    for log in outcomes.flat_map(|outcome| &outcome.logs) {
        let Some((from, to, amount)) = transfer(log) else {
            continue;
        };
        let loses = net.entry((log.address, from)).or_default();
        *loses = loses.wrapping_sub(amount);
        let gains = net.entry((log.address, to)).or_default();
        *gains = gains.wrapping_add(amount);
    }
    net
}

fn transfer(log: &Log) -> Option<(Address, Address, I256)> {
    let account = |topic: &B256| Address::from_word(*topic);
    match log.topics() {
        [TRANSFER, from, to] if log.data.data.len() == 32 => {
            let amount = U256::from_be_slice(&log.data.data);
            Some((account(from), account(to), I256::from_raw(amount)))
        }
        [TRANSFER, from, to, _] => Some((account(from), account(to), I256::ONE)),
        _ => None,
    }
}
