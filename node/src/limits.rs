//! Bounds of a request's cost: one table, of this node's server and of a fork's endpoint alike. A refusal names
//! its bound.

use std::time::Duration;

/// The amount of something that there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceBound {
    what: &'static str,
    pub(crate) most: usize,
}

/// More than a bound allows.
#[derive(Debug, thiserror::Error)]
#[error("{what}: expected at most {most}, found {found}")]
pub(crate) struct BoundExceeded {
    what: &'static str,
    most: usize,
    found: usize,
}

const fn bound(most: usize, what: &'static str) -> ResourceBound {
    ResourceBound { what, most }
}

impl ResourceBound {
    /// # Errors
    /// [`BoundExceeded`], which names the bound.
    pub(crate) fn check(self, found: usize) -> Result<usize, BoundExceeded> {
        if found <= self.most {
            Ok(found)
        } else {
            Err(BoundExceeded {
                what: self.what,
                most: self.most,
                found,
            })
        }
    }
}

/// Most bytes of a request, and of an answer, single or batch.
pub(crate) const LARGEST: u32 = 64 << 20;
/// Most bytes of an answer of this node or of a fork's endpoint.
pub(crate) const ANSWER: usize = LARGEST as usize;

/// Types that typed data (EIP-712) stands for, each array's dimensions counted.
pub(crate) const TYPES: ResourceBound = bound(1_000, "types that the typed data stands for");
/// Values in its message and domain.
pub(crate) const VALUES: ResourceBound = bound(10_000, "values in the typed data");
/// Values in the parameters of a request. Eight bytes of text can be an object, which takes 700 bytes once it is read.
pub(crate) const PARAMETERS: ResourceBound = bound(100_000, "values in the parameters");

/// Bytes of a state that gzip has compressed: no more than a request may have as it is.
pub(crate) const STATE: ResourceBound = bound(LARGEST as usize, "bytes of an unpacked state");
/// Values of a state that a request loads. What `anvil_dumpState` gives has fewer.
pub(crate) const STATE_VALUES: ResourceBound = bound(2_000_000, "values in the state");

/// Installed filters and subscriptions; the addresses and topics that they select by count as they do.
pub(crate) const FILTERS: ResourceBound = bound(
    20_000,
    "filters and subscriptions with what they select by, until they end or are not polled for five minutes",
);
/// The same for one caller, which is a connection.
pub(crate) const FILTERS_BY_CALLER: ResourceBound = bound(
    10_000,
    "filters and subscriptions of this caller with what they select by, until they end or are not polled for five \
     minutes",
);
/// Newest blocks and transactions whose hashes are kept for filters and subscriptions.
pub(crate) const HASHES: usize = 131_072;
/// Subscribers whose next messages are looked for at once. More would only keep others waiting.
pub(crate) const TELLING: usize = 8;
/// Receipts and logs that are looked at for one subscriber before others have their turn.
pub(crate) const LOOKED_AT: usize = 64;
/// Snapshots that wait for a revert.
pub(crate) const SNAPSHOTS: ResourceBound = bound(
    100_000,
    "snapshots that nothing has reverted (evm_revert to one ends those after it)",
);

/// Slots that one request reads, or proves, as in geth.
pub(crate) const SLOTS: usize = 1_024;
/// Slots of one `debug_storageRangeAt`.
pub(crate) const PAGED_SLOTS: usize = 262_144;
/// Blocks that one fee history reports, as in geth.
pub(crate) const FEE_HISTORY: u64 = 1_024;
/// Percentiles of one fee history, as in geth.
pub(crate) const PERCENTILES: usize = 100;
/// Calls of one `eth_simulateV1`.
pub(crate) const SIMULATED_CALLS: usize = 5_000;
/// Tracers inside one `muxTracer`.
pub(crate) const TRACERS: usize = 8;
/// Transactions that one `trace_filter` executes again.
#[cfg(feature = "other-tools")]
pub(crate) const TRACED: ResourceBound = bound(10_000, "transactions to execute again");
/// Blocks that one request mines; each is kept in memory.
pub(crate) const BLOCKS: u64 = 100_000;
/// Blocks that one request replaces.
pub(crate) const REPLACED_BLOCKS: u64 = 10_000;

/// Bytes that are held for all callers: parameters of requests that are served, and answers until they are sent.
pub(crate) const HELD: ResourceBound = bound(
    192 << 20,
    "bytes of requests and of unread answers, of all callers",
);
/// Bytes of an answer above which one is written at a time.
pub(crate) const LARGE_ANSWER: usize = 4 << 20;

/// Native stack in bytes of a thread that executes: generous, because debug builds have large frames.
pub(crate) const STACK: usize = 64 << 20;
/// Reads at once for each core. More would only keep the threads waiting that take requests.
pub(crate) const READS_PER_CORE: usize = 4;
/// The time that a short read takes, on a machine that does much else. A longer one is ended, and starts again among
/// the long reads.
pub(crate) const SHORT_READ: Duration = Duration::from_secs(2);
/// Reads of a fork that wait for its endpoint at once.
pub(crate) const WAITING_READS: usize = 64;
/// The time that one read takes, without what it waits for a fork's endpoint.
pub(crate) const READ_TIME: Duration = Duration::from_secs(60);
/// The time after which one change begins nothing more: who changes the chain waits for it.
pub(crate) const CHANGE_TIME: Duration = Duration::from_secs(30);
/// The time that one transaction executes, without what it waits for a fork's endpoint: blocks wait for it.
pub(crate) const EXECUTION_TIME: Duration = Duration::from_secs(60);
/// The time after which a block that is made by the clock takes no further transaction: who changes the chain waits for it.
pub(crate) const TIMED_BLOCK: Duration = Duration::from_millis(500);
/// The time for which the chain's thread may go on with its work when the node ends. Then the state before that work
/// is saved.
pub(crate) const END_TIME: Duration = Duration::from_secs(10);
/// The time that a request waits for a receipt.
pub(crate) const RECEIPT_WAIT: Duration = Duration::from_secs(600);
/// The time that the chain's thread waits for a fork's endpoint in one request, where what it lacks could not be read
/// before.
pub(crate) const ENDPOINT_WAIT: Duration = Duration::from_secs(2);
/// The longest pause that a fork's endpoint may ask for (`Retry-After`).
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(10);
