//! Whether the registry would take signatures, found out before anything is sent: the registry's own
//! refusals name a position, and these name the file.

use super::super::authority::deciding_policy;
use super::super::calls::Call;
use super::super::error::GovernanceError;
use super::super::pending::readiness;
use super::super::submit::action_of;
use super::super::tree::readable;
use super::file::difference;
use super::{Approval, ApprovalFile, SignedError};
use crate::client::{ChainError, Client};
use crate::names::Names;
use crate::text::utc;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, Signature as Ecdsa};
use alloy::providers::Provider;
use alloy::sol;
use alloy::sol_types::SolCall;
use std::path::{Path, PathBuf};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_interface::signed::ERC1271_MAGIC;

sol! {
    /// ERC-1271, as contracts answer it.
    interface IERC1271 {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}

/// A signed approval.
#[derive(Debug, Clone)]
pub struct Given {
    /// The file that it was read from.
    pub path: PathBuf,
    /// What is approved.
    pub approval: Approval,
    /// Who signed.
    pub signer: Address,
    /// His signature.
    pub signature: Bytes,
}

/// What goes to the registry.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What is approved.
    pub approval: Approval,
    /// The signatures that count, in the order of the files.
    pub signatures: Vec<Signature>,
    /// Who signed and has approved already.
    pub left_out: Vec<Address>,
}

/// The chain's time, Unix seconds.
///
/// # Errors
/// What the chain says.
pub async fn time(client: &Client) -> Result<u64, ChainError> {
    let block = client.provider().get_block(BlockId::latest()).await;
    let block = block.map_err(|error| client.error("eth_getBlockByNumber", error))?;
    Ok(block
        .map(|block| block.header.timestamp)
        .unwrap_or_default())
}

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Days that a signature holds, unless a deadline is named.
const DAYS: u64 = 30;
/// The longest that a signature holds, in seconds.
const YEAR: u64 = 365 * DAY;

/// Unix seconds up to which a signature that is given now holds, unless another deadline is named: the
/// end of a day, so that all who sign on one day sign the same.
///
/// # Errors
/// What the chain says.
pub async fn deadline(client: &Client) -> Result<u64, ChainError> {
    Ok((time(client).await? / DAY + DAYS + 1) * DAY)
}

/// Refuses an approval that is for another chain or registry, whose time is over, or that holds for
/// more than a year.
///
/// # Errors
/// [`SignedError`]; what the chain says.
pub async fn require_here(
    client: &Client,
    registry: Address,
    file: &ApprovalFile,
) -> Result<(), GovernanceError> {
    let ApprovalFile { path, approval, .. } = file;
    let here = (client.chain_id(), registry);
    require_place(path, here, (approval.chain_id, approval.registry))?;
    let time = time(client).await?;
    let latest = time.saturating_add(YEAR);
    if approval.deadline > latest {
        let (latest, found) = (utc(latest), approval.deadline);
        return Err(SignedError::Far { latest, found }.into());
    }
    if time <= approval.deadline {
        return Ok(());
    }
    Err(SignedError::Expired {
        path: path.clone(),
        deadline: utc(approval.deadline),
        now: utc(time),
    }
    .into())
}

/// Refuses a file that is for another chain or registry: `here` and `there` are both of each.
///
/// # Errors
/// [`SignedError::OtherChain`], [`SignedError::OtherRegistry`].
pub fn require_place(
    path: &Path,
    here: (u64, Address),
    there: (u64, Address),
) -> Result<(), SignedError> {
    let path = path.to_owned();
    if there.0 != here.0 {
        let (expected, found) = (here.0, there.0);
        return Err(SignedError::OtherChain {
            path,
            expected,
            found,
        });
    }
    if there.1 != here.1 {
        let (expected, found) = (here.1, there.1);
        return Err(SignedError::OtherRegistry {
            path,
            expected,
            found,
        });
    }
    Ok(())
}

