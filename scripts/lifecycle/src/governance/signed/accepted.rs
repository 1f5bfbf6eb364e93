//! Checks of signatures against the registry, made before anything is sent: the registry's own refusals name a position, and
//! these name the file.

use super::super::calls::Call;
use super::super::pending::readiness;
use super::super::policy::{deciding_policy_of, readable};
use super::file::difference;
use super::{Approval, ApprovalFile, outdated, unsigned, untyped};
use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::model::Views;
use crate::names::Names;
use crate::registry::Registry;
use crate::text::utc;
use alloy::primitives::{Address, B256, Bytes, Signature as Ecdsa};
use alloy::sol;
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_interface::signed::ERC1271_MAGIC;

sol! {
    /// ERC-1271, as contracts answer it.
    interface IERC1271 {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}

/// The approvals that go to the registry.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The approved call.
    pub approval: Approval,
    /// The signatures that count, in the order of the files.
    pub signatures: Vec<Signature>,
    /// The signers that have approved already.
    pub left_out: Vec<Address>,
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
    let today = Views::block(&client).await?.time / DAY;
    Ok((today + DAYS + 1).saturating_mul(DAY))
}

/// Refuses an approval that is for another chain or registry, whose time is over, or that holds for
/// more than a year.
///
/// # Errors
/// `ApprovalOtherChain`, `ApprovalOtherRegistry`, `ApprovalExpired`, `DeadlineTooFar`; what the chain says.
pub async fn require_here(registry: Registry<'_>, file: &ApprovalFile) -> Result<(), ChainError> {
    let ApprovalFile { path, approval, .. } = file;
    let here = (registry.client.chain_id(), registry.address);
    require_place(path, here, (approval.chain_id, approval.registry))?;
    let time = Views::block(&registry.client).await?.time;
    let latest = time.saturating_add(YEAR);
    let (deadline, path) = (approval.deadline, path.display());
    if deadline > latest {
        let message = "a signature that holds for more than a year";
        let refusal = Refusal::new("DeadlineTooFar", message).with(
            format!("a deadline up to {}", utc(latest)),
            deadline.to_string(),
            "sign with an earlier --deadline, in Unix seconds",
        );
        return Err(refusal.usage().into());
    }
    if time <= deadline {
        return Ok(());
    }
    let deadline = utc(deadline);
    let refusal = Refusal::new("ApprovalExpired", format!("{path} held up to {deadline}"));
    let refusal = refusal.with(
        format!("a deadline after {}", utc(time)),
        deadline,
        "have it signed again, with a later --deadline; nothing was sent",
    );
    Err(refusal.into())
}

/// Refuses a file that is for another chain or registry: `here` and `there` are both of each.
///
/// # Errors
/// `ApprovalOtherChain`, `ApprovalOtherRegistry`.
pub fn require_place(
    path: &Path,
    here: (u64, Address),
    there: (u64, Address),
) -> Result<(), ChainError> {
    if there == here {
        return Ok(());
    }
    let (name, what, expected, found) = if there.0 == here.0 {
        (
            "ApprovalOtherRegistry",
            "registry",
            here.1.to_string(),
            there.1.to_string(),
        )
    } else {
        (
            "ApprovalOtherChain",
            "chain",
            format!("chain {}, which this endpoint is of", here.0),
            format!("chain {}", there.0),
        )
    };
    let next = format!("name the {what} of the file, if that is the one that is meant");
    let message = format!("{} is for another {what}", path.display());
    Err(Refusal::new(name, message)
        .with(expected, found, next)
        .into())
}

