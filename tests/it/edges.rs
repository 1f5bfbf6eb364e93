//! Edge cases of a proxy: no implementation, proxies that point at each other, malformed calldata
//! for its own selectors, static calls, too little gas.

use crate::prelude::*;
use crate::registry::errors::cannot_run;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    ValueNotAccepted, implementationCall, registryCall,
};
use stylus_upgrades_interface::reasons::not_runnable;
use stylus_upgrades_tests::proxies::{Maker, Proxy};

type Done = Result<(), HarnessError>;

fn to(account: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(account)
        .with_input(data)
}

#[tokio::test]
async fn a_proxy_without_implementation_says_so() -> Done {
    let chain = Chain::start().await?;
    let maker = Maker::new(&chain)?;
    for kind in [Proxy::Upgradeability, Proxy::Bare] {
        let proxy = maker.make(kind, Address::ZERO).await?;
        let nothing = cannot_run(Address::ZERO, not_runnable::NO_CODE);
        assert_reverts(chain.call(to(proxy, [1, 2, 3, 4])).await, nothing.clone());
        assert_reverts(chain.call(to(proxy, Bytes::new())).await, nothing);
    }
    Ok(())
}

#[tokio::test]
async fn an_evm_proxy_without_implementation_says_so_to_its_registry() -> Done {
    let chain = Chain::start().await?;
    let maker = Maker::new(&chain)?;
    deploy_storage(&chain, &maker).await?;
    // its creator is its registry
    let creation = maker.creation_code(Proxy::Evm, Address::ZERO).await?;
    let proxy = chain.create(creation).await?;
    let nothing = cannot_run(Address::ZERO, not_runnable::NO_CODE);
    assert_reverts(chain.call(to(proxy, [1, 2, 3, 4])).await, nothing.clone());
    assert_reverts(chain.call(to(proxy, Bytes::new())).await, nothing);
    Ok(())
}

/// Puts UpgradeabilityStorage where proxies look for it.
async fn deploy_storage(chain: &Chain, maker: &Maker<'_>) -> Done {
    let storage = maker.builder().framework()?.storage;
    let deployer = stylus_upgrades_interface::chain::CREATE2_DEPLOYER;
    let creation = [&[0; 32], storage.artifact.creation_code().as_ref()].concat();
    chain.send(to(deployer, creation)).await?;
    chain.activate(storage.address).await?;
    Ok(())
}

#[tokio::test]
async fn proxies_that_point_at_each_other_end_and_change_nothing() -> Done {
    let chain = Chain::start().await?;
    let maker = Maker::new(&chain)?;
    let code = maker.builder().contract("upgradeability-proxy")?.code;
    // A proxy's address follows from its creator's nonce, so two can name each other.
    let nonce: U256 = chain
        .request("eth_getTransactionCount", (chain.account(0), "latest"))
        .await?;
    let first = chain.account(0).create(nonce.to());
    let second = chain.account(0).create(nonce.to::<u64>() + 1);
    let found = chain
        .create(evm::proxy_creation_code(second, &code))
        .await?;
    assert_eq!(found, first);
    let found = chain.create(evm::proxy_creation_code(first, &code)).await?;
    assert_eq!(found, second);
    chain.activate(first).await?;
    for gas in [1_000_000, 30_000_000] {
        let endless = to(first, [1, 2, 3, 4]).with_gas_limit(gas);
        assert!(chain.call(endless).await.is_err(), "with {gas} gas");
    }
    let receipt = chain
        .send_anyway(to(first, [1, 2, 3, 4]).with_gas_limit(5_000_000))
        .await?;
    assert!(!receipt.status());
    Ok(())
}

#[tokio::test]
async fn its_own_selectors_are_answered_whatever_follows_them() -> Done {
    let chain = Chain::start().await?;
    let maker = Maker::new(&chain)?;
    let implementation = chain
        .create(maker.solidity().contract("Probe")?.creation.clone())
        .await?;
    let proxy = maker.make(Proxy::Upgradeability, implementation).await?;
    deploy_storage(&chain, &maker).await?;
    for extra in [0, 1, 31, 32, 33, 10_000] {
        let mut data = implementationCall::SELECTOR.to_vec();
        data.extend(std::iter::repeat_n(0xff, extra));
        let answer = chain.call(to(proxy, data)).await?;
        assert_eq!(answer, Bytes::from(implementation.into_word().0));
    }
    let with_value = to(proxy, registryCall::SELECTOR).with_value(U256::from(1));
    let value = U256::from(1);
    assert_reverts(chain.call(with_value).await, ValueNotAccepted { value });
    Ok(())
}
