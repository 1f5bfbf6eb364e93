//! Signatures of the dev accounts: `eth_sign`, `personal_sign`, `eth_signTypedData_v4`.

use std::collections::HashMap;

use alloy::dyn_abi::TypedData;
use alloy::primitives::{Address, Bytes, Signature};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use serde_json::Value;

use super::answer::ok;
use super::args::Args;
use super::method::Method::Read;
use super::method::{RpcResult, Table};
use crate::rpc_error::RpcError;
use crate::view::View;

/// Most fields of typed data, each struct written out.
const MAX_FIELDS: usize = 10_000;

/// Most bytes of typed data.
const MAX_TYPED_DATA: usize = 1 << 20;

pub(super) const METHODS: Table = &[
    ("eth_sign", Read(eth_sign)),
    ("personal_sign", Read(personal_sign)),
    ("eth_signTypedData", Read(typed_data)),
    ("eth_signTypedData_v4", Read(typed_data)),
];

/// `(address, message)`, EIP-191.
fn eth_sign(view: &View, args: &Args) -> RpcResult {
    sign_message(
        signer(view, args.get(0, "address")?)?,
        args.get(1, "message")?,
    )
}

/// `(message, address)`, EIP-191.
fn personal_sign(view: &View, args: &Args) -> RpcResult {
    sign_message(
        signer(view, args.get(1, "address")?)?,
        args.get(0, "message")?,
    )
}

/// `(address, data)`, EIP-712; the data is an object or the same as text.
fn typed_data(view: &View, args: &Args) -> RpcResult {
    let refuse = |error: String| RpcError::Params(format!("parameter 1 (typed data): {error}"));
    // Hashing a list of millions of items cannot be interrupted.
    args.at_most_bytes(1, "typed data", MAX_TYPED_DATA)?;
    let data: TypedData = match args.get::<Value>(1, "typed data")? {
        Value::String(text) => serde_json::from_str(&text),
        value => serde_json::from_value(value),
    }
    .map_err(|error| refuse(error.to_string()))?;
    if size_of(&data) > MAX_FIELDS {
        return Err(refuse(format!(
            "expected types that have at most {MAX_FIELDS} fields when each is written out"
        )));
    }
    let hash = data
        .eip712_signing_hash()
        .map_err(|error| refuse(error.to_string()))?;
    answer(signer(view, args.get(0, "address")?)?.sign_hash_sync(&hash))
}

/// Fields of the primary type when each struct in it is written out, which is what hashing does. Types
/// that contain themselves are refused by it before.
fn size_of(data: &TypedData) -> usize {
    fn size<'a>(
        types: &'a Value,
        name: &'a str,
        depth: usize,
        known: &mut HashMap<&'a str, usize>,
    ) -> usize {
        let name = name.split('[').next().unwrap_or(name);
        if let Some(size) = known.get(name) {
            return *size;
        }
        let fields = types[name].as_array().filter(|_| depth < MAX_FIELDS);
        // Where it contains itself, it counts once.
        known.insert(name, 1);
        let sizes = fields.into_iter().flatten().map(|field| {
            let of = field["type"].as_str().unwrap_or_default();
            size(types, of, depth + 1, known)
        });
        let sum = sizes.fold(1usize, usize::saturating_add);
        known.insert(name, sum);
        sum
    }
    let types = serde_json::to_value(&data.resolver).unwrap_or_default();
    size(&types, &data.primary_type, 0, &mut HashMap::new())
}

/// A message that is not hexadecimal is signed as text.
fn sign_message(signer: &PrivateKeySigner, message: String) -> RpcResult {
    let bytes = message
        .parse::<Bytes>()
        .ok()
        .filter(|_| message.starts_with("0x"));
    answer(signer.sign_message_sync(&bytes.unwrap_or_else(|| message.into_bytes().into())))
}

fn signer(view: &View, address: Address) -> Result<&PrivateKeySigner, RpcError> {
    view.accounts
        .signer(address)
        .ok_or(RpcError::NoSigner(address))
}

fn answer(signature: alloy::signers::Result<Signature>) -> RpcResult {
    let signature = signature.map_err(|error| RpcError::Internal(error.to_string()))?;
    ok(Bytes::from(signature.as_bytes().to_vec()))
}
