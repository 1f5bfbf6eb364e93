//! EIP-712 typed data, made of the very calldata by the types that the registry compiles in.

use super::super::arguments::{arguments, fields};
use super::{Approval, untyped};
use crate::client::ChainError;
use alloy::dyn_abi::TypedData;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::Eip712Domain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use stylus_upgrades_interface::signed::{DOMAIN_NAME, DOMAIN_VERSION, SOURCES, text};

/// The type of the domain.
const DOMAIN: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// The digests that ERC-8213 has wallets show, to be compared with the device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The account that signs.
    pub approver: Address,
    /// `hashStruct` of the domain: which registry on which chain.
    pub domain: B256,
    /// `hashStruct` of the message: what is approved.
    pub message: B256,
    /// The digest that is signed.
    pub eip712: B256,
    /// keccak256 of the length and the bytes of the governed call.
    pub calldata: B256,
}

impl Digests {
    /// Formats the digests as people compare them.
    pub fn lines(&self) -> [String; 4] {
        let ([message, digest], [domain, calldata]) = (self.of_signer(), self.of_call());
        [domain, message, digest, calldata]
    }

    /// Formats the digests that are the same for every signer.
    pub fn of_call(&self) -> [String; 2] {
        [
            format!("domain hash      {}", self.domain),
            format!("calldata digest  {}", self.calldata),
        ]
    }

    /// Formats the digests that are the signer's own.
    pub fn of_signer(&self) -> [String; 2] {
        [
            format!("message hash     {}", self.message),
            format!("EIP-712 digest   {}", self.eip712),
        ]
    }
}

/// ERC-8213: the digest of calldata.
pub fn calldata_digest(call: &[u8]) -> B256 {
    let length = U256::from(call.len()).to_be_bytes::<32>();
    keccak256([&length, call].concat())
}

impl Approval {
    /// The typed data, as `eth_signTypedData_v4` takes it.
    ///
    /// # Errors
    /// `Untyped` for calldata that are no governed call.
    pub fn typed_data(&self) -> Result<Value, ChainError> {
        let selector = self.call.get(..4).unwrap_or_default();
        let source = SOURCES.into_iter().find(|(known, ..)| known == selector);
        let source = source.ok_or_else(|| untyped("it is no governed call"))?;
        let (_, name, _) = source;
        let mut types = Map::new();
        let all = text(source);
        let own: String = all[..all.len() - 2].concat();
        for encoded in [DOMAIN, &own, all[all.len() - 2], all[all.len() - 1]] {
            if let Some((name, fields)) = fields(encoded) {
                let fields = fields
                    .iter()
                    .map(|(kind, name)| json!({"name": name, "type": kind}));
                types.insert(name.into(), fields.collect());
            }
        }
        Ok(json!({
            "types": types,
            "primaryType": name,
            "domain": {
                "name": DOMAIN_NAME,
                "version": DOMAIN_VERSION,
                "chainId": self.chain_id,
                "verifyingContract": self.registry,
            },
            "message": self.message()?,
        }))
    }

    /// The message: the arguments by their names, what tells the action from others, and who approves.
    fn message(&self) -> Result<Value, ChainError> {
        let arguments = arguments(&self.call);
        let mut message = arguments.map_err(|reason| untyped(&reason))?;
        message.insert("epoch".into(), self.epoch.to_string().into());
        message.insert("round".into(), self.round.to_string().into());
        message.insert("deadline".into(), self.deadline.to_string().into());
        message.insert("approver".into(), self.approver.to_string().into());
        Ok(message.into())
    }

    /// Computes the digests that the signer compares with those on the signing device.
    ///
    /// # Errors
    /// As [`Self::typed_data`].
    pub fn digests(&self) -> Result<Digests, ChainError> {
        let data: TypedData = serde_json::from_value(self.typed_data()?)
            .map_err(|error| untyped(&error.to_string()))?;
        let domain: &Eip712Domain = data.domain();
        let message = data
            .hash_struct()
            .map_err(|error| untyped(&error.to_string()))?;
        let eip712 = data.eip712_signing_hash();
        Ok(Digests {
            approver: self.approver,
            domain: domain.hash_struct(),
            message,
            eip712: eip712.map_err(|error| untyped(&error.to_string()))?,
            calldata: calldata_digest(&self.call),
        })
    }
}
