//! A call that is not sent but written to a file, for an approver that is a contract: a Safe, a
//! timelock, an account that other tools sign for.
//!
//! | module | holds |
//! |---|---|
//! | [`account`](account_on) | the approver as people write it, with or without the chain |
//! | `report` | what is reported of such a file |
//! | `safe` | the file of Safe's Transaction Builder, with its checksum |

mod account;
mod report;
mod safe;

pub use account::account_on;
pub use report::{ExportedCall, ExportedFile, Follows, Written};

use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::governance::named_arguments;
use crate::own_file;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Init code that answers with the chain id that contracts see: CHAINID, MSTORE, RETURN.
const CHAIN_ID_CODE: [u8; 9] = [0x46, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3];

/// The format of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A file for Safe's Transaction Builder, which shows the method and its arguments
    #[default]
    Safe,
    /// chainId, from, to, value and data as JSON
    Json,
    /// The calldata alone, in hexadecimal
    Text,
}

/// A call that somebody else sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exported {
    /// The chain that it is for.
    pub chain_id: u64,
    /// The account that is to send it.
    pub from: Address,
    /// The account that it calls.
    pub to: Address,
    /// Wei that go along, in decimal.
    #[serde(serialize_with = "decimal")]
    pub value: U256,
    /// The calldata.
    pub data: Bytes,
    /// Units of gas that the call itself needs where it executes, as far as is known.
    pub gas: u64,
}

impl Exported {
    /// The file's text. `title` is what Safe shows as the batch's name; `created_at` is in
    /// milliseconds.
    ///
    /// # Errors
    /// `ExportUnknown` for a call whose arguments have no names here.
    pub fn text(&self, format: Format, title: &str, created_at: u64) -> Result<String, ChainError> {
        let document = match format {
            Format::Safe => safe::batch(self, title, created_at)?,
            Format::Json => json!(self),
            Format::Text => return Ok(format!("{}\n", self.data)),
        };
        Ok(format!("{document:#}\n"))
    }

    /// Writes the file, whole or not at all. What is there is replaced only if this made it.
    ///
    /// # Errors
    /// As [`Self::text`]; `ExportExists`; that the file cannot be written.
    pub fn write(
        &self,
        file: &Path,
        format: Format,
        title: &str,
        created_at: u64,
    ) -> Result<(), ChainError> {
        let text = self.text(format, title, created_at)?;
        let there = own_file::read_bytes(file)?;
        if there.is_some_and(|there| !is_exported(&there)) {
            let message = format!("{} is there, and no call that was exported", file.display());
            let refusal = Refusal::new("ExportExists", message).with(
                "no file, or one that --export wrote",
                "another file",
                "nothing was written; choose another name, or remove the file",
            );
            return Err(refusal.usage().into());
        }
        Ok(own_file::write(file, text.as_bytes())?)
    }
}

/// Returns true if a file is in one of the formats that [`Exported::text`] writes.
fn is_exported(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let is_known = |data: &[u8]| named_arguments(data).is_ok();
    match serde_json::from_str::<Value>(text) {
        Ok(found) if found.get("transactions").is_some() => {
            let checksum = found.pointer("/meta/checksum").and_then(Value::as_str);
            checksum.is_some_and(|checksum| checksum == safe::checksum(&found).to_string())
        }
        Ok(found) => {
            serde_json::from_value::<Exported>(found).is_ok_and(|call| is_known(&call.data))
        }
        Err(_) => {
            let data = text.starts_with("0x").then(|| text.trim_end().parse().ok());
            data.flatten().is_some_and(|data: Bytes| is_known(&data))
        }
    }
}

/// Refuses an endpoint whose contracts see another chain id than the one that it tells: a file for
/// the wrong chain is only warned about where it is opened.
///
/// # Errors
/// `ExportChainId`, or what the chain says.
pub async fn require_chain_id(client: &Client) -> Result<(), ChainError> {
    let request = TransactionRequest::default()
        .with_input(Bytes::from_static(&CHAIN_ID_CODE))
        .into_create();
    let answer = client.provider().call(request).await;
    let answer = answer.map_err(|error| client.error("the chain id that contracts see", error))?;
    let found = U256::try_from_be_slice(&answer).unwrap_or_default();
    if found == U256::from(client.chain_id()) {
        Ok(())
    } else {
        Err(other_chain(
            "the endpoint",
            found.saturating_to(),
            client.chain_id(),
        ))
    }
}

/// Refuses because `of` names another chain than the registry's.
fn other_chain(of: &str, expected: u64, found: u64) -> ChainError {
    let message =
        format!("{of} names the chain {found}, and the registry is on the chain {expected}");
    let refusal = Refusal::new("ExportChainId", message).with(
        expected.to_string(),
        found.to_string(),
        "nothing was written; give the endpoint and the account of one chain",
    );
    refusal.into()
}

/// Refuses because there is no call to export: nothing is left to be decided.
pub fn nothing(what: &str) -> ChainError {
    let message = format!("{what}: there is no call to export");
    let refusal = Refusal::new("ExportNothing", message);
    refusal
        .with("something to decide", what, "nothing: it is done")
        .into()
}

/// Milliseconds since 1970, when a file is written.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map(|now| now.as_millis()).unwrap_or_default();
    u64::try_from(now).unwrap_or_default()
}

fn decimal<S: serde::Serializer>(value: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests;
