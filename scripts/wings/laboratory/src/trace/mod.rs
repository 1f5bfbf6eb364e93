//! The calls of a mined transaction: which code of which contract ran, for how much gas and ink.
//!
//! | module | holds |
//! |---|---|
//! | `ink` | its stylusTracer, for the ink of each frame |
//! | `account` | what an account is |
//! | `known_accounts` | which accounts are the registry's, and what version their code is |
//! | `named_frame` | the frames with the names of contracts and functions |
//! | `flamegraph` | the frames for programs that draw them |
//! | `error` | why there is no trace |

mod account;
mod error;
mod flamegraph;
mod ink;
mod known_accounts;
mod named_frame;

pub use account::IdentifiedAccount;
pub use flamegraph::{is_flamegraph, render_flamegraph};
pub use known_accounts::KnownAccounts;
pub use named_frame::{CodeKind, NamedFrame};

use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client};
use crate::ids::TxHash;
use crate::text::count;
use alloy::primitives::{Address, U64};
use alloy::providers::Provider;
use error::{not_traced, unreadable};
use serde::{Deserialize, Serialize};

/// The outcome of a mined transaction.
#[derive(Debug, Clone, Serialize)]
pub struct TransactionSummary {
    /// Its hash.
    pub tx: TxHash,
    /// Its block.
    pub block: u64,
    /// The account that sent it.
    pub from: Address,
    /// True if it succeeded.
    pub success: bool,
    /// Gas that it used, with what was paid for L1.
    #[serde(rename = "gas")]
    pub gas_used: u64,
    /// Gas that was paid for L1; none where the endpoint does not say so.
    pub gas_for_l1: Option<u64>,
}

/// The calls of a transaction.
#[derive(Debug, Clone)]
pub struct TransactionTrace {
    /// The transaction.
    pub mined: TransactionSummary,
    /// Every call in the order in which they began; each stands after its caller.
    pub frames: Vec<Frame>,
    /// The facts that the endpoint does not give.
    pub missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TraceReceipt {
    block_number: U64,
    from: Address,
    status: U64,
    gas_used: U64,
    gas_used_for_l1: Option<U64>,
}

/// Notes that the ink of frames is a lower bound, where it is.
fn note_lower_bounds(frames: &[Frame]) -> Option<String> {
    let ink = frames.iter().filter_map(|frame| frame.ink);
    let bounds = ink.filter(|ink| ink.at_least).count();
    (bounds > 0).then(|| {
        let frames = count(bounds, "frame");
        format!("the ink of {frames} after the last host function: ≥ is a lower bound")
    })
}

/// Traces a mined transaction.
///
/// # Errors
/// Where the endpoint does not trace it; what else it says.
pub async fn trace(client: &Client, tx: TxHash) -> Result<TransactionTrace, ChainError> {
    let method = "eth_getTransactionReceipt";
    let receipt = client.provider().raw_request(method.into(), (tx,)).await;
    let receipt: Option<TraceReceipt> = receipt.map_err(|error| client.error(method, error))?;
    let Some(receipt) = receipt else {
        return Err(client.transaction_not_found(tx));
    };
    let calls = client.traced(tx, "callTracer").await;
    let calls = calls.map_err(|error| not_traced(client, error))?;
    let mut frames = call_tree::read(&calls).map_err(|reason| unreadable(client, reason))?;
    let mut missing = Vec::new();
    match client.traced(tx, "stylusTracer").await {
        Ok(steps) => match ink::add_ink(&mut frames, &steps) {
            Ok(mismatch) => {
                missing.extend(mismatch.missing());
                missing.extend(note_lower_bounds(&frames));
            }
            Err(reason) => missing.push(format!("ink by frame: {reason}")),
        },
        Err(error @ ChainError::Rpc(_)) => missing.push(format!(
            "ink by frame: the endpoint does not run stylusTracer ({error})"
        )),
        Err(error) => return Err(error),
    }
    Ok(TransactionTrace {
        mined: TransactionSummary {
            tx,
            block: receipt.block_number.to(),
            from: receipt.from,
            success: !receipt.status.is_zero(),
            gas_used: receipt.gas_used.to(),
            gas_for_l1: receipt.gas_used_for_l1.map(|gas| gas.to()),
        },
        frames,
        missing,
    })
}
