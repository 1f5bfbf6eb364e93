//! Approvals offline: two of three keys sign, and a stranger submits what they signed.

use super::is_refused;
use crate::app_error::Error;
use crate::client::ChainError;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use alloy::primitives::{Address, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolCall, SolStruct, eip712_domain};
use stylus_upgrades_interface::registry::{IRegistry as abi, Signature};
use stylus_upgrades_interface::signed::{DOMAIN_NAME, DOMAIN_VERSION};

/// The definition of this chapter.
const NAME: &str = "Signed";
/// Seconds up to which the signatures hold: 2100.
const DEADLINE: u64 = 4_102_444_800;

alloy::sol! {
    /// What is signed: `setPolicy`, and the action that it is.
    struct SetPolicy {
        string name;
        string role;
        string expression;
        uint64 epoch;
        uint32 round;
        uint64 deadline;
    }
}

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
    let message = SetPolicy {
        name: call.name.clone(),
        role: call.role.clone(),
        expression: call.expression.clone(),
        epoch: 0,
        round: 0,
        deadline: DEADLINE,
    };
    let domain = eip712_domain! {
        name: DOMAIN_NAME,
        version: DOMAIN_VERSION,
        chain_id: fixture.stranger.chain_id(),
        verifying_contract: registry,
    };
    let [first, second, _] = &keys;
    let mut submit = abi::submitSignedCall {
        action: call.abi_encode().into(),
        deadline: DEADLINE,
        approvals: vec![
            signature(first, &message, &domain)?,
            signature(second, &message, &domain)?,
        ],
    };
    let stranger = &fixture.stranger;
    let sent = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await?;
    record.sent(&sent);
    record.check(
        "what two of three signed is executed, whoever submits it",
        sent.event_of::<abi::Executed>(registry).is_some(),
    );
    let again = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await;
    record.check(
        "what was signed is not executed twice (InvalidSignature)",
        is_refused::<abi::InvalidSignature, _>(&again),
    );
    let mut next = message;
    next.round = 1;
    let others = signature(first, &next, &domain)?;
    submit.approvals = vec![Signature {
        signer: second.address(),
        ..others
    }];
    let forged = stranger
        .send("submitSigned", registry, &submit, U256::ZERO)
        .await;
    record.check(
        "what somebody else signed is refused (InvalidSignature)",
        is_refused::<abi::InvalidSignature, _>(&forged),
    );
    Ok(())
}

fn signature(
    key: &PrivateKeySigner,
    message: &SetPolicy,
    domain: &Eip712Domain,
) -> Result<Signature, ChainError> {
    let signed = key.sign_hash_sync(&message.eip712_signing_hash(domain));
    let signed = signed.map_err(|error| ChainError::UnexpectedAnswer {
        account: key.address(),
        what: "a signature".into(),
        reason: error.to_string(),
    })?;
    Ok(Signature {
        signer: key.address(),
        data: signed.as_bytes().into(),
    })
}
