//! The reason why a mined transaction failed: the endpoint's trace says it, else what the same call answers as of its
//! block.

use super::send::Signs;
use super::{ChainError, Client, Revert};
use crate::call_tree::{self, Frame};
use crate::ids::TxHash;
use alloy::eips::BlockId;
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use serde_json::json;
use serde_json::value::RawValue;

impl Client {
    /// Finds out why the transaction of `request` failed. `limit` is the gas that was sent along.
    pub(super) async fn failure(
        &self,
        what: &str,
        request: TransactionRequest,
        receipt: &TransactionReceipt,
        limit: u64,
    ) -> ChainError {
        let tx: TxHash = receipt.transaction_hash.into();
        let used = receipt.gas_used;
        let dry = || match self.signs {
            Signs::Anybody => ChainError::halted(what, format!("out of gas: {used} of {limit}")),
            _ => ChainError::out_of_gas(what, tx, used, limit),
        };
        // A frame that runs out of gas leaves 1/64 of the gas to its caller.
        let is_nearly_all = receipt.gas_used >= limit - limit / 8;
        if receipt.gas_used >= limit {
            return dry();
        }
        if let Some(frames) = self.trace(tx).await {
            let output = frames.first().map(|root| root.output.clone());
            return if ran_dry(&frames) && is_nearly_all {
                dry()
            } else {
                let revert = Revert::decode(&output.unwrap_or_default());
                self.said(ChainError::refused(what, revert))
            };
        }
        let block = BlockId::number(receipt.block_number.unwrap_or_default());
        let reason = match self.provider.call(request).block(block).await {
            Ok(_) => "the same call succeeds at the end of its block".to_owned(),
            Err(error) => match self.error(what, error) {
                refused @ ChainError::Refused { .. } => {
                    return refused.during(&format!(
                        "{what} ({tx} failed and the endpoint does not trace it: the reason is what the same call \
                         says at the end of its block)"
                    ));
                }
                error => error.to_string(),
            },
        };
        if is_nearly_all {
            dry()
        } else {
            ChainError::unexplained(what, tx, reason)
        }
    }

    /// Reads what a tracer of the endpoint says. It may be nested deeper than a parser of JSON goes at once.
    pub async fn traced(&self, tx: TxHash, tracer: &str) -> Result<Box<RawValue>, ChainError> {
        let method = "debug_traceTransaction";
        let query = (tx, json!({ "tracer": tracer }));
        let answer = self.provider.raw_request(method.into(), query).await;
        answer.map_err(|error| self.error(method, error))
    }

    /// The calls of a transaction that failed, where the endpoint traces.
    async fn trace(&self, tx: TxHash) -> Option<Vec<Frame>> {
        let traced = self.traced(tx, "callTracer").await.ok()?;
        let frames = call_tree::read(&traced).ok()?;
        frames.first()?.error.is_some().then_some(frames)
    }
}

/// Returns true if the innermost of the frames that failed last had no gas left.
fn ran_dry(frames: &[Frame]) -> bool {
    let failed = |at: &usize| frames.get(*at).is_some_and(|frame| frame.error.is_some());
    let mut at = 0;
    while let Some(inner) = call_tree::children(frames, at).into_iter().rfind(failed) {
        at = inner;
    }
    let error = frames.get(at).and_then(|frame| frame.error.as_deref());
    error.is_some_and(|error| error.contains("out of gas"))
}

#[cfg(test)]
mod tests {
    use super::ran_dry;
    use crate::call_tree;
    use crate::client::Client;
    use crate::error::Explain;
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
        let (tx, signed) = client
            .sign("count down", request.clone())
            .await
            .expect("signed");
        let sent = client.provider().send_raw_transaction(&signed).await;
        drop(sent.expect("it is taken"));
        let receipt = client.receipt("count down", tx, None).await;
        let receipt = receipt.expect("it is mined");
        assert!(!receipt.status() && receipt.gas_used < limit);
        let error = client.failure("count down", request, &receipt, limit).await;
        assert!(error.is_out_of_gas(), "{error}");
        let used = format!("{} of {limit} gas used", receipt.gas_used);
        assert_eq!(error.found(), Some(used));
    }
}
