//! A transaction that went through, and the events in its receipt.

use super::ChainError;
use super::value_left::Payload;
use crate::cost::Cost;
use crate::ids::{CalldataHash, TxHash};
use alloy::primitives::Address;
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolEvent;

/// A transaction that went through.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its effect, in a few words.
    pub what: String,
    /// Its hash.
    pub tx: TxHash,
    /// Its cost.
    pub cost: Cost,
    /// The account that it called; `None` where it created one.
    pub to: Option<Address>,
    /// keccak256 of its calldata.
    pub call: CalldataHash,
    /// Its receipt.
    pub receipt: TransactionReceipt,
}

impl Sent {
    /// One that asked for `payload`; `fee` is what its gas cost.
    pub(super) fn new(
        what: &str,
        payload: &Payload<'_>,
        (receipt, fee): (TransactionReceipt, Cost),
    ) -> Self {
        Self {
            what: what.into(),
            tx: receipt.transaction_hash.into(),
            cost: fee.and_value(payload.value_left(&receipt)),
            to: payload.to,
            call: CalldataHash::of(payload.input.cloned().unwrap_or_default()),
            receipt,
        }
    }

    /// The logs of that kind that `account` emitted: others may emit the like.
    pub fn events_of<E: SolEvent>(&self, account: Address) -> impl DoubleEndedIterator<Item = E> {
        let own = self.receipt.logs().iter();
        own.filter(move |log| log.address() == account)
            .filter_map(|log| Some(log.log_decode::<E>().ok()?.inner.data))
    }

    /// The first of them.
    pub fn event_of<E: SolEvent>(&self, account: Address) -> Option<E> {
        self.events_of(account).next()
    }

    /// The last of them.
    pub fn last_event_of<E: SolEvent>(&self, account: Address) -> Option<E> {
        self.events_of(account).next_back()
    }

    /// The first log of that kind, from whatever account.
    pub fn event<E: SolEvent>(&self) -> Option<E> {
        self.receipt
            .logs()
            .iter()
            .find_map(|log| Some(log.log_decode::<E>().ok()?.inner.data))
    }

    /// Like [`Self::event`]; errors if there is none.
    pub fn require_event<E: SolEvent>(&self) -> Result<E, ChainError> {
        let missing = || ChainError::no_event(&self.what, self.tx, E::SIGNATURE);
        self.event().ok_or_else(missing)
    }
}
