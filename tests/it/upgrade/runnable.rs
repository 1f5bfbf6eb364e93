use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256, address};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use serde_json::Value;
use stylus_upgrades::build::evm::creation_code;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, Program, assert_reverts, step};
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ImplementationNotRunnable;
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_interface::registry::{
    Code,
    IRegistry::{CodeChanged, addVersionCall},
};

use super::fixture::{Done, counter, initialize, migrate};

/// The program `it` at another address.
fn at(address: Address, program: &Program) -> Program {
    Program {
        address,
        ..program.clone()
    }
}

/// The call that adds version 3.0 with the code of an account.
fn adding(implementation: Address) -> addVersionCall {
    addVersionCall {
        name: "Counter".into(),
        version: "3.0".into(),
        code: Code {
            implementation,
            codehash: B256::repeat_byte(1),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
        },
        step: step::nothing("2.0"),
    }
}

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
async fn code_that_cannot_run_is_no_version() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    let inactive = [&it.second.artifact.code[..], &[0]].concat();
    let inactive = chain.create(creation_code(&inactive)).await?;
    let designator = address!("00000000000000000000000000000000dede0000");
    set_code(
        chain,
        designator,
        [&[0xef, 0x01, 0x00], it.first.address.as_slice()]
            .concat()
            .into(),
    )
    .await?;
    let fragment = address!("00000000000000000000000000000000f4a90000");
    let code = [&[0xef, 0xf0, 0x01], [7; 40].as_slice()].concat();
    set_code(chain, fragment, code.into()).await?;
    for (account, reason) in [
        (fragment, not_runnable::FRAGMENT),
        (inactive, not_runnable::NOT_ACTIVATED),
        (designator, not_runnable::DESIGNATOR),
        (
            address!("0000000000000000000000000000000000000071"),
            not_runnable::PRECOMPILE,
        ),
        (it.instance.address(), not_runnable::PROXY),
        (harness.registry(), not_runnable::PROXY),
    ] {
        // the client refuses a proxy before it sends anything: this asks the registry itself
        let added = harness
            .chain()
            .execute(harness.account(0), harness.registry(), &adding(account))
            .await;
        assert_reverts(added.map(drop), refused(account, reason));
    }
    Ok(())
}

#[tokio::test]
async fn an_account_without_code_is_no_version() -> Done {
    let harness = Harness::start().await?;
    let _it = counter(&harness).await?;
    let nobody = harness.account(4);
    for account in [
        nobody,
        address!("00000000000000000000000000000000000000aa").create(9),
    ] {
        let added = harness
            .chain()
            .execute(harness.account(0), harness.registry(), &adding(account))
            .await;
        assert_reverts(added.map(drop), refused(account, not_runnable::NO_CODE));
    }
    Ok(())
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
async fn a_proxy_of_an_unregistered_kind_is_created_of_no_version() -> Done {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let minimal = [
        &[0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73],
        it.first.address.as_slice(),
        &[
            0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b,
            0xf3,
        ],
    ]
    .concat();
    let minimal = harness
        .chain()
        .create(stylus_upgrades::build::evm::creation_code(&minimal))
        .await?;
    let added = it
        .definition
        .add_version("3.0", &at(minimal, &it.second), step::nothing("2.0"))
        .await;
    assert_reverts(added, refused(minimal, not_runnable::PROXY));
    it.definition.create_proxy("1.0", &initialize(1)).await?;
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
