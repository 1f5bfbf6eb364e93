//! Sending transactions of the past again on a copy, in their blocks and at their times. The gas limit of one may have
//! been enough for the old code and not be for the new one. Wallets estimate the limit again, so that is no failure of
//! the version: it is sent with more.

use super::blocks::{Outcome, PastBlock};
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Signed, Transaction, TxEnvelope};
use alloy::primitives::{Address, Bytes, U256};
use std::collections::BTreeSet;
use stylus_chain::{BlockId, Chain, ChainError};

/// The limit that is tried: what a transaction may have on Arbitrum chains, nearly.
const LIMIT: u64 = 30_000_000;

/// The transactions of a block that get more gas, by their positions.
type Raised = BTreeSet<usize>;

/// The result of a transaction on a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// A block took it.
    Mined(ReplayReceipt),
    /// No block could take it.
    Rejected(String),
}

/// The receipt of a transaction that a block of a copy took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayReceipt {
    /// Success, gas and logs.
    pub outcome: Outcome,
    /// Return or revert data.
    pub output: Bytes,
    /// The reason why it stopped, where there is no revert data.
    pub note: Option<String>,
    /// True if it fails without an answer, with all its gas used up.
    pub is_spent: bool,
    /// It was given more gas than it really had: with that alone it failed.
    pub more_gas: bool,
}

impl Replayed {
    /// Returns true if it was mined and went through.
    pub fn succeeded(&self) -> bool {
        matches!(self, Self::Mined(receipt) if receipt.outcome.success)
    }

    /// The gas of its execution; 0 if it was not mined.
    pub fn gas(&self) -> u64 {
        match self {
            Self::Mined(receipt) => receipt.outcome.gas,
            Self::Rejected(_) => 0,
        }
    }
}

/// Sends all of them, and gives what each did, in their order. `expected` is what they did on the
/// other copy: where one succeeded there and fails here, it is tried with more gas.
pub fn replay(
    chain: &mut Chain,
    blocks: &[PastBlock],
    expected: Option<&[Replayed]>,
) -> Result<Vec<Replayed>, ChainError> {
    chain.set_automine(false);
    let mut all = Vec::new();
    for block in blocks {
        let expected = expected.and_then(|expected| expected.get(all.len()..));
        let begun = chain.branch();
        let sent = one_block(chain, block, &Raised::new())?;
        let pairs = expected.unwrap_or_default().iter().zip(&sent).enumerate();
        let failing = pairs.filter(|(_, (was, is))| was.succeeded() && !is.succeeded());
        let failing: Raised = failing.map(|(at, _)| at).collect();
        if failing.is_empty() {
            all.extend(sent);
            continue;
        }
        *chain = begun;
        all.extend(one_block(chain, block, &failing)?);
    }
    Ok(all)
}

/// Sends a block's transactions, those in `raised` with more gas than they had.
fn one_block(
    chain: &mut Chain,
    block: &PastBlock,
    raised: &Raised,
) -> Result<Vec<Replayed>, ChainError> {
    let next = chain.block_number().saturating_add(1);
    let missing = block.number.saturating_sub(next);
    if missing > 0 {
        chain.mine(missing, Some(0))?;
    }
    if let Some(number) = block.l1_number {
        chain.set_l1_block_number(Some(number));
    }
    if let Some(fee) = block.base_fee {
        chain.set_next_base_fee(fee);
    }
    chain.set_next_timestamp(block.time)?;
    let mut submitted = Vec::new();
    for (at, one) in block.transactions.iter().enumerate() {
        let more = raised.contains(&at);
        let envelope = if more {
            with_more_gas(&one.envelope)
        } else {
            one.envelope.clone()
        };
        let lent = if more {
            lend(chain, one.from, (&one.envelope, &envelope))?
        } else {
            U256::ZERO
        };
        let (hash, limit) = (*envelope.tx_hash(), envelope.gas_limit());
        let refused = chain.submit_recovered(Recovered::new_unchecked(envelope, one.from));
        submitted.push((hash, limit, more, lent, refused.err()));
    }
    chain.mine(1, None)?;
    let mut sent = Vec::new();
    for (one, (hash, limit, more_gas, lent, refused)) in block.transactions.iter().zip(submitted) {
        take_back(chain, one.from, lent)?;
        sent.push(match (chain.receipt(hash), refused) {
            (Some(receipt), _) => {
                let is_spent = receipt.gas_used >= limit - limit / 32;
                let is_spent = !receipt.success && receipt.output.is_empty() && is_spent;
                let spent = is_spent.then(|| format!("it runs out of gas: its limit is {limit}"));
                Replayed::Mined(ReplayReceipt {
                    outcome: Outcome {
                        success: receipt.success,
                        gas: receipt.gas_used,
                        logs: receipt.logs,
                    },
                    output: receipt.output,
                    note: spent
                        .or(receipt.note)
                        .or(receipt.halt.map(|halt| halt.to_string())),
                    is_spent,
                    more_gas,
                })
            }
            (None, Some(reason)) => Replayed::Rejected(reason.to_string()),
            (None, None) => Replayed::Rejected("no block took it".into()),
        });
    }
    chain.drop_all_transactions();
    Ok(sent)
}

/// The same transaction with a higher limit, unless it has that already.
fn with_more_gas(envelope: &TxEnvelope) -> TxEnvelope {
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
fn lend(
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
fn take_back(chain: &mut Chain, sender: Address, lent: U256) -> Result<(), ChainError> {
    if !lent.is_zero() {
        let balance = chain.account(sender, BlockId::latest())?.balance;
        chain.set_balance(sender, balance.saturating_sub(lent));
    }
    Ok(())
}
