//! Approvals offline: two of three keys sign what `sign` would have them sign, and a stranger submits it.

use super::is_refused;
use crate::app_error::Error;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::governance::GovernanceError;
use crate::governance::Names;
use crate::governance::signed::{
    Approval, Given, SignedError, accepted, current, submission, time,
};
use alloy::primitives::{Address, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::{IRegistry as abi, Signature};

/// The definition of this chapter.
const NAME: &str = "Signed";
/// Seconds that the signatures hold.
const HOLDS: u64 = 3_600;

pub(super) async fn approve(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
) -> Result<(), Error> {
    record.chapter("✍  Two of three sign offline, and a stranger submits");
    let keys = [(); 3].map(|()| PrivateKeySigner::random());
    let who = keys.each_ref().map(|key| format!("{:#x}", key.address()));
    let policy = format!("OutOf(2,{})", who.join(","));
    let define = abi::createDefinitionCall {
        name: NAME.into(),
        migratePolicy: policy.clone(),
        policyPolicy: policy.clone(),
        createPolicy: policy,
    };
    record
        .governed(&fixture.operator, registry, &define)
        .await?;

    let call = abi::setPolicyCall {
        name: NAME.into(),
        role: "audit".into(),
        expression: "NONE".into(),
    };
    let stranger = &fixture.stranger;
    let deadline = time(stranger).await? + HOLDS;
    let calldata = Bytes::from(call.abi_encode());
    let approval = current(stranger, registry, &calldata, deadline).await?;
    let [first, second, _] = &keys;
    let given = [signed(first, &approval)?, signed(second, &approval)?];
    let names = Names::default();
    let all = accepted(stranger, registry, &given, &names).await?;
    let mut submit = abi::submitSignedCall {
        action: all.approval.call.clone(),
        deadline,
        approvals: all.signatures.clone(),
    };
    record.check(
        "signed: what submit sends is what was signed",
        submit.abi_encode() == submission(&all),
    );
    let sent = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await?;
    record.sent(&sent);
    record.check(
        "signed: what two of three signed is executed, whoever submits it",
        sent.event_of::<abi::Executed>(registry).is_some(),
    );
    let again = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await;
    record.check(
        "signed: it is not executed twice (InvalidSignature)",
        is_refused::<abi::InvalidSignature, _>(&again),
    );
    let next = current(stranger, registry, &calldata, deadline).await?;
    submit.approvals = vec![Signature {
        signer: second.address(),
        data: signed(first, &next)?.signature,
    }];
    let forged = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await;
    record.check(
        "signed: what somebody else signed is refused (InvalidSignature)",
        is_refused::<abi::InvalidSignature, _>(&forged),
    );
    Ok(())
}

/// An approval with the signature of a key.
fn signed(key: &PrivateKeySigner, approval: &Approval) -> Result<Given, GovernanceError> {
    let digest = approval.digests()?.eip712;
    let signature = key.sign_hash_sync(&digest);
    let signature = signature.map_err(|error| SignedError::Untyped {
        reason: error.to_string(),
    })?;
    Ok(Given {
        path: format!("{}.json", key.address()).into(),
        approval: approval.clone(),
        signer: key.address(),
        signature: signature.as_bytes().into(),
    })
}
