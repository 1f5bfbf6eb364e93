//! Transactions whose gas limit was enough for the old code and is not for the new one. Wallets
//! estimate the limit anew, so that is no failure of the version: it is found out by sending the
//! transaction again with more.

use super::blocks::PastBlock;
use super::replay::{Replayed, one_block};
use alloy::consensus::{Signed, Transaction, TxEnvelope};
use alloy::primitives::{Address, U256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, Chain, ChainError};

/// The limit that is tried: what a transaction may have on Arbitrum chains, nearly.
const LIMIT: u64 = 30_000_000;
/// Transactions of one block that are tried with more gas one after the other, at most. All others
/// of the block are tried together.
const ALONE_MAX: usize = 16;

/// The transactions of a block that get more gas, by their positions.
pub(super) type Raised = BTreeSet<usize>;

/// Sends a block's transactions. Each that fails and did not on the other copy is tried with more
/// gas, the first one first: the others may fail because of it. Where that does not help, why it fails
/// with more gas is what is told.
pub(super) fn one_block_with(
    chain: &mut Chain,
    block: &PastBlock,
    expected: &[Replayed],
) -> Result<Vec<Replayed>, ChainError> {
    let mut raised = Raised::new();
    let mut given_up: BTreeMap<usize, Replayed> = BTreeMap::new();
    loop {
        let begun = chain.branch();
        let mut sent = one_block(chain, block, &raised)?;
        let failing = (0..sent.len()).filter(|at| {
            let pair = expected.get(*at).zip(sent.get(*at));
            pair.is_some_and(|(was, is)| was.succeeded() && !is.succeeded())
        });
        let untried = failing.filter(|at| !given_up.contains_key(at) && !raised.contains(at));
        let at_once = match raised.len() + given_up.len() < ALONE_MAX {
            true => 1,
            false => usize::MAX,
        };
        let next: Raised = untried.take(at_once).collect();
        if next.is_empty() {
            for (at, tried) in &given_up {
                if let Some(one) = sent.get_mut(*at) {
                    one.fails_as(tried);
                }
            }
            return Ok(sent);
        }
        let more: Raised = raised.union(&next).copied().collect();
        let mut tried = begun.branch();
        let tried = one_block(&mut tried, block, &more)?;
        for (at, one) in tried.into_iter().enumerate() {
            if !next.contains(&at) {
                continue;
            }
            if one.succeeded() {
                raised.insert(at);
            } else {
                given_up.insert(at, one);
            }
        }
        *chain = begun;
    }
}

/// The same transaction with a higher limit, unless it has that already.
pub(super) fn raised(envelope: &TxEnvelope) -> TxEnvelope {
    let gas = LIMIT.max(envelope.gas_limit());
    macro_rules! with_gas {
        ($signed:expr) => {{
            let (mut tx, signature, _) = $signed.into_parts();
            tx.gas_limit = gas;
            Signed::new_unhashed(tx, signature).into()
        }};
    }
    match envelope.clone() {
        TxEnvelope::Legacy(signed) => with_gas!(signed),
        TxEnvelope::Eip2930(signed) => with_gas!(signed),
        TxEnvelope::Eip1559(signed) => with_gas!(signed),
        TxEnvelope::Eip7702(signed) => with_gas!(signed),
        other @ TxEnvelope::Eip4844(_) => other,
    }
}

/// Lends the sender what the higher limit costs in advance. Gives how much.
pub(super) fn lend(
    chain: &mut Chain,
    sender: Address,
    (before, after): (&TxEnvelope, &TxEnvelope),
) -> Result<U256, ChainError> {
    let more = after.gas_limit().saturating_sub(before.gas_limit());
    let lent = U256::from(more).saturating_mul(U256::from(before.max_fee_per_gas()));
    let balance = chain.account(sender, BlockId::latest())?.balance;
    chain.set_balance(sender, balance.saturating_add(lent));
    Ok(lent)
}

/// Takes back what was lent.
pub(super) fn take_back(chain: &mut Chain, sender: Address, lent: U256) -> Result<(), ChainError> {
    if !lent.is_zero() {
        let balance = chain.account(sender, BlockId::latest())?.balance;
        chain.set_balance(sender, balance.saturating_sub(lent));
    }
    Ok(())
}
