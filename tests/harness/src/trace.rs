//! Checks that a refused call changes no state. Each call that is refused in simulation is also
//! sent in a block on the embedded chain. The state after that block must equal the state before
//! it; then the block is undone. [`Chain::call`](crate::Chain::call) does this on its own.

use std::fmt;

use alloy::eips::eip2935::HISTORY_STORAGE_ADDRESS;
use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::TransactionRequest;
use stylus_chain::{BlockId, CallRequest, Chain};

/// Something that a refusal changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// It was refused when it was simulated, and went through when it was sent.
    WentThrough,
    /// A storage word.
    Slot {
        /// The account.
        account: Address,
        /// The slot.
        slot: U256,
        /// What it held.
        before: B256,
        /// What it holds.
        after: B256,
    },
    /// An account's nonce, code or balance, where that is no fee.
    Account {
        /// The account.
        account: Address,
        /// Nonce, code hash and balance before.
        before: (u64, B256, U256),
        /// The same after.
        after: (u64, B256, U256),
    },
    /// The chain does not support the check.
    Unknown(String),
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WentThrough => f.write_str("it went through when it was sent"),
            Self::Slot {
                account,
                slot,
                before,
                after,
            } => write!(f, "slot {slot:#x} of {account} was {before}, is {after}"),
            Self::Account {
                account,
                before,
                after,
            } => write!(
                f,
                "{account} had (nonce, code, balance) {before:?}, has {after:?}"
            ),
            Self::Unknown(reason) => write!(f, "the chain cannot tell: {reason}"),
        }
    }
}

/// What the transaction of `sender` in the latest block changed, which failed: everything but the
/// sender's nonce and what the sender paid for gas to one other account. `before` is the block
/// before.
pub fn traces(chain: &Chain, before: u64, sender: Address) -> Vec<Trace> {
    let (from, to) = (BlockId::from(before), BlockId::latest());
    let unknown = |error: stylus_chain::ChainError| vec![Trace::Unknown(error.to_string())];
    let (slots, accounts) = match (
        chain.slot_changes(from, to),
        chain.account_changes(from, to),
    ) {
        (Ok(slots), Ok(accounts)) => (slots, accounts),
        (Err(error), _) | (_, Err(error)) => return unknown(error),
    };
    let paid = accounts
        .iter()
        .find(|change| change.address == sender)
        .map_or(U256::ZERO, |change| {
            change.before.balance.saturating_sub(change.after.balance)
        });
    // every block keeps its parent's hash there, with transactions or without
    let slots = slots
        .into_iter()
        .filter(|change| change.address != HISTORY_STORAGE_ADDRESS);
    let slots = slots.map(|change| Trace::Slot {
        account: change.address,
        slot: change.slot,
        before: change.before,
        after: change.after,
    });
    let accounts = accounts.into_iter().filter_map(|change| {
        let (old, new) = (&change.before, &change.after);
        let same_code = old.code == new.code;
        let is_senders = change.address == sender
            && same_code
            && new.nonce == old.nonce + 1
            && new.balance <= old.balance;
        let is_fee = change.address != sender
            && same_code
            && new.nonce == old.nonce
            && new.balance == old.balance.saturating_add(paid);
        (!is_senders && !is_fee).then_some(Trace::Account {
            account: change.address,
            before: (old.nonce, old.code_hash, old.balance),
            after: (new.nonce, new.code_hash, new.balance),
        })
    });
    slots.chain(accounts).collect()
}

/// The same of the latest block, where that holds the one transaction of `sender` alone.
pub(crate) fn traces_of_latest(chain: &Chain, sender: Address) -> Vec<Trace> {
    let before = chain.block_number().saturating_sub(1);
    let latest = chain.block(BlockId::latest());
    let alone = latest.is_some_and(|block| block.transactions.len() == 1);
    if alone {
        traces(chain, before, sender)
    } else {
        Vec::new()
    }
}

/// Sends what was refused in a block of its own, gathers what that changed, and undoes the block.
/// Nothing where it cannot be sent: from an account with code, with more calldata than a
/// transaction holds, for more than the sender has, or where blocks are not mined at once.
pub(crate) fn traces_if_sent(chain: &mut Chain, request: &TransactionRequest) -> Vec<Trace> {
    let sender = request.from.unwrap_or_default();
    if !chain.automine() || request.authorization_list.is_some() {
        return Vec::new();
    }
    let before = chain.block_number();
    let snapshot = chain.snapshot();
    chain.impersonate(sender);
    let gas = request.gas.unwrap_or(u64::MAX).min(chain.gas_limit());
    let sent = chain.submit_unsigned(
        sender,
        CallRequest {
            to: request.to.and_then(|to| to.to().copied()),
            gas: Some(gas),
            value: request.value.unwrap_or_default(),
            input: request.input.input().cloned().unwrap_or_default(),
            ..CallRequest::default()
        },
    );
    let receipt = sent.ok().and_then(|hash| chain.receipt(hash));
    let found = match receipt {
        None => Vec::new(),
        // with less gas it may well be another transaction
        Some(receipt) if receipt.success && request.gas != Some(gas) => Vec::new(),
        Some(receipt) if receipt.success => vec![Trace::WentThrough],
        Some(_) => traces(chain, before, sender),
    };
    chain.revert(snapshot);
    found
}

#[cfg(test)]
mod tests;
