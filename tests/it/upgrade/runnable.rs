use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ImplementationNotRunnable;
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::registry::IRegistry::CodeChanged;

use super::fixture::{Done, counter, migrate};

fn refused(implementation: Address, reason: u8) -> ImplementationNotRunnable {
    ImplementationNotRunnable {
        implementation,
        reason,
    }
}

async fn set_code(chain: &Chain, account: Address, code: Bytes) -> Result<(), HarnessError> {
    chain
        .request::<_, Value>("anvil_setCode", (account, code))
        .await
        .map(drop)
}

#[tokio::test]
async fn code_that_changed_after_registration_is_not_upgraded_to() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    let other = chain.code(it.first.address).await?;
    set_code(chain, it.second.address, other).await?;
    let changed = CodeChanged {
        account: it.second.address,
        expected: it.second.codehash,
        found: it.first.codehash,
    };
    assert_reverts(it.instance.upgrade("2.0").await, changed);
    set_code(chain, it.second.address, Bytes::new()).await?;
    let gone = refused(it.second.address, not_runnable::NO_CODE);
    assert_reverts(it.instance.upgrade("2.0").await, gone);
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn every_program_on_the_path_is_checked_before_the_first_step() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let script = harness
        .build_and_deploy("contracts/migrations/counter_back")
        .await?;
    it.definition
        .add_version("3.0", &it.first, step::script("2.0", &script, &migrate(0)))
        .await?;
    set_code(harness.chain(), script.address, Bytes::new()).await?;
    let gone = refused(script.address, not_runnable::NO_CODE);
    assert_reverts(it.instance.upgrade("3.0").await, gone);
    Ok(())
}

#[tokio::test]
async fn an_expired_program_is_not_upgraded_to() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let parts = harness.framework();
    let shared = parts.shared().map(|part| part.artifact.codehash().0);
    let alive: Vec<_> = shared
        .chain([parts.registry.codehash().0, it.first.codehash])
        .collect();
    pass(harness.chain(), 200).await?;
    for codehash in alive {
        keep_alive(harness.chain(), codehash).await?;
    }
    pass(harness.chain(), 200).await?;
    let expired = refused(it.second.address, not_runnable::EXPIRED);
    assert_reverts(it.instance.upgrade("2.0").await, expired);
    assert_eq!(it.instance.version().await?, "1.0");

    harness.chain().activate(it.second.address).await?;
    it.instance.upgrade("2.0").await?;
    Ok(())
}

/// Lets days pass.
async fn pass(chain: &Chain, days: u64) -> Result<(), HarnessError> {
    chain
        .request::<_, Value>("evm_increaseTime", (days * 86_400,))
        .await?;
    chain.request::<_, Value>("evm_mine", ()).await.map(drop)
}

/// Prolongs an activation; too much data fee is given back.
async fn keep_alive(chain: &Chain, codehash: B256) -> Result<(), HarnessError> {
    let call = IArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let request = TransactionRequest::default()
        .with_to(ARB_WASM)
        .with_input(call);
    chain
        .send(request.with_value(U256::from(10).pow(U256::from(17))))
        .await
        .map(drop)
}
