//! Sending transactions of the past again on a copy, in their blocks and at their times.

use super::super::error::PlanError;
use super::past::{Outcome, Past, PastBlock};
use alloy::consensus::Transaction;
use alloy::consensus::transaction::Recovered;
use alloy::primitives::{Address, Bytes, U256};
use stylus_chain::{BlockId, Chain};

/// What a transaction did on a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// A block took it.
    Mined {
        /// Success, gas and logs.
        outcome: Outcome,
        /// Return or revert data.
        output: Bytes,
        /// Why it stopped, where there is no revert data.
        note: Option<String>,
    },
    /// No block could take it.
    Rejected(String),
}

impl Sent {
    pub(super) fn succeeded(&self) -> bool {
        matches!(self, Self::Mined { outcome, .. } if outcome.success)
    }

    pub(super) fn gas(&self) -> u64 {
        match self {
            Self::Mined { outcome, .. } => outcome.gas,
            Self::Rejected(_) => 0,
        }
    }
}

/// Sends all of them, and gives what each did, in their order.
pub(super) fn again(chain: &mut Chain, past: &Past) -> Result<Vec<Sent>, PlanError> {
    chain.set_automine(false);
    let mut all = Vec::new();
    for block in &past.blocks {
        all.extend(one_block(chain, block)?);
    }
    Ok(all)
}

fn one_block(chain: &mut Chain, block: &PastBlock) -> Result<Vec<Sent>, PlanError> {
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
    let mut refused = Vec::new();
    for one in &block.transactions {
        let signed = Recovered::new_unchecked(one.envelope.clone(), one.from);
        refused.push(chain.submit_recovered(signed).err());
    }
    chain.mine(1, None)?;
    let pairs = block.transactions.iter().zip(refused);
    let sent = pairs.map(|(one, refused)| match (chain.receipt(one.hash), refused) {
        (Some(receipt), _) => {
            let limit = one.envelope.gas_limit();
            let is_spent = receipt.gas_used >= limit - limit / 32;
            let spent = (!receipt.success && receipt.output.is_empty() && is_spent)
                .then(|| format!("it runs out of gas: its limit is {limit}"));
            Sent::Mined {
                outcome: Outcome {
                    success: receipt.success,
                    gas: receipt.gas_used,
                    logs: receipt.logs,
                },
                output: receipt.output,
                note: spent
                    .or(receipt.note)
                    .or(receipt.halt.map(|halt| halt.to_string())),
            }
        }
        (None, Some(reason)) => Sent::Rejected(reason.to_string()),
        (None, None) => Sent::Rejected("no block took it".into()),
    });
    let sent = sent.collect();
    chain.drop_all_transactions();
    Ok(sent)
}

/// Makes the state of one copy differ from the other as an upgrade has changed it: storage, code, and
/// what contracts own. Accounts of people stay: whoever approved did so on the other copy alone. Gives
/// the storage that was changed.
pub(super) fn carry_over(
    from: &Chain,
    since: BlockId,
    into: &mut Chain,
) -> Result<Vec<(Address, U256)>, PlanError> {
    let latest = BlockId::latest();
    for change in from.account_changes(since, latest)? {
        let after = change.after;
        if after.code.is_empty() {
            continue;
        }
        if after.code != change.before.code {
            into.set_code(change.address, after.code);
        }
        into.set_nonce(change.address, after.nonce);
        into.set_balance(change.address, after.balance);
    }
    let mut changed = Vec::new();
    for change in from.slot_changes(since, latest)? {
        into.set_storage_at(change.address, change.slot, change.after);
        changed.push((change.address, change.slot));
    }
    Ok(changed)
}
