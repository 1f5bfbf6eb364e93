//! Signatures of the dev accounts: `eth_sign`, `personal_sign`, `eth_signTypedData_v4`.

use std::collections::{BTreeMap, HashMap};

use alloy::dyn_abi::TypedData;
use alloy::primitives::{Address, Bytes, Signature};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use serde::Deserialize;
use serde_json::Value;

use super::answer::ok;
use super::args::{RpcArgs, values_in};
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use crate::limits::{PARAMETERS, TYPES, VALUES};
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_sign", Read(eth_sign)),
    ("personal_sign", Read(personal_sign)),
    ("eth_signTypedData", Read(typed_data)),
    ("eth_signTypedData_v4", Read(typed_data)),
];

/// `(address, message)`, EIP-191.
fn eth_sign(view: &NodeView, args: &RpcArgs) -> RpcResult {
    sign_message(
        signer(view, args.get(0, "address")?)?,
        args.get(1, "message")?,
    )
}

/// `(message, address)`, EIP-191.
fn personal_sign(view: &NodeView, args: &RpcArgs) -> RpcResult {
    sign_message(
        signer(view, args.get(1, "address")?)?,
        args.get(0, "message")?,
    )
}

/// `(address, data)`, EIP-712; the data is an object or the same as text.
fn typed_data(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let refuse = |error: String| RpcError::Params(format!("parameter 1 (typed data): {error}"));
    let given = match args.get::<Value>(1, "typed data")? {
        Value::String(text) => {
            PARAMETERS.check(values_in(text.as_bytes()))?;
            serde_json::from_str(&text)
        }
        value => Ok(value),
    };
    let given = given.map_err(|error| refuse(error.to_string()))?;
    let shape = TypedDataShape::deserialize(&given).map_err(|error| refuse(error.to_string()))?;
    TYPES.check(shape.types())?;
    VALUES.check(values(&given["message"]) + values(&given["domain"]))?;
    let data: TypedData =
        serde_json::from_value(given).map_err(|error| refuse(error.to_string()))?;
    let hash = data
        .eip712_signing_hash()
        .map_err(|error| refuse(error.to_string()))?;
    answer(signer(view, args.get(0, "address")?)?.sign_hash_sync(&hash))
}

/// The shape that decides how many types a message stands for: each type is written out wherever it is named.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypedDataShape {
    types: BTreeMap<String, Vec<TypedDataField>>,
    primary_type: String,
}

#[derive(Deserialize)]
struct TypedDataField {
    #[serde(rename = "type")]
    kind: String,
}

impl TypedDataShape {
    /// The types that the primary type and the domain stand for, or that there are.
    fn types(&self) -> usize {
        let named = self.types.len();
        if named > TYPES.most {
            return named;
        }
        let mut known = HashMap::new();
        let roots = [self.primary_type.as_str(), "EIP712Domain"];
        let written = roots.map(|root| self.written_out(root, &mut known));
        named.max(written.into_iter().fold(0, usize::saturating_add))
    }

    /// A type in a circle counts once: alloy refuses it.
    fn written_out<'a>(&'a self, name: &'a str, known: &mut HashMap<&'a str, usize>) -> usize {
        if let Some(count) = known.get(name) {
            return *count;
        }
        known.insert(name, 1);
        let fields = self.types.get(name).into_iter().flatten();
        let counts = fields.map(|field| {
            let mut parts = field.kind.split('[');
            let inner = parts.next().unwrap_or_default();
            self.written_out(inner, known).saturating_add(parts.count())
        });
        let count = counts.fold(1, usize::saturating_add);
        known.insert(name, count);
        count
    }
}

/// The values in a document, lists and objects included.
fn values(document: &Value) -> usize {
    match document {
        Value::Array(items) => 1 + items.iter().map(values).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(values).sum::<usize>(),
        _ => 1,
    }
}

/// A message that is not hexadecimal is signed as text.
fn sign_message(signer: &PrivateKeySigner, message: String) -> RpcResult {
    let bytes = message
        .parse::<Bytes>()
        .ok()
        .filter(|_| message.starts_with("0x"));
    answer(signer.sign_message_sync(&bytes.unwrap_or_else(|| message.into_bytes().into())))
}

fn signer(view: &NodeView, address: Address) -> Result<&PrivateKeySigner, RpcError> {
    view.accounts
        .signer(address)
        .ok_or(RpcError::NoSigner(address))
}

fn answer(signature: alloy::signers::Result<Signature>) -> RpcResult {
    let signature = signature.map_err(|error| RpcError::Internal(error.to_string()))?;
    ok(Bytes::from(signature.as_bytes().to_vec()))
}
