//! EIP-712 typed data, made of the very calldata by the types that the registry compiles in.

use super::{Approval, SignedError};
use alloy::dyn_abi::{DynSolValue, JsonAbiExt, TypedData};
use alloy::json_abi::Function;
use alloy::primitives::{B256, U256, keccak256};
use alloy::sol_types::Eip712Domain;
use serde::Serialize;
use serde_json::{Map, Value, json};
use stylus_upgrades_interface::parts::PARTS;
use stylus_upgrades_interface::signed::{
    CODE_TYPE, DOMAIN_NAME, DOMAIN_VERSION, SOURCES, STEP_TYPE, text,
};

/// The type of the domain.
const DOMAIN: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// The digests that ERC-8213 has wallets show, to be compared with the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// `hashStruct` of the domain: which registry on which chain.
    pub domain: B256,
    /// `hashStruct` of the message: what is approved.
    pub message: B256,
    /// What is signed.
    pub eip712: B256,
    /// keccak256 of the length and the bytes of the governed call.
    pub calldata: B256,
}

impl Digests {
    /// As people compare them.
    pub fn lines(&self) -> [String; 4] {
        [
            format!("domain hash      {}", self.domain),
            format!("message hash     {}", self.message),
            format!("EIP-712 digest   {}", self.eip712),
            format!("calldata digest  {}", self.calldata),
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
    /// [`SignedError::Untyped`] for calldata that are no governed call.
    pub fn typed_data(&self) -> Result<Value, SignedError> {
        let selector = self.call.get(..4).unwrap_or_default();
        let source = SOURCES.into_iter().find(|(known, ..)| known == selector);
        let source = source.ok_or_else(|| SignedError::Untyped {
            reason: "it is no governed call".into(),
        })?;
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
            "message": self.message(&own)?,
        }))
    }

    /// The message: the arguments by their names, and what tells the action from others.
    fn message(&self, own: &str) -> Result<Value, SignedError> {
        let untyped = |reason: String| SignedError::Untyped { reason };
        let selector = self.call.get(..4).unwrap_or_default();
        let mut answers = PARTS.iter().flat_map(|part| part.answers);
        let answer = answers.find(|answer| answer.selector == selector);
        let signature = answer.map(|answer| answer.signature).unwrap_or_default();
        let function = Function::parse(signature).map_err(|error| untyped(error.to_string()))?;
        let arguments = self.call.get(4..).unwrap_or_default();
        let values = function
            .abi_decode_input(arguments)
            .map_err(|error| untyped(error.to_string()))?;
        let mut message = Map::new();
        let (_, fields) = fields(own).unwrap_or_default();
        for ((kind, name), value) in fields.iter().zip(values) {
            message.insert((*name).into(), json_of(kind, &value)?);
        }
        message.insert("epoch".into(), self.epoch.to_string().into());
        message.insert("round".into(), self.round.to_string().into());
        message.insert("deadline".into(), self.deadline.to_string().into());
        Ok(message.into())
    }

    /// What its signer compares with what his device shows.
    ///
    /// # Errors
    /// As [`Self::typed_data`].
    pub fn digests(&self) -> Result<Digests, SignedError> {
        let untyped = |reason: String| SignedError::Untyped { reason };
        let data: TypedData = serde_json::from_value(self.typed_data()?)
            .map_err(|error| untyped(error.to_string()))?;
        let domain: &Eip712Domain = data.domain();
        let message = data
            .hash_struct()
            .map_err(|error| untyped(error.to_string()))?;
        let eip712 = data.eip712_signing_hash();
        Ok(Digests {
            domain: domain.hash_struct(),
            message,
            eip712: eip712.map_err(|error| untyped(error.to_string()))?,
            calldata: calldata_digest(&self.call),
        })
    }
}

/// The name of a type such as `Step(string from,uint8 kind)`, and its fields as type and name.
fn fields(encoded: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (name, inner) = encoded.split_once('(')?;
    let inner = inner.trim_end_matches(')').split(',');
    Some((
        name,
        inner.filter_map(|field| field.split_once(' ')).collect(),
    ))
}

/// A value of that type, as wallets write it. Numbers are decimal text: they may be too large for
/// JSON's.
fn json_of(kind: &str, value: &DynSolValue) -> Result<Value, SignedError> {
    let encoded = match kind {
        "Code" => CODE_TYPE,
        "Step" => STEP_TYPE,
        _ => "",
    };
    Ok(match value {
        DynSolValue::Tuple(values) => {
            let (_, fields) = fields(encoded).unwrap_or_default();
            let mut members = Map::new();
            for ((kind, name), value) in fields.iter().zip(values) {
                members.insert((*name).into(), json_of(kind, value)?);
            }
            members.into()
        }
        DynSolValue::String(text) => text.clone().into(),
        DynSolValue::Bytes(bytes) => alloy::hex::encode_prefixed(bytes).into(),
        DynSolValue::FixedBytes(word, size) => {
            alloy::hex::encode_prefixed(word.get(..*size).unwrap_or_default()).into()
        }
        DynSolValue::Address(address) => address.to_string().into(),
        DynSolValue::Uint(number, _) => number.to_string().into(),
        _ => {
            return Err(SignedError::Untyped {
                reason: format!("no governed call has a parameter of type {kind}"),
            });
        }
    })
}
