//! Tests the ERC-20 example, whose version 2 adds permits.

use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolStruct, eip712_domain};
use stylus_upgrades_harness::{Harness, HarnessError, Instance, step};
use stylus_upgrades_tests::abi::IToken::{
    DOMAIN_SEPARATORCall, allowanceCall, approveCall, initializeCall, migrateCall, nameCall,
    noncesCall, permitCall, transferCall,
};
use stylus_upgrades_tests::examples::example;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
}

type Done = Result<(), HarnessError>;

/// A token at 1.0 with some history, and 2.0 registered.
async fn token(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let [owner, to, spender] = [0, 1, 2].map(|index| harness.account(index));
    let [supply, sent, allowed] = [1_000, 100, 50].map(U256::from);
    let folders = ["contracts/erc20_v1", "contracts/erc20_v2"];
    let initialize = initializeCall { owner, supply };
    let it = example(harness, "Token", folders, &initialize).await?;
    it.add_second(step::call("1.0", &migrateCall {})).await?;
    let transfer = transferCall { to, value: sent };
    it.instance.send(&transfer).await?;
    let approve = approveCall {
        spender,
        value: allowed,
    };
    it.instance.send(&approve).await?;
    Ok(it.instance)
}

fn domain(token: Address, name: String, chain_id: u64) -> Eip712Domain {
    eip712_domain! { name: name, version: "1", chain_id: chain_id, verifying_contract: token, }
}

#[tokio::test]
async fn a_permit_is_accepted_after_the_upgrade_and_once() -> Done {
    let harness = Harness::start().await?;
    let token = token(&harness).await?;
    let [owner, spender] = [0, 3].map(|i| harness.account(i));
    assert!(
        token.read(&noncesCall { owner }).await.is_err(),
        "version 1 knows no permits"
    );
    token.upgrade("2.0").await?;

    let name = token.read(&nameCall {}).await?;
    let domain = domain(token.address(), name, harness.client().chain_id());
    let found = token.read(&DOMAIN_SEPARATORCall {}).await?;
    assert_eq!(found, domain.separator());
    let permit = Permit {
        owner,
        spender,
        value: U256::from(77),
        nonce: U256::ZERO,
        deadline: U256::MAX,
    };
    let hash = permit.eip712_signing_hash(&domain);
    let signed = harness.chain().signer().sign_hash_sync(&hash);
    let signed = signed.expect("a local key signs");
    let call = permitCall {
        owner,
        spender,
        value: permit.value,
        deadline: permit.deadline,
        v: 27 + u8::from(signed.v()),
        r: B256::from(signed.r()),
        s: B256::from(signed.s()),
    };
    let by_anybody = token.by(harness.account(5));
    by_anybody.send(&call).await?;
    let found = token.read(&allowanceCall { owner, spender }).await?;
    assert_eq!(found, U256::from(77));
    assert_eq!(token.read(&noncesCall { owner }).await?, U256::from(1));
    assert!(matches!(
        by_anybody.send(&call).await,
        Err(HarnessError::Reverted(_))
    ));
    Ok(())
}
