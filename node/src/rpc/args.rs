//! Positional parameters.

use std::collections::{BTreeMap, HashMap};

use alloy::eips::BlockId;
use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::faults;
use super::hexadecimal::{HexKind, misread, quoted};
use crate::config::AdmissionPolicy;
use crate::limits::PARAMETERS;
use crate::rpc_error::{LENIENT, RpcError};

/// The parameters of one request, parsed one by one as the method asks for them.
#[derive(Clone, Debug)]
pub(super) struct RpcArgs {
    method: &'static str,
    values: Vec<Box<RawValue>>,
    admission: AdmissionPolicy,
}

/// Parameters that are taken by their names, in their order: what alloy sends so, and anvil takes.
const NAMED: [(&str, &[&str]); 1] = [("anvil_reorg", &["depth", "tx_block_pairs"])];

/// Named parameters in their order.
///
/// # Errors
/// [`RpcError::Params`] where the method takes none, or not that name.
fn by_name(method: &str, text: &str) -> Result<Vec<Box<RawValue>>, RpcError> {
    let no_array = || RpcError::Params("non-array args".into());
    let known = NAMED.iter().find(|(name, _)| *name == method);
    let (_, names) = known.ok_or_else(no_array)?;
    let mut given: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|_| no_array())?;
    let values: Vec<Option<Box<RawValue>>> = names.iter().map(|name| given.remove(*name)).collect();
    if let Some(unknown) = given.keys().next() {
        return Err(RpcError::Params(format!(
            "{method} has no parameter `{unknown}`: expected {}",
            names.join(", ")
        )));
    }
    Ok(values
        .into_iter()
        .map(|value| value.unwrap_or_else(|| RawValue::NULL.to_owned()))
        .collect())
}

impl RpcArgs {
    /// # Errors
    /// [`RpcError::Params`] unless the parameters are absent or an array, and what is too much of them.
    pub(super) fn new(
        method: &'static str,
        params: &Params<'_>,
        admission: AdmissionPolicy,
    ) -> Result<Self, RpcError> {
        let values = match params.as_str() {
            None | Some("null") => Vec::new(),
            Some(text) if !text.starts_with('[') => {
                PARAMETERS.check(values_in(text.as_bytes()))?;
                by_name(method, text)?
            }
            Some(text) => {
                PARAMETERS.check(values_in(text.as_bytes()))?;
                serde_json::from_str(text).map_err(|error| {
                    RpcError::Params(format!("expected an array of parameters: {error}"))
                })?
            }
        };
        Ok(Self {
            method,
            values,
            admission,
        })
    }

