//! Sending transactions of the past again on a copy, in their blocks and at their times.

use super::blocks::{Outcome, PastBlock};
use super::more_gas::{self, Raised};
use alloy::consensus::Transaction;
use alloy::consensus::transaction::Recovered;
use alloy::primitives::{Bytes, U256};
use stylus_chain::{Chain, ChainError};

/// What a transaction did on a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// A block took it.
    Mined(ReplayReceipt),
    /// No block could take it.
    Rejected(String),
}

/// What became of a transaction that a block of a copy took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayReceipt {
    /// Success, gas and logs.
    pub outcome: Outcome,
    /// Return or revert data.
    pub output: Bytes,
    /// Why it stopped, where there is no revert data.
    pub note: Option<String>,
    /// Whether it fails without an answer, with all its gas used up.
    pub is_spent: bool,
    /// It was given more gas than it really had: with that alone it failed.
    pub more_gas: bool,
}

impl Replayed {
    /// Whether it was mined and went through.
    pub fn succeeded(&self) -> bool {
        matches!(self, Self::Mined(receipt) if receipt.outcome.success)
    }

    /// Where both fail, the reason of `other` instead of its own.
    pub(super) fn fails_as(&mut self, other: &Self) {
        if let (Self::Mined(own), Self::Mined(other)) = (self, other)
            && !own.outcome.success
        {
            own.output.clone_from(&other.output);
            own.note.clone_from(&other.note);
            own.is_spent = other.is_spent;
        }
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
        let here = expected.and_then(|expected| {
            let from = expected.get(all.len()..)?;
            from.get(..block.transactions.len())
        });
        match here {
            None => all.extend(one_block(chain, block, &Raised::new())?),
            Some(expected) => all.extend(more_gas::one_block_with(chain, block, expected)?),
        }
    }
    Ok(all)
}

/// Sends a block's transactions, those in `raised` with more gas than they had.
pub(super) fn one_block(
    chain: &mut Chain,
    block: &PastBlock,
    raised: &Raised,
) -> Result<Vec<Replayed>, ChainError> {
    let missing = block.number.saturating_sub(chain.block_number() + 1);
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
        let envelope = match more {
            true => more_gas::raised(&one.envelope),
            false => one.envelope.clone(),
        };
        let lent = match more {
            true => more_gas::lend(chain, one.from, (&one.envelope, &envelope))?,
            false => U256::ZERO,
        };
        let (hash, limit) = (*envelope.tx_hash(), envelope.gas_limit());
        let refused = chain.submit_recovered(Recovered::new_unchecked(envelope, one.from));
        submitted.push((hash, limit, more, lent, refused.err()));
    }
    chain.mine(1, None)?;
    let mut sent = Vec::new();
    for (one, (hash, limit, more_gas, lent, refused)) in block.transactions.iter().zip(submitted) {
        more_gas::take_back(chain, one.from, lent)?;
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

/// What the last transaction of a block does there, first with the gas that it had, then with as much as one may have.
pub(in crate::client) fn with_more_gas(
    mut chain: Chain,
    block: &PastBlock,
) -> Result<Option<(Replayed, Replayed)>, ChainError> {
    chain.set_automine(false);
    let last = block.transactions.len().saturating_sub(1);
    let mut with_more = chain.branch();
    let had = one_block(&mut chain, block, &Raised::new())?.pop();
    let more = one_block(&mut with_more, block, &Raised::from([last]))?.pop();
    Ok(had.zip(more))
}
