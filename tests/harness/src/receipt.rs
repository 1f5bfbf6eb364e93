//! A mined transaction: its gas, and its logs with their emitters.

use alloy::primitives::{Address, LogData};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolEvent;

/// A mined transaction that succeeded.
#[derive(Debug, Clone)]
pub struct Receipt {
    inner: TransactionReceipt,
}

impl From<TransactionReceipt> for Receipt {
    fn from(inner: TransactionReceipt) -> Self {
        Self { inner }
    }
}

impl Receipt {
    /// alloy's receipt.
    pub fn inner(&self) -> &TransactionReceipt {
        &self.inner
    }

    /// Gas used.
    pub fn gas(&self) -> u64 {
        self.inner.gas_used
    }

    /// Every log with its emitter, in order.
    pub fn logs(&self) -> Vec<(Address, LogData)> {
        self.inner
            .logs()
            .iter()
            .map(|log| (log.address(), log.data().clone()))
            .collect()
    }

    /// Every event of a type that `emitter` emitted, in order.
    pub fn events<E: SolEvent>(&self, emitter: Address) -> Vec<E> {
        let mine = self
            .inner
            .logs()
            .iter()
            .filter(|log| log.address() == emitter);
        mine.filter_map(|log| Some(log.log_decode::<E>().ok()?.inner.data))
            .collect()
    }

    /// Asserts that `emitter` emitted exactly this event, exactly once.
    ///
    /// # Panics
    /// If it did not, with what it emitted.
    #[track_caller]
    pub fn assert_emitted<E: SolEvent>(&self, emitter: Address, expected: &E) {
        let wanted = expected.encode_log_data();
        let logs = self.logs();
        let found = logs
            .iter()
            .filter(|(from, data)| *from == emitter && *data == wanted)
            .count();
        assert!(
            found == 1,
            "expected {} once from {emitter} with {wanted:?}, found it {found} times among {logs:#?}",
            E::SIGNATURE
        );
    }

    /// Asserts that nobody emitted an event of that type.
    ///
    /// # Panics
    /// If somebody did.
    #[track_caller]
    pub fn assert_not_emitted<E: SolEvent>(&self) {
        let mut topics = self.inner.logs().iter().filter_map(|log| log.topic0());
        assert!(
            !topics.any(|topic| *topic == E::SIGNATURE_HASH),
            "{} was emitted",
            E::SIGNATURE
        );
    }
}
