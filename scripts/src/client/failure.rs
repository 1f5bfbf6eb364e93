//! Why a mined transaction failed. It is looked at where it stood: behind the earlier transactions
//! of its own block, because what they changed may be the reason.

use super::fork::Remote;
use super::{ChainError, Client, Revert};
use crate::ids::TxHash;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes, U64, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{BlockId, CallRequest, Chain, ChainConfig, Overrides};

/// What the forked block's senders own, in wei: fees are no matter of it.
const SIMULATED_BALANCE: U256 = U256::from_limbs([0, 0, 1 << 30, 0]);

/// A transaction as `eth_getBlockByNumber` gives it, whatever its type: Nitro begins each block with
/// one of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mined {
    hash: TxHash,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    value: U256,
    #[serde(default)]
    gas: U256,
    #[serde(default)]
    input: Bytes,
    #[serde(default, rename = "type")]
    kind: Option<U64>,
}

/// Nitro's own transactions have types from here on (`ArbitrumDepositTx` to `ArbitrumInternalTx`).
const NITRO_TYPES: u64 = 0x64;

#[derive(Debug, Deserialize)]
struct Block {
    timestamp: U64,
    transactions: Vec<Mined>,
}

impl Client {
    /// Why the transaction failed, from the endpoint's trace of it, else from a replay of its
    /// block in a fork of the block before. `limit` is the gas that was sent along.
    pub(super) async fn failure(
        &self,
        what: &str,
        receipt: &TransactionReceipt,
        limit: u64,
    ) -> ChainError {
        let dry = || ChainError::OutOfGas {
            what: what.into(),
            tx: receipt.transaction_hash.into(),
            used: receipt.gas_used,
            limit,
        };
        let refused = |output: &[u8]| ChainError::Refused {
            what: what.into(),
            revert: Revert::decode(output),
        };
        if receipt.gas_used >= limit {
            return dry();
        }
        if let Some(frame) = self.trace(receipt.transaction_hash.into()).await {
            return match ran_dry(&frame) && is_nearly_all(receipt.gas_used, limit) {
                true => dry(),
                false => refused(&output(&frame)),
            };
        }
        match self.replay(receipt).await {
            Ok(Replayed::OutOfGas) => dry(),
            Ok(Replayed::Reverted(output)) => refused(&output),
            Err(_) if is_nearly_all(receipt.gas_used, limit) => dry(),
            Err(reason) => ChainError::Unexplained {
                what: what.into(),
                tx: receipt.transaction_hash.into(),
                reason,
            },
        }
    }

    /// The call tree of a mined transaction, where the endpoint traces.
    async fn trace(&self, tx: TxHash) -> Option<Value> {
        let query = (tx, json!({ "tracer": "callTracer" }));
        let traced = self
            .provider
            .raw_request::<_, Value>("debug_traceTransaction".into(), query)
            .await
            .ok()?;
        traced.get("error").is_some().then_some(traced)
    }

    /// The transaction again, behind those that its block holds before it.
    async fn replay(&self, receipt: &TransactionReceipt) -> Result<Replayed, String> {
        let number = receipt.block_number.ok_or("its receipt names no block")?;
        let before = number.checked_sub(1).ok_or("it is in the first block")?;
        let block: Option<Block> = self
            .provider
            .raw_request(
                "eth_getBlockByNumber".into(),
                (BlockNumberOrTag::Number(number), true),
            )
            .await
            .map_err(|error| error.to_string())?;
        let block = block.ok_or("the endpoint does not have its block")?;
        let forked = Remote::at(self, BlockNumberOrTag::Number(before)).await;
        let (remote, config) = forked.map_err(|error| error.to_string())?;
        let tx = TxHash(receipt.transaction_hash);
        let work = tokio::task::spawn_blocking(move || replay(remote, config, &block, tx));
        work.await.map_err(|error| error.to_string())?
    }
}

/// What came of a replay.
enum Replayed {
    /// It fails with the gas that it had, and with enough it does not.
    OutOfGas,
    /// It reverts with this, whatever its gas.
    Reverted(Bytes),
}

