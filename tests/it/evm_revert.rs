//! Tests what `evm_revert` restores and what it keeps, on our chain and on real anvil.

use crate::prelude::*;
const SENDER: Address = Address::repeat_byte(0x51);
const RECEIVER: Address = Address::repeat_byte(0x52);

async fn rpc(chain: &Chain, method: &'static str, params: Value) -> Result<Value, HarnessError> {
    chain.request::<_, Value>(method, params).await
}

/// Runs `change` between a snapshot and its revert, and then asks.
async fn kept(
    chain: &Chain,
    change: (&'static str, Value),
    question: (&'static str, Value),
) -> Result<Value, HarnessError> {
    let snapshot = rpc(chain, "evm_snapshot", json!([])).await?;
    rpc(chain, change.0, change.1).await?;
    assert_eq!(rpc(chain, "evm_revert", json!([snapshot])).await?, true);
    rpc(chain, question.0, question.1).await
}

/// Every setting that a revert might take back, after one.
async fn settings(chain: &Chain) -> Result<Vec<Value>, HarnessError> {
    let automine = || ("anvil_getAutomine", json!([]));
    let latest = || ("eth_getBlockByNumber", json!(["latest", false]));
    let mut found = Vec::new();
    found.push(kept(chain, ("evm_setAutomine", json!([false])), automine()).await?);
    found.push(kept(chain, ("evm_setAutomine", json!([true])), automine()).await?);
    let interval = ("evm_setIntervalMining", json!([1_000]));
    found.push(kept(chain, interval, ("anvil_getIntervalMining", json!([]))).await?);
    found.push(rpc(chain, "anvil_getAutomine", json!([])).await?);
    rpc(chain, "evm_setIntervalMining", json!([0])).await?;
    rpc(chain, "evm_setAutomine", json!([true])).await?;

    let before = rpc(chain, latest().0, latest().1).await?["gasLimit"].clone();
    let limit = ("evm_setBlockGasLimit", json!(["0x2000000"]));
    kept(chain, limit, ("evm_mine", json!([]))).await?;
    let after = rpc(chain, latest().0, latest().1).await?["gasLimit"].clone();
    found.push(json!(before == after));
    let coinbase = ("anvil_setCoinbase", json!([RECEIVER]));
    kept(chain, coinbase, ("evm_mine", json!([]))).await?;
    found.push(rpc(chain, latest().0, latest().1).await?["miner"].clone());

    let impersonate = ("anvil_impersonateAccount", json!([SENDER]));
    let rich = (
        "anvil_setBalance",
        json!([SENDER, U256::from(10).pow(U256::from(20))]),
    );
    kept(chain, impersonate, rich).await?;
    let gift = json!([{ "from": SENDER, "to": RECEIVER, "value": "0x1" }]);
    found.push(json!(rpc(chain, "eth_sendTransaction", gift).await.is_ok()));
    Ok(found)
}

#[tokio::test]
async fn a_revert_leaves_the_settings_that_anvil_leaves() -> Result<(), HarnessError> {
    let own = settings(&Chain::embedded()?).await?;
    let anvils = settings(&Chain::anvil()?).await?;
    assert_eq!(own, anvils);
    // Automine is not taken back, the block gas limit is.
    assert_eq!(
        (&own[0], &own[1], &own[4]),
        (&json!(false), &json!(true), &json!(true))
    );
    Ok(())
}
