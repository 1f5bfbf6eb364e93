//! Approvals given offline: what an approver signs, the file that carries it, and what the registry
//! makes of it.
//!
//! | module | holds |
//! |---|---|
//! | `typed` | EIP-712 typed data of a governed call, as wallets take it, and its digests |
//! | `file` | the file of an approval, with a signature or for a wallet |
//! | `current` | epoch and round of the action that a call would approve now |
//! | `accepted` | whether the registry would take a signature |
//! | `error` | why an approval is not used |

mod accepted;
mod current;
mod error;
mod file;
mod typed;

pub use accepted::{
    Accepted, Given, accepted, deadline, require_here, require_place, submission, time,
};
pub use current::current;
pub use error::SignedError;
pub use file::ApprovalFile;
pub use typed::{Digests, calldata_digest};

use crate::ids::ActionId;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol_types::SolValue;
use serde::{Deserialize, Serialize};

/// What an approver signs: a governed call, the action that it is, and how long the signature holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// The chain that the registry is on.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The calldata of the governed call.
    pub call: Bytes,
    /// What approvals of its role are bound to.
    pub epoch: u64,
    /// How often the same call was finished before.
    pub round: u32,
    /// Unix seconds up to which the signature holds.
    pub deadline: u64,
}

impl Approval {
    /// The action that it approves.
    pub fn action(&self) -> ActionId {
        let chain = U256::from(self.chain_id);
        let fields = (chain, self.registry, &self.call, self.epoch, self.round);
        ActionId(keccak256(fields.abi_encode_params()))
    }
}