    /// All of them, to be passed on.
    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.values).unwrap_or_default()
    }

    /// The parameter at `index`, which must be there.
    pub(super) fn get<T: DeserializeOwned + 'static>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<T, RpcError> {
        if let Some(value) = self.opt(index, name)? {
            return Ok(value);
        }
        Err(match self.fault::<T>(index) {
            Some(words) => refused(index, &words),
            None => missing(index),
        })
    }

    /// Returns Nitro's refusal of a parameter that is read into a `T`.
    fn fault<T: 'static>(&self, index: usize) -> Option<String> {
        if self.admission.is_lenient() {
            None
        } else {
            faults::fault::<T>(self.json(index)?)
        }
    }

    /// The parameter at `index`, unless it is absent or null.
    pub(super) fn opt<T: DeserializeOwned + 'static>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let Some(text) = self.json(index) else {
            return Ok(None);
        };
        if text == "null" {
            return Ok(None);
        }
        match (serde_json::from_str(text), self.fault::<T>(index)) {
            (Ok(value), None) => Ok(Some(value)),
            (Ok(_), Some(words)) => Err(refused(index, &format!("{words} ({LENIENT})"))),
            (Err(_), Some(words)) => Err(refused(index, &words)),
            (Err(error), None) => {
                let place = of(index, name);
                Err(RpcError::Params(format!("{place}: {error}")))
            }
        }
    }

    /// A parameter that Nitro wants to be there, and that has a default where the node is lenient.
    pub(super) fn required<T: DeserializeOwned + 'static>(
        &self,
        index: usize,
        name: &str,
        default: T,
    ) -> Result<T, RpcError> {
        match self.opt(index, name)? {
            Some(value) => Ok(value),
            None if self.admission.is_lenient() => Ok(default),
            None => Err(RpcError::Params(format!("{} ({LENIENT})", missing(index)))),
        }
    }

    /// The block at `index`, unless it is absent or null; what is no block is told in geth's words.
    pub(super) fn block(&self, index: usize) -> Result<Option<BlockId>, RpcError> {
        if let (Some(text), false) = (self.json(index), self.admission.is_lenient()) {
            check_block(index, text)?;
        }
        self.opt(index, "block")
    }

    /// The parameter at `index` as JSON.
    pub(super) fn json(&self, index: usize) -> Option<&str> {
        self.values.get(index).map(|raw| raw.get())
    }

    /// Returns true if there is a parameter at `index`, and it is null.
    pub(super) fn is_null(&self, index: usize) -> bool {
        self.values
            .get(index)
            .is_some_and(|raw| raw.get() == "null")
    }

    /// A number that fits 64 bits, hexadecimal or not.
    pub(super) fn u64(&self, index: usize, name: &str) -> Result<u64, RpcError> {
        RpcError::narrow(&of(index, name), self.get(index, name)?)
    }

    /// Like [`Self::u64`], unless absent.
    pub(super) fn opt_u64(&self, index: usize, name: &str) -> Result<Option<u64>, RpcError> {
        let value = self.opt::<U256>(index, name)?;
        value
            .map(|value| RpcError::narrow(&of(index, name), value))
            .transpose()
    }

    /// The method that was asked.
    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    /// Returns the rule of their refusals.
    pub(super) fn admission(&self) -> AdmissionPolicy {
        self.admission
    }
}

fn of(index: usize, name: &str) -> String {
    format!("parameter {index} ({name})")
}

fn missing(index: usize) -> RpcError {
    RpcError::Params(format!("missing value for required argument {index}"))
}

/// A parameter that geth refuses.
fn refused(index: usize, words: &str) -> RpcError {
    RpcError::Params(format!("invalid argument {index}: {words}"))
}

/// The words of geth for a block parameter that names no block.
const NEITHER: &str = "invalid arguments; neither block nor hash specified";

/// Bytes of a hash as text.
const HASH_TEXT: usize = 66;
/// Bits of the number of a block.
const NUMBER_BITS: usize = 64;
/// Names of blocks.
const TAGS: [&str; 5] = ["latest", "pending", "safe", "finalized", "earliest"];

/// Refuses what names no block, in geth's words.
fn check_block(index: usize, text: &str) -> Result<(), RpcError> {
    let refused = |words: &str| Err(refused(index, words));
    if text == "null" {
        return Ok(());
    }
    if text.starts_with('{') {
        let fields = serde_json::from_str::<HashMap<String, &RawValue>>(text).unwrap_or_default();
        return match ["blockHash", "blockNumber"].map(|name| fields.contains_key(name)) {
            [true, true] => {
                refused("cannot specify both BlockHash and BlockNumber, choose one or the other")
            }
            [false, false] => Err(RpcError::Refused(NEITHER.to_owned())),
            _ => Ok(()),
        };
    }
    let Some(name) = quoted(text) else {
        return refused("json: cannot unmarshal number into Go value of type string");
    };
    if name.is_empty() {
        return refused("empty hex string");
    }
    if TAGS.contains(&name) || name.len() == HASH_TEXT {
        return Ok(());
    }
    match misread(name, HexKind::Number(NUMBER_BITS)) {
        Some(words) => refused(&words),
        None => Ok(()),
    }
}

/// About how many values a JSON text has, before any of them takes memory.
pub(super) fn values_in(json: &[u8]) -> usize {
    let (mut count, mut is_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_texts() {
        for (json, count) in [
            ("[]", 1),
            ("[1,2,3]", 3),
            (r#"["a,b[{\"c,", {"a": 0, "b": [1, 2]}]"#, 6),
        ] {
            assert_eq!(values_in(json.as_bytes()), count, "{json}");
        }
    }
}
