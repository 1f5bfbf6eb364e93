//! Why a mined transaction failed. It is looked at where it stood: behind the earlier transactions
//! of its own block, because what they changed may be the reason.

use super::fork::{BlockAnswer, Fork, ForkError, PastTransaction, Replayed, with_more_gas};
use super::{ChainError, Client, Revert};
use crate::call_tree::{self, Frame};
use crate::ids::TxHash;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::Bytes;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use serde_json::json;
use serde_json::value::RawValue;

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
        if let Some(frames) = self.trace(receipt.transaction_hash.into()).await {
            let output = frames.first().map(|root| root.output.clone());
            return match ran_dry(&frames) && is_nearly_all(receipt.gas_used, limit) {
                true => dry(),
                false => refused(&output.unwrap_or_default()),
            };
        }
        match self.replay(receipt).await {
            Ok(Cause::OutOfGas) => dry(),
            Ok(Cause::Reverted(output)) => refused(&output),
            Err(_) if is_nearly_all(receipt.gas_used, limit) => dry(),
            Err(reason) => ChainError::Unexplained {
                what: what.into(),
                tx: receipt.transaction_hash.into(),
                reason,
            },
        }
    }

    /// The calls of a transaction that failed, where the endpoint traces.
    async fn trace(&self, tx: TxHash) -> Option<Vec<Frame>> {
        let query = (tx, json!({ "tracer": "callTracer" }));
        let traced = self
            .provider
            .raw_request::<_, Box<RawValue>>("debug_traceTransaction".into(), query)
            .await
            .ok()?;
        let frames = call_tree::read(&traced).ok()?;
        frames.first()?.error.is_some().then_some(frames)
    }

    /// The transaction again, behind those that its block holds before it.
    async fn replay(&self, receipt: &TransactionReceipt) -> Result<Cause, String> {
        let number = receipt.block_number.ok_or("its receipt names no block")?;
        let before = number.checked_sub(1).ok_or("it is in the first block")?;
        let block = BlockAnswer::read(self, number).await;
        let block = block.map_err(|error| error.to_string())?;
        let all = block.transactions.iter().filter_map(PastTransaction::read);
        let mut all: Vec<PastTransaction> = all.collect();
        let ours = all
            .iter()
            .position(|one| one.hash.0 == receipt.transaction_hash);
        all.truncate(ours.ok_or("its block does not hold it any more")? + 1);
        let block = block.with(all);
        let fork = Fork::at(self, BlockNumberOrTag::Number(before)).await;
        let fork = fork.map_err(|error| error.to_string())?;
        let replayed =
            fork.carry_out(move |chain| Ok::<_, ForkError>(with_more_gas(chain, &block)?));
        match replayed.await.map_err(|error| error.to_string())? {
            Some((had, _)) if had.succeeded() => Err("a replay of its block lets it pass".into()),
            Some((_, more)) if more.succeeded() => Ok(Cause::OutOfGas),
            Some((_, Replayed::Mined(receipt))) => Ok(Cause::Reverted(receipt.output)),
            Some((_, Replayed::Rejected(reason))) => Err(reason),
            None => Err("its block has no transactions".into()),
        }
    }
}

/// What a replay shows.
enum Cause {
    /// It fails with the gas that it had, and with enough it does not.
    OutOfGas,
    /// It reverts with this, whatever its gas.
    Reverted(Bytes),
}

/// Whether the innermost of the frames that failed last had no gas left.
fn ran_dry(frames: &[Frame]) -> bool {
    let failed = |at: &usize| frames.get(*at).is_some_and(|frame| frame.error.is_some());
    let mut at = 0;
    while let Some(inner) = call_tree::children(frames, at).into_iter().rfind(failed) {
        at = inner;
    }
    let error = frames.get(at).and_then(|frame| frame.error.as_deref());
    error.is_some_and(|error| error.contains("out of gas"))
}

/// A frame that runs dry leaves 1/64 to each one around it.
fn is_nearly_all(used: u64, limit: u64) -> bool {
    used >= limit - limit / 8
}

#[cfg(test)]
mod tests {
    use super::{Cause, is_nearly_all, ran_dry};
    use crate::call_tree;
    use crate::client::{ChainError, Client};
    use alloy::network::TransactionBuilder;
    use alloy::primitives::B256;
    use alloy::providers::Provider;
    use alloy::rpc::types::TransactionRequest;
    use serde_json::{Value, json};
    use stylus_upgrades_test_support::call_frame as call;

    #[test]
    fn the_last_failed_frame_says_whether_gas_ran_out() {
        let failed = |error: &str, calls: &[Value]| {
            let mut frame = call(2, 1, calls);
            frame["error"] = json!(error);
            frame
        };
        let ran_dry = |root: &Value| ran_dry(&call_tree::read_value(root).expect("a tree"));
        let inner = [failed("out of gas", &[]), call(3, 1, &[])];
        let reverted = failed("execution reverted", &[]);
        let dry = [reverted.clone(), failed("execution reverted", &inner)];
        assert!(ran_dry(&failed("execution reverted", &dry)));
        let tolerated = [failed("out of gas", &[]), reverted];
        assert!(!ran_dry(&failed("execution reverted", &tolerated)));
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
        assert!(matches!(replayed, Ok(Cause::OutOfGas)));
    }
}
