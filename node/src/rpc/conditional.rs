//! `eth_sendRawTransactionConditional`: a transaction that counts only while the chain is as its sender expects.

use alloy::primitives::{Address, B256, U64, U256, map::HashMap};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use stylus_chain::BlockId;

use super::answer::ok;
use super::args::RpcArgs;
use super::method::{RpcContext, RpcRequest};
use super::send;
use crate::executor::CallerShare;
use crate::node::DevNode;
use crate::rpc_error::RpcError;

/// Conditions that must hold; block numbers are those of L1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SendConditions {
    known_accounts: HashMap<Address, KnownStorage>,
    block_number_min: Option<U64>,
    block_number_max: Option<U64>,
    timestamp_min: Option<U64>,
    timestamp_max: Option<U64>,
}

/// Known values of an account's storage.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum KnownStorage {
    Root(B256),
    Slots(HashMap<U256, B256>),
}

pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
    let name = "eth_sendRawTransactionConditional";
    module.register_async_method(name, move |params, context, caller| async move {
        let args = RpcArgs::new(name, &params, context.admission)?;
        let signed = send::recovered(&args)?;
        let from = Some(signed.signer());
        let conditions: SendConditions = args.opt(1, "conditions")?.unwrap_or_default();
        let send = move |node: &mut DevNode| {
            conditions.check(node)?;
            send::submit(node, signed.clone())
        };
        let request = RpcRequest {
            context: &context,
            share: &CallerShare::from_extensions(&caller),
        };
        ok(send::send_transaction(request, from, u64::MAX, send).await?)
    })?;
    Ok(())
}

impl SendConditions {
    /// Refuses the transaction in Nitro's words where something does not hold.
    fn check(&self, node: &DevNode) -> Result<(), RpcError> {
        let latest = BlockId::latest();
        let Some(head) = node.chain.block(latest) else {
            return Ok(());
        };
        let (number, time) = (head.l1_block_number, head.header.timestamp);
        let below =
            |least: Option<U64>, found: u64| least.is_some_and(|least| found < least.to::<u64>());
        let above =
            |most: Option<U64>, found: u64| most.is_some_and(|most| found > most.to::<u64>());
        for (fails, name) in [
            (below(self.block_number_min, number), "BlockNumberMin"),
            (above(self.block_number_max, number), "BlockNumberMax"),
            (below(self.timestamp_min, time), "TimestampMin"),
            (above(self.timestamp_max, time), "TimestampMax"),
        ] {
            if fails {
                return Err(RpcError::Condition(format!("{name} condition not met")));
            }
        }
        for (account, known) in &self.known_accounts {
            let holds = match known {
                KnownStorage::Root(root) => node.chain.storage_root(*account, latest)? == *root,
                KnownStorage::Slots(slots) => {
                    let mut all = true;
                    for (slot, value) in slots {
                        all &= node.chain.storage(*account, *slot, latest)? == *value;
                    }
                    all
                }
            };
            if !holds {
                let words = "Storage slot value condition not met";
                return Err(RpcError::Condition(words.into()));
            }
        }
        Ok(())
    }
}