fn replay(
    remote: Remote,
    config: ChainConfig,
    block: &Block,
    tx: TxHash,
) -> Result<Replayed, String> {
    let to_text = |error: stylus_chain::ChainError| error.to_string();
    let mut chain = Chain::fork(config, Box::new(remote)).map_err(to_text)?;
    let position = block.transactions.iter().position(|one| one.hash == tx);
    let (before, ours) = position
        .and_then(|at| block.transactions.split_at_checked(at))
        .and_then(|(before, rest)| Some((before, rest.first()?)))
        .ok_or("its block does not hold it any more")?;
    chain.set_automine(false);
    let time = block.timestamp.to();
    chain.set_next_timestamp(time).map_err(to_text)?;
    for one in before {
        if one.kind.is_some_and(|kind| kind.to::<u64>() >= NITRO_TYPES) {
            continue;
        }
        chain.set_balance(one.from, SIMULATED_BALANCE);
        chain
            .submit_unsigned(one.from, one.request(Some(one.gas.saturating_to())))
            .map_err(to_text)?;
    }
    chain.mine(1, None).map_err(to_text)?;
    chain.set_balance(ours.from, SIMULATED_BALANCE);
    let (latest, none) = (BlockId::latest(), Overrides::default());
    let call = |gas| {
        chain
            .call(ours.request(gas), latest, &none)
            .map_err(to_text)
    };
    let as_it_was = call(Some(ours.gas.saturating_to()))?;
    if as_it_was.success {
        return Err("a replay of its block lets it pass".into());
    }
    let with_more = call(None)?;
    if with_more.success {
        return Ok(Replayed::OutOfGas);
    }
    Ok(Replayed::Reverted(with_more.output))
}

impl Mined {
    fn request(&self, gas: Option<u64>) -> CallRequest {
        CallRequest {
            from: Some(self.from),
            to: self.to,
            gas,
            value: self.value,
            input: self.input.clone(),
            ..CallRequest::default()
        }
    }
}

/// Whether the innermost of the frames that failed last had no gas left.
fn ran_dry(frame: &Value) -> bool {
    let mut below = frame["calls"].as_array().into_iter().flatten();
    match below.rfind(|one| one.get("error").is_some()) {
        Some(failed) => ran_dry(failed),
        None => frame["error"]
            .as_str()
            .is_some_and(|error| error.contains("out of gas")),
    }
}

/// A frame that runs dry leaves 1/64 to each one around it.
fn is_nearly_all(used: u64, limit: u64) -> bool {
    used >= limit - limit / 8
}

fn output(frame: &Value) -> Bytes {
    let output = frame["output"].as_str();
    output
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Replayed, is_nearly_all, ran_dry};
    use crate::client::{ChainError, Client};
    use alloy::network::TransactionBuilder;
    use alloy::primitives::B256;
    use alloy::providers::Provider;
    use alloy::rpc::types::TransactionRequest;
    use serde_json::json;

    #[test]
    fn the_last_failed_frame_says_whether_gas_ran_out() {
        let dry = json!({"error": "execution reverted", "calls": [
            {"error": "execution reverted"},
            {"error": "execution reverted", "calls": [{"error": "out of gas"}, {"output": "0x"}]},
        ]});
        assert!(ran_dry(&dry));
        let tolerated = json!({"error": "execution reverted", "calls": [
            {"error": "out of gas"},
            {"error": "execution reverted", "output": "0x08c379a0"},
        ]});
        assert!(!ran_dry(&tolerated));
        assert!(is_nearly_all(950, 1_000) && !is_nearly_all(600, 1_000));
    }

    /// Init code that counts down from 20,000: half a million gas.
    const COUNT_DOWN: [u8; 15] = alloy::hex!("614e205b6001900380600357005b5b");

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_ran_out_of_gas_is_reported_with_what_it_used_and_had() {
        let node =
            stylus_devnode::spawn(stylus_devnode::NodeConfig::default()).expect("a free port");
        let signer = node.accounts().mnemonic()[0].clone();
        let client = Client::connect(&node.endpoint()).await.expect("it answers");
        let client = client.with_signer(signer);
        let limit = 200_000;
        let request = TransactionRequest::default()
            .with_to(stylus_upgrades_interface::chain::CREATE2_DEPLOYER)
            .with_input([B256::ZERO.as_slice(), &COUNT_DOWN].concat())
            .with_nonce(0)
            .with_gas_limit(limit)
            .with_max_fee_per_gas(10_000_000_000)
            .with_max_priority_fee_per_gas(0);
        let (tx, signed) = client.sign("count down", request).await.expect("signed");
        let sent = client.provider().send_raw_transaction(&signed).await;
        drop(sent.expect("it is taken"));
        let receipt = client.receipt("count down", tx).await.expect("it is mined");
        assert!(!receipt.status() && receipt.gas_used < limit);
        let ChainError::OutOfGas {
            used, limit: had, ..
        } = client.failure("count down", &receipt, limit).await
        else {
            panic!("another reason");
        };
        assert_eq!((used, had), (receipt.gas_used, limit));
        let replayed = client.replay(&receipt).await;
        assert!(matches!(replayed, Ok(Replayed::OutOfGas)));
    }
}