/// What of the approvals goes to the registry. All of them are of one action.
///
/// # Errors
/// [`SignedError`], naming the file; what the chain says.
pub async fn accepted(
    client: &Client,
    registry: Address,
    given: &[Given],
    names: &Names,
) -> Result<Accepted, GovernanceError> {
    let (first, others) = given.split_first().ok_or_else(|| SignedError::Untyped {
        reason: "no file was given".into(),
    })?;
    for other in others {
        require_same(first, other)?;
    }
    let approval = first.approval.clone();
    let action = action_of(client, registry, &approval.call).await?;
    if action != approval.action() {
        let found = approval.action();
        return Err(SignedError::Outdated {
            expected: action,
            found,
        }
        .into());
    }
    let call = Call::decode(&approval.call)?;
    let (name, role) = (call.definition(), call.role());
    let (role, text) = deciding_policy(client, registry, name, role).await?;
    let policy = readable(&role, &text)?;
    let approvers: Vec<Address> = policy.approvers.iter().map(|leaf| leaf.address).collect();
    let approved = match readiness(client, registry, action).await {
        Ok(readiness) => readiness.approved,
        Err(GovernanceError::NotOpen { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let digest = approval.digests()?.eip712;
    let mut seen: Vec<&Given> = Vec::new();
    let (mut signatures, mut left_out) = (Vec::new(), Vec::new());
    for one in given {
        let signer = one.signer;
        if let Some(first) = seen.iter().find(|other| other.signer == signer) {
            let (first, path) = (first.path.clone(), one.path.clone());
            return Err(SignedError::Twice {
                signer,
                first,
                path,
            }
            .into());
        }
        seen.push(one);
        if !approvers.contains(&signer) {
            let approvers = names.list(&approvers);
            return Err(SignedError::NotAnApprover {
                signer,
                role,
                approvers,
            }
            .into());
        }
        let data = signature_of(client, one, digest).await?;
        if approved.contains(&signer) {
            left_out.push(signer);
        } else {
            signatures.push(Signature { signer, data });
        }
    }
    if signatures.is_empty() {
        return Err(SignedError::AllApproved { action }.into());
    }
    Ok(Accepted {
        approval,
        signatures,
        left_out,
    })
}

/// Refuses an approval of something else than the first one's.
fn require_same(first: &Given, other: &Given) -> Result<(), SignedError> {
    let (one, two) = (&first.approval, &other.approval);
    let differ = |part: String, expected, found| SignedError::Differ {
        path: other.path.clone(),
        first: first.path.clone(),
        part,
        expected,
        found,
    };
    if one.call != two.call {
        let (first, second) = (one.typed_data()?, two.typed_data()?);
        for part in ["primaryType", "message"] {
            let found = difference(part, &first[part], &second[part]);
            if let Some((part, expected, found)) = found {
                return Err(differ(part, expected, found));
            }
        }
    }
    let parts = [
        ("call", one.call.to_string(), two.call.to_string()),
        ("epoch", one.epoch.to_string(), two.epoch.to_string()),
        ("round", one.round.to_string(), two.round.to_string()),
        ("deadline", utc(one.deadline), utc(two.deadline)),
    ];
    for (part, expected, found) in parts {
        if expected != found || (part == "deadline" && one.deadline != two.deadline) {
            return Err(differ(part.into(), expected, found));
        }
    }
    Ok(())
}

/// The signature in the form that the registry takes: of the two that a key's signature has, the one
/// with the low `s`; a contract's as it is.
async fn signature_of(
    client: &Client,
    given: &Given,
    digest: B256,
) -> Result<Bytes, GovernanceError> {
    let Given {
        path,
        signer,
        signature,
        ..
    } = given;
    let mut found = "a signature of nobody".to_owned();
    if let Ok(ecdsa) = Ecdsa::from_raw(signature) {
        let ecdsa = ecdsa.normalized_s();
        match ecdsa.recover_address_from_prehash(&digest) {
            Ok(who) if who == *signer => return Ok(ecdsa.as_bytes().into()),
            Ok(who) => found = format!("a signature of it by {who}"),
            Err(_) => {}
        }
    }
    if !client.code(*signer).await?.is_empty() {
        let question = IERC1271::isValidSignatureCall {
            hash: digest,
            signature: signature.clone(),
        };
        match client.call(*signer, &question).await {
            Ok(answer) if answer.0 == ERC1271_MAGIC => return Ok(signature.clone()),
            Ok(answer) => found = format!("the contract answers {answer}"),
            Err(error) => found = format!("the contract refuses: {error}"),
        }
    }
    Err(SignedError::NotHis {
        path: path.clone(),
        signer: *signer,
        digest,
        found,
    }
    .into())
}

/// The calldata that brings them to the registry.
pub fn submission(accepted: &Accepted) -> Bytes {
    let call = abi::submitSignedCall {
        action: accepted.approval.call.clone(),
        deadline: accepted.approval.deadline,
        approvals: accepted.signatures.clone(),
    };
    call.abi_encode().into()
}
