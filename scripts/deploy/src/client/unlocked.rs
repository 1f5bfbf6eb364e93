//! Transactions that the endpoint signs, with an account that it holds unlocked or asks a signer
//! for. What it signed is compared with the request before it is sent.

use super::send::Signs;
use super::{ChainError, Client};
use crate::ids::TxHash;
use alloy::consensus::transaction::SignerRecoverable;
use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::Decodable2718;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use serde_json::Value;

/// The RPC method. geth, Foundry, signers and this program's chain answer it in different formats.
const METHOD: &str = "eth_signTransaction";

impl Client {
    /// The same chain, with transactions that its endpoint signs for `account`.
    pub fn with_unlocked(&self, account: Address) -> Self {
        Self {
            sender: Some(account),
            signs: Signs::Endpoint,
            ..self.clone()
        }
    }

    /// Has the endpoint sign a request that has everything but the chain's id.
    pub(super) async fn signed_by_endpoint(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<(TxHash, Bytes), ChainError> {
        let unsigned = |reason: String| ChainError::unsigned(what, reason);
        let sender = self.sender(what)?;
        let request = request.with_from(sender).with_chain_id(self.chain_id);
        let answer = self.provider.raw_request(METHOD.into(), (request.clone(),));
        let answer: Value = match answer.await.map_err(|error| self.error(METHOD, error)) {
            Ok(answer) => answer,
            Err(error @ ChainError::Unreachable { .. }) => return Err(error),
            Err(error) => return Err(ChainError::not_held(what, sender, &error)),
        };
        let raw = answer.get("raw").unwrap_or(&answer).as_str();
        let raw = raw.and_then(|raw| raw.parse::<Bytes>().ok());
        let Some(raw) = raw else {
            return Err(unsigned(format!("{METHOD} answers no signed transaction")));
        };
        let signed = TxEnvelope::decode_2718(&mut &raw[..])
            .map_err(|error| unsigned(format!("{METHOD} answers no transaction: {error}")))?;
        let signer = signed.recover_signer().ok();
        let to = request.to.and_then(|kind| kind.to().copied());
        let is_same = signer == Some(sender)
            && signed.chain_id() == request.chain_id
            && Some(signed.nonce()) == request.nonce
            && signed.to() == to
            && signed.value() == request.value.unwrap_or_default()
            && signed.input() == &request.input.input().cloned().unwrap_or_default()
            && Some(signed.gas_limit()) == request.gas
            && Some(signed.max_fee_per_gas()) <= request.max_fee_per_gas;
        if is_same {
            Ok((TxHash(*signed.tx_hash()), raw))
        } else {
            Err(unsigned(
                "the endpoint signed another transaction than it was asked to".into(),
            ))
        }
    }
}
