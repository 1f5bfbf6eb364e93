//! A chain that answers JSON-RPC in this process: no port and no thread of its own. Who has a chain, such as a copy on
//! which something is tried, lends it, and takes it back afterwards.

use std::mem::replace;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jsonrpsee::types::ErrorObjectOwned;
use serde_json::value::RawValue;
use stylus_chain::Chain;

use crate::accounts::DevAccounts;
use crate::error::NodeError;
use crate::node::DevNode;
use crate::rpc;

/// A chain that was lent.
pub struct InProcessChain(Mutex<DevNode>);

impl InProcessChain {
    /// Serves that chain. It has the dev account of a nitro devnode alone; `eth_sendUnsignedTransaction` sends as
    /// anybody.
    ///
    /// # Errors
    /// [`NodeError::Mnemonic`] never in practice.
    pub fn serve(chain: Chain) -> Result<Self, NodeError> {
        let accounts = DevAccounts::nitro_alone()?;
        Ok(Self(Mutex::new(DevNode::from_chain(chain, accounts))))
    }

    /// Answers the method, on this thread. Methods that wait for something else than the chain, as those of
    /// signed transactions do, are unknown here.
    ///
    /// # Errors
    /// The error of JSON-RPC.
    pub fn answer(
        &self,
        method: &str,
        parameters: Option<&RawValue>,
    ) -> Result<Box<RawValue>, ErrorObjectOwned> {
        rpc::answer_at_once(&mut self.node(), method, parameters)
    }

    /// Gives the chain back. What is served from now on is a branch of it.
    pub fn take_chain(&self) -> Chain {
        let mut node = self.node();
        let branch = node.chain.branch();
        replace(&mut node.chain, branch)
    }

    fn node(&self) -> MutexGuard<'_, DevNode> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, B256, U256};
    use serde_json::{Value, json};
    use stylus_chain::{BlockId, ChainConfig};

    fn asked(node: &InProcessChain, method: &str, parameters: &Value) -> Result<Value, i32> {
        let parameters = serde_json::value::to_raw_value(parameters).expect("JSON");
        let answer = node.answer(method, Some(&parameters));
        let answer = answer.map_err(|error| error.code())?;
        Ok(serde_json::from_str(answer.get()).expect("JSON"))
    }

    #[test]
    fn a_chain_answers_takes_what_anybody_sends_and_is_given_back() {
        let mut chain = Chain::new(ChainConfig::default());
        let (who, to) = (Address::repeat_byte(7), Address::repeat_byte(8));
        chain.set_balance(who, U256::from(10).pow(U256::from(18)));
        let id = chain.snapshot();
        let node = InProcessChain::serve(chain).expect("a node");
        let sent = json!([{"from": who, "to": to, "value": "0x5", "gas": "0x5208"}]);
        let hash = asked(&node, "eth_sendUnsignedTransaction", &sent).expect("a hash");
        let receipt = asked(&node, "eth_getTransactionReceipt", &json!([hash])).expect("it");
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(
            asked(&node, "eth_getBalance", &json!([to, "latest"])),
            Ok(json!("0x5"))
        );
        assert_eq!(asked(&node, "eth_nothing", &json!([])), Err(-32_601));

        let mut chain = node.take_chain();
        let hash: B256 = serde_json::from_value(hash).expect("a hash");
        assert!(chain.receipt(hash).expect("it").success);
        assert!(chain.revert(id), "snapshots are still known");
        let account = chain.account(to, BlockId::latest()).expect("it");
        assert_eq!(account.balance, U256::ZERO);
    }
}
