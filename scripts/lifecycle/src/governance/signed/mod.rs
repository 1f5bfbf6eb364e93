//! Approvals given offline: what an approver signs, the file that carries it, and what the registry
//! makes of it.
//!
//! | module | holds |
//! |---|---|
//! | `typed` | EIP-712 typed data of a governed call, as wallets take it, and its digests |
//! | `file` | the file of an approval, with a signature or for a wallet |
//! | `accepted` | whether the registry would take a signature |

mod accepted;
mod file;
mod typed;

pub use accepted::{Accepted, accepted, deadline, require_here, require_place, submission};
pub use file::ApprovalFile;
pub use typed::{Digests, calldata_digest};

use super::calls::Call;
use super::policy::deciding_policy_of;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::ids::ActionId;
use crate::registry::{Registry, stored};
use crate::text::shell_word;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol_types::SolValue;
use serde::{Deserialize, Serialize};
use std::path::Path;
use stylus_upgrades_interface::role;

/// The data that an approver signs: a governed call, the action that it is, how long the signature holds, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// The chain that the registry is on.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The calldata of the governed call.
    pub call: Bytes,
    /// The epoch to which approvals of its role are bound.
    pub epoch: u64,
    /// The number of times that the same call was finished before.
    pub round: u32,
    /// Unix seconds up to which the signature holds.
    pub deadline: u64,
    /// The approver: it counts for no other account.
    pub approver: Address,
}

impl Approval {
    /// The same of another approver.
    pub fn by(&self, approver: Address) -> Self {
        Self {
            approver,
            ..self.clone()
        }
    }

    /// The action that it approves.
    pub fn action(&self) -> ActionId {
        let chain = U256::from(self.chain_id);
        let fields = (chain, self.registry, &self.call, self.epoch, self.round);
        ActionId(keccak256(fields.abi_encode_params()))
    }
}

/// Returns the approval that `approver` would sign for that call now. No view tells epoch and round of it, so they are read
/// from the registry's storage by its declaration, and compared with the action that it names.
///
/// # Errors
/// What the chain says; `ApprovalOutdated` where the registry names another action than its
/// storage does.
pub async fn current(
    registry: Registry<'_>,
    call: &Bytes,
    deadline: u64,
    approver: Address,
) -> Result<Approval, ChainError> {
    let decoded = Call::decode(call)?;
    let name = decoded.definition();
    // Either role resumes, and the approvals of both are bound to the definition's sequence.
    let role = match &decoded {
        Call::Resume(_) => role::MIGRATE.to_owned(),
        call => deciding_policy_of(registry, call).await?.0,
    };
    let action = registry.action_of(call).await?;
    let mut approval = Approval {
        chain_id: registry.client.chain_id(),
        registry: registry.address,
        epoch: stored::epoch(registry, name, &role).await?,
        round: stored::round(registry, call).await?,
        call: call.clone(),
        deadline,
        approver,
    };
    if approval.action() != action {
        approval.round = approval.round.saturating_add(1); // what has expired is still in storage
    }
    if approval.action() == action {
        Ok(approval)
    } else {
        Err(outdated(&approval, action))
    }
}

/// A file that holds no approval, or none that can be signed or submitted.
pub fn malformed(path: &Path, reason: &str) -> ChainError {
    let message = format!("{} is no approval: {reason}", path.display());
    let refusal = Refusal::new("ApprovalMalformed", message).with(
        "a file that `stylus-upgrades approve --offline` wrote",
        reason,
        "ask its signer for the file as it was written; an action comes from --export with --export-format json",
    );
    refusal.usage().into()
}

/// A file without a signature.
fn unsigned(path: &Path) -> ChainError {
    let message = format!("{} holds no signature", path.display());
    let refusal = Refusal::new("SignatureMissing", message).with(
        "a signed approval, or --signature 0x… with --signer ADDRESS",
        "typed data for a wallet",
        "have a wallet sign it, then give --signature and --signer",
    );
    refusal.usage().into()
}

/// Calldata that have no type.
pub fn untyped(reason: &str) -> ChainError {
    let message = format!("this cannot be signed: {reason}");
    let refusal = Refusal::new("Untyped", message).with(
        "the calldata of a governed call of the registry",
        reason,
        "sign the action that `stylus-upgrades pending` lists",
    );
    refusal.into()
}

/// Refuses an approval of an action that the registry does not take any more.
pub fn outdated(approval: &Approval, expected: ActionId) -> ChainError {
    let call = Call::decode(&approval.call);
    let name = call.map_or_else(|_| "NAME".into(), |call| call.definition().to_owned());
    let message = "what was signed is not open any more: it was executed or cancelled, or the policy has changed";
    let refusal = Refusal::new("ApprovalOutdated", message).with(
        format!("the action {expected}, which the same call would approve now"),
        approval.action().to_string(),
        format!(
            "stylus-upgrades history {} tells what happened; if it is still wanted, have it signed again",
            shell_word(&name)
        ),
    );
    refusal.into()
}
