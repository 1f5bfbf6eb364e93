//! Refusals of Nitro before it executes anything, of requests that anvil takes: `--lenient` lifts them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::consensus::{Transaction, TxEnvelope, transaction::Recovered};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, U256};
use stylus_chain::RejectReason;

use crate::node::DevNode;
use crate::rpc_error::RpcError;

/// Most bytes of an encoded transaction that the sequencer of a dev chain takes.
const TRANSACTION_BYTES: usize = 85_000;

/// Most wei that the gas of a transaction may cost: the RPC's cap on fees, 1 ether.
const FEE_CAP: u128 = 1_000_000_000_000_000_000;

/// Gas that a transaction computes with at most (ArbOS, `PerTxGasLimit`). Nitro's RPC counts all that the transaction names,
/// which refuses what tools of anvil send with the gas of a whole block.
const COMPUTE_GAS: u64 = 32_000_000;

/// Refuses a transaction that Nitro's RPC or sequencer refuses. With automatic mining a transaction
/// whose nonce is not the next one is refused too: a sequencer has no pool.
pub(super) fn admit(node: &DevNode, transaction: &Recovered<TxEnvelope>) -> Result<(), RpcError> {
    if node.admission.is_lenient() {
        return Ok(());
    }
    let gas = transaction.gas_limit().min(COMPUTE_GAS);
    let fee = U256::from(gas) * U256::from(transaction.max_fee_per_gas());
    if fee > U256::from(FEE_CAP) {
        return Err(RpcError::lenient(format!(
            "tx fee ({:.2} ether) exceeds the configured cap (1.00 ether)",
            f64::from(fee) / FEE_CAP as f64
        )));
    }
    if transaction.encode_2718_len() > TRANSACTION_BYTES {
        return Err(RpcError::lenient("oversized data"));
    }
    let (address, found) = (transaction.signer(), transaction.nonce());
    let expected = node.chain.nonce(address);
    if !node.chain.automine() || found <= expected {
        return Ok(());
    }
    node.chain.check(transaction)?;
    Err(RpcError::NonceGap(RejectReason::NonceTooHigh {
        address,
        expected,
        found,
    }))
}

/// The transactions that wait for those before them, by sender and nonce.
#[derive(Clone, Default)]
pub(super) struct WaitingTransactions(Arc<Mutex<HashSet<(Address, u64)>>>);

impl WaitingTransactions {
    fn all(&self) -> MutexGuard<'_, HashSet<(Address, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a transaction, unless one with its sender and nonce waits already.
    pub(super) fn place(&self, sender: Address, nonce: u64) -> Option<WaitingPlace> {
        let key = (sender, nonce);
        self.all().insert(key).then(|| WaitingPlace {
            waiting: self.clone(),
            key,
        })
    }
}

/// A transaction that waits, until this is dropped.
pub(super) struct WaitingPlace {
    waiting: WaitingTransactions,
    key: (Address, u64),
}

impl Drop for WaitingPlace {
    fn drop(&mut self) {
        self.waiting.all().remove(&self.key);
    }
}

/// The number of transactions of each sender that are on their way to the chain.
#[derive(Clone, Default)]
pub(super) struct SenderCounts(Arc<Mutex<HashMap<Address, usize>>>);

impl SenderCounts {
    fn all(&self) -> MutexGuard<'_, HashMap<Address, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, until the answer is dropped.
    pub(super) fn enter(&self, sender: Address) -> SendingGuard {
        *self.all().entry(sender).or_default() += 1;
        let all = self.clone();
        SendingGuard { all, sender }
    }

    pub(super) fn has(&self, sender: Address) -> bool {
        self.all().contains_key(&sender)
    }
}

/// A transaction on its way, until this is dropped.
pub(super) struct SendingGuard {
    all: SenderCounts,
    sender: Address,
}

impl Drop for SendingGuard {
    fn drop(&mut self) {
        let mut all = self.all.all();
        if let Some(count) = all.get_mut(&self.sender) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_transaction_of_a_sender_and_nonce_waits_at_once() {
        let waiting = WaitingTransactions::default();
        let sender = Address::repeat_byte(1);
        let place = waiting.place(sender, 1);
        assert!(place.is_some());
        assert!(waiting.place(sender, 1).is_none());
        assert!(waiting.place(sender, 2).is_some());
        drop(place);
        assert!(waiting.place(sender, 1).is_some());
    }
}
