use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};
use stylus_upgrades_interface::reasons::not_runnable;

use super::fixture::{Done, counter, migrate};
use crate::registry::errors::{cannot_run, code_changed};
use crate::tools::{pass, set_code};

#[tokio::test]
async fn code_that_changed_after_registration_is_not_upgraded_to() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    let other = chain.code(it.first.address).await?;
    set_code(chain, it.second.address, other).await?;
    let (expected, found) = (it.second.codehash, it.first.codehash);
    let changed = code_changed(it.second.address, expected, found);
    assert_reverts(it.instance.upgrade("2.0").await, changed);
    set_code(chain, it.second.address, Bytes::new()).await?;
    let gone = cannot_run(it.second.address, not_runnable::NO_CODE);
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
    let gone = cannot_run(script.address, not_runnable::NO_CODE);
    assert_reverts(it.instance.upgrade("3.0").await, gone);
    Ok(())
}

/// A day in seconds.
const DAY: u64 = 86_400;

#[tokio::test]
async fn an_expired_program_is_not_upgraded_to() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let parts = harness.framework();
    let shared = parts.shared().map(|part| part.artifact.codehash().0);
    let alive: Vec<_> = shared
        .chain([parts.registry.codehash().0, it.first.codehash])
        .collect();
    pass(harness.chain(), 200 * DAY).await?;
    for codehash in alive {
        keep_alive(harness.chain(), codehash).await?;
    }
    pass(harness.chain(), 200 * DAY).await?;
    let expired = cannot_run(it.second.address, not_runnable::EXPIRED);
    assert_reverts(it.instance.upgrade("2.0").await, expired);
    assert_eq!(it.instance.version().await?, "1.0");

    harness.chain().activate(it.second.address).await?;
    it.instance.upgrade("2.0").await?;
    Ok(())
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
