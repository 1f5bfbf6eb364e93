//! No call of a stranger to a proxy changes the framework's state in it.

use crate::prelude::*;
use alloy::network::TransactionBuilder;
use stylus_upgrades_harness::{Instance, step};
use stylus_upgrades_interface::chain::CONSTRUCTOR_SELECTOR;
use stylus_upgrades_interface::migratable::IMigratable::{NotInUpgrade, isMigratedCall};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as own;
use stylus_upgrades_tests::abi::ICounter2;

use crate::upgrade::counter;

/// Every selector that proxy, mixin and counter have.
fn selectors() -> Vec<[u8; 4]> {
    vec![
        own::implementationCall::SELECTOR,
        own::registryCall::SELECTOR,
        own::implementationVersionCall::SELECTOR,
        own::upgradeToCall::SELECTOR,
        own::upgradeToAndCallCall::SELECTOR,
        isMigratedCall::SELECTOR,
        CONSTRUCTOR_SELECTOR,
        ICounter::initializeCall::SELECTOR,
        ICounter::migrateCall::SELECTOR,
        ICounter::valueCall::SELECTOR,
        ICounter2::initializeCall::SELECTOR,
    ]
}

async fn state(instance: &Instance<'_>) -> Result<Vec<B256>, HarnessError> {
    let mut words = vec![instance.storage(U256::ZERO).await?];
    for slot in [
        slots::IMPLEMENTATION,
        slots::ADMIN,
        slots::BEACON,
        slots::INITIALIZED,
        slots::CONSTRUCTED,
        slots::TOKEN,
        slots::migrated(""),
        slots::migrated("1.0"),
        slots::migrated("2.0"),
    ] {
        words.push(instance.storage(slot).await?);
    }
    Ok(words)
}

#[tokio::test]
async fn no_calldata_of_a_stranger_changes_the_framework() -> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let before = state(&it.instance).await?;
    let stranger = it.instance.by(harness.account(3));
    for (i, selector) in selectors().into_iter().enumerate() {
        for length in [0usize, 31, 32, 64, 132] {
            // Deterministic noise: words that look like offsets, labels and numbers.
            let noise = (0..length.div_ceil(32)).flat_map(|word| match (i + word) % 3 {
                0 => B256::with_last_byte(0x20).0,
                1 => U256::from(word * 3).to_be_bytes(),
                _ => keccak256([i as u8, word as u8]).0,
            });
            let data: Bytes = selector.into_iter().chain(noise.take(length)).collect();
            let request = stranger.request(&ICounter::valueCall {}, U256::ZERO);
            harness
                .chain()
                .send_anyway(request.with_input(data).with_gas_limit(2_000_000))
                .await?;
        }
    }
    assert_eq!(state(&it.instance).await?, before);
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}

#[tokio::test]
async fn another_label_for_the_same_code_opens_no_second_initialization() -> Result<(), HarnessError>
{
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    it.definition
        .add_version("9.0", &it.first, step::nothing("1.0"))
        .await?;
    let initialize = calls::initialize_counter(99);
    let sent = it.instance.upgrade_and_call("9.0", &initialize).await;
    assert_reverts(sent, NotInUpgrade {});
    it.instance.upgrade("9.0").await?;
    assert_reverts(it.instance.send(&initialize).await, NotInUpgrade {});
    // Code whose initializer is for 1.0 is not created at 9.0 by it either.
    let created = it.definition.create_proxy("9.0", &initialize).await;
    assert_reverts(created.map(drop), NotInUpgrade {});
    let found = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(7));
    Ok(())
}

#[tokio::test]
async fn the_bare_implementation_answers_none_of_the_five_selectors() -> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    for program in [it.first.address, it.second.address] {
        assert!(
            chain
                .read(program, &own::implementationCall {})
                .await
                .is_err()
        );
        assert!(chain.read(program, &own::registryCall {}).await.is_err());
        let upgrade = own::upgradeToCall {
            version: "2.0".into(),
        };
        assert!(
            chain
                .execute(harness.account(0), program, &upgrade)
                .await
                .is_err()
        );
    }
    Ok(())
}
