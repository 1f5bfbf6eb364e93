//! The registry onto a chain: created, activated and constructed in one transaction, so that
//! nobody can come between.

use super::{bumped, data_fee, was_not_done};
use crate::build::Artifact;
use crate::client::{ChainError, Client, Sent};
use alloy::primitives::{Address, B256, U256, address};
use alloy::rpc::types::state::AccountOverride;
use alloy::sol_types::SolValue;
use stylus_upgrades_interface::chain::{
    ARB_WASM, CONSTRUCTOR_SELECTOR, IArbWasm, IStylusDeployer, STYLUS_DEPLOYER,
};

/// Where the registry's code is put for the duration of one call, to learn what activating it
/// will cost: an account that nobody owns.
const NOWHERE: Address = address!("00000000000000000000000000000000a0701e11");

/// Deploys a registry whose roles `define` and `policy` follow `define_policy`. Its parts must be
/// there ([`super::ensure_framework`]).
pub async fn deploy_registry(
    client: &Client,
    registry: &Artifact,
    define_policy: &str,
    bump_percent: u32,
) -> Result<(Address, Sent), ChainError> {
    if client.code(STYLUS_DEPLOYER).await?.is_empty() {
        return Err(ChainError::Missing {
            what: "Stylus deployer",
            account: STYLUS_DEPLOYER,
        });
    }
    let fee = fee_before_creation(client, registry).await?;
    let value = bumped(client, "the registry", fee, bump_percent)?;
    let call = registry_call(registry, define_policy);
    let sent = client
        .send("deploy registry", STYLUS_DEPLOYER, &call, value)
        .await?;
    let created = sent.require::<IStylusDeployer::ContractDeployed>()?;
    super::require_code(client, created.deployedContract, registry.codehash()).await?;
    Ok((created.deployedContract, sent))
}

/// What [`deploy_registry`] sends to the Stylus deployer.
pub fn registry_call(registry: &Artifact, define_policy: &str) -> IStylusDeployer::deployCall {
    let constructor = [
        CONSTRUCTOR_SELECTOR.as_slice(),
        &(define_policy.to_owned(),).abi_encode_params(),
    ]
    .concat();
    IStylusDeployer::deployCall {
        bytecode: registry.creation_code(),
        initData: constructor.into(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    }
}

/// The data fee in wei of code that is not on the chain yet; 0 if its code hash is active.
async fn fee_before_creation(client: &Client, registry: &Artifact) -> Result<U256, ChainError> {
    let is_active = async || {
        let codehash = registry.codehash().into();
        let call = IArbWasm::codehashVersionCall { codehash };
        match client.call(ARB_WASM, &call).await {
            Ok(_) => Ok(true),
            Err(ChainError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    };
    if is_active().await? {
        return Ok(U256::ZERO);
    }
    let code = AccountOverride::default().with_code(registry.code.clone());
    match data_fee(client, NOWHERE, Some(code)).await {
        // Somebody else was first, between the two questions.
        Err(error) if was_not_done(&error) && is_active().await? => Ok(U256::ZERO),
        fee => fee,
    }
}
