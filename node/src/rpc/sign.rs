//! Signatures of the dev accounts: `eth_sign`, `personal_sign`, `eth_signTypedData_v4`.

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
    let data: TypedData = match args.get::<Value>(1, "typed data")? {
        Value::String(text) => serde_json::from_str(&text),
        value => serde_json::from_value(value),
    }
    .map_err(|error| refuse(error.to_string()))?;
    let hash = data
        .eip712_signing_hash()
        .map_err(|error| refuse(error.to_string()))?;
    answer(signer(view, args.get(0, "address")?)?.sign_hash_sync(&hash))
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