/// Selects the approvals that go to the registry. All of them are of one action.
///
/// # Errors
/// A refusal that names the file; what the chain says.
pub async fn accepted(
    registry: Registry<'_>,
    given: &[ApprovalFile],
    names: &Names,
) -> Result<Accepted, ChainError> {
    let (first, others) = given
        .split_first()
        .ok_or_else(|| untyped("no file was given"))?;
    for other in others {
        require_same(first, other)?;
    }
    let approval = first.approval.clone();
    let action = registry.action_of(&approval.call).await?;
    if action != approval.action() {
        return Err(outdated(&approval, action));
    }
    let call = Call::decode(&approval.call)?;
    let (role, text) = deciding_policy_of(registry, &call).await?;
    let policy = readable(&role, &text)?;
    let approvers: Vec<Address> = policy.approvers.iter().map(|leaf| leaf.address).collect();
    let open = readiness(registry, action).await?;
    let approved = open.map(|open| open.approved).unwrap_or_default();
    let mut seen: Vec<(Address, &Path)> = Vec::new();
    let (mut signatures, mut left_out) = (Vec::new(), Vec::new());
    for file in given {
        let signature = file.signature.as_ref();
        let signature = signature.ok_or_else(|| unsigned(&file.path))?;
        let signer = file.approval.approver;
        let digest = file.approval.digests()?.eip712;
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == signer) {
            let files = format!("{} and {}", first.display(), file.path.display());
            let refusal = Refusal::new("SignerTwice", format!("{signer} signed twice"));
            let refusal = refusal.with("each signer once", files, "leave one of them out");
            return Err(refusal.into());
        }
        seen.push((signer, &file.path));
        if !approvers.contains(&signer) {
            let message = format!("{signer} is no approver of role {role}");
            let refusal = Refusal::new("SignerNotAnApprover", message).with(
                format!("one of {}", names.list(&approvers)),
                signer.to_string(),
                "leave that signature out; stylus-upgrades policy explain tells who decides",
            );
            return Err(refusal.into());
        }
        let data = signature_of(registry.client, &file.path, signer, signature, digest).await?;
        if approved.contains(&signer) {
            left_out.push(signer);
        } else {
            signatures.push(Signature { signer, data });
        }
    }
    if signatures.is_empty() {
        let message = "everybody who signed has approved already";
        let refusal = Refusal::new("AllApproved", message).with(
            "an approval that the registry does not have yet",
            action.to_string(),
            "stylus-upgrades pending tells who is missing",
        );
        return Err(refusal.into());
    }
    Ok(Accepted {
        approval,
        signatures,
        left_out,
    })
}

/// Refuses an approval of something else than the first one approves, no matter who gave it.
fn require_same(first: &ApprovalFile, other: &ApprovalFile) -> Result<(), ChainError> {
    let approver = first.approval.approver;
    let (own, others) = (
        first.approval.typed_data()?,
        other.approval.by(approver).typed_data()?,
    );
    let Some((part, expected, found)) = difference(&["primaryType", "message"], &own, &others)
    else {
        return Ok(());
    };
    let (first, path) = (first.path.display(), other.path.display());
    let message = format!("{path} approves something else than {first}: its {part} is another");
    let refusal = Refusal::new("ApprovalsDiffer", message).with(
        format!("{expected}, as {first} says"),
        found,
        "sign the same: `stylus-upgrades approve FILE --offline` takes all of it from another signer's file",
    );
    Err(refusal.into())
}

/// The signature in the form that the registry takes: of the two that a key's signature has, the one
/// with the low `s`; a contract's as it is.
async fn signature_of(
    client: &Client,
    path: &Path,
    signer: Address,
    signature: &Bytes,
    digest: B256,
) -> Result<Bytes, ChainError> {
    let mut found = "a signature of nobody".to_owned();
    if let Ok(ecdsa) = Ecdsa::from_raw(signature) {
        let ecdsa = ecdsa.normalized_s();
        match ecdsa.recover_address_from_prehash(&digest) {
            Ok(who) if who == signer => return Ok(ecdsa.as_bytes().into()),
            Ok(who) => found = format!("a signature of it by {who}"),
            Err(_) => {}
        }
    }
    if !client.code(signer).await?.is_empty() {
        let question = IERC1271::isValidSignatureCall {
            hash: digest,
            signature: signature.clone(),
        };
        match client.call(signer, &question).await {
            Ok(answer) if answer.0 == ERC1271_MAGIC => return Ok(signature.clone()),
            Ok(answer) => found = format!("the contract answers {answer}"),
            Err(error) => found = format!("the contract refuses: {error}"),
        }
    }
    let message = format!("the signature in {} is not by {signer}", path.display());
    let refusal = Refusal::new("SignatureOfAnother", message).with(
        format!("a signature of {digest} by {signer}"),
        found,
        "have it signed again, and compare the digests",
    );
    Err(refusal.into())
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
