//! Positional parameters.

use std::collections::HashMap;

use alloy::eips::BlockId;
use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::config::Admission;
use crate::rpc_error::{LENIENT, RpcError};

/// The parameters of one request, parsed one by one as the method asks for them.
#[derive(Clone, Debug)]
pub(super) struct Args {
    values: Vec<Box<RawValue>>,
    admission: Admission,
}

impl Args {
    /// # Errors
    /// [`RpcError::Params`] unless the parameters are absent or an array.
    pub(super) fn new(params: &Params<'_>, admission: Admission) -> Result<Self, RpcError> {
        let values = match params.as_str() {
            None | Some("null") => Vec::new(),
            Some(text) if !text.starts_with('[') => {
                return Err(RpcError::Params("non-array args".into()));
            }
            Some(text) => serde_json::from_str(text).map_err(|error| {
                RpcError::Params(format!("expected an array of parameters: {error}"))
            })?,
        };
        Ok(Self { values, admission })
    }

    /// All of them, to be passed on.
    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.values).unwrap_or_default()
    }

    /// The parameter at `index`, which must be there.
    pub(super) fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, RpcError> {
        self.opt(index, name)?.ok_or_else(|| missing(index))
    }

    /// The parameter at `index`, unless it is absent or null.
    pub(super) fn opt<T: DeserializeOwned>(
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
        let value = serde_json::from_str(text)
            .map_err(|error| RpcError::Params(format!("{}: {error}", of(index, name))))?;
        if !self.admission.is_lenient() {
            prefixed(index, text)?;
        }
        Ok(Some(value))
    }

    /// A parameter that Nitro wants to be there, and that has a default where the node is lenient.
    pub(super) fn required<T: DeserializeOwned>(
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

    /// Whether there is a parameter at `index`, and it is null.
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

    /// What is refused of them.
    pub(super) fn admission(&self) -> Admission {
        self.admission
    }
}

fn of(index: usize, name: &str) -> String {
    format!("parameter {index} ({name})")
}

fn missing(index: usize) -> RpcError {
    RpcError::Params(format!("missing value for required argument {index}"))
}

/// What geth says of a block parameter that names no block.
pub(super) const NEITHER: &str = "invalid arguments; neither block nor hash specified";

/// Digits of a hash.
const HASH_DIGITS: usize = 64;
/// Digits of the largest number of a block.
const NUMBER_DIGITS: usize = 16;

/// Refuses what names no block, in geth's words.
fn check_block(index: usize, text: &str) -> Result<(), RpcError> {
    let refused = |words: &str| {
        Err(RpcError::Params(format!(
            "invalid argument {index}: {words}"
        )))
    };
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
    match name.strip_prefix("0x") {
        None if ["latest", "pending", "safe", "finalized", "earliest"].contains(&name) => Ok(()),
        None if name.is_empty() => refused("empty hex string"),
        None => refused("hex string without 0x prefix"),
        Some("") => refused("hex string \"0x\""),
        Some(digits) if digits.len() == HASH_DIGITS => Ok(()),
        Some(digits) if digits.len() > 1 && digits.starts_with('0') => {
            refused("hex number with leading zero digits")
        }
        Some(digits) if digits.len() > NUMBER_DIGITS => refused("hex number > 64 bits"),
        Some(_) => Ok(()),
    }
}

/// The text between quotation marks.
pub(super) fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

/// The fields of a call or transaction that are hexadecimal.
const HEXADECIMAL: [&str; 11] = [
    "from",
    "to",
    "gas",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "value",
    "nonce",
    "data",
    "input",
    "chainId",
];

/// Those of them that are numbers.
const NUMBERS: [&str; 7] = [
    "gas",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "value",
    "nonce",
    "chainId",
];

/// Refuses hexadecimal text without 0x, as a parameter or as a field of a call, and numbers of a call that are not
/// written as geth writes them.
fn prefixed(index: usize, text: &str) -> Result<(), RpcError> {
    let bare = |text: &str| {
        quoted(text).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    };
    let number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let padded = |text: &str| text.starts_with("\"0x0") && text.len() > "\"0x0\"".len();
    let mut wrong = None;
    match text.as_bytes().first() {
        Some(b'"') if bare(text) => wrong = Some("hex string without 0x prefix"),
        Some(b'{') => {
            let fields = serde_json::from_str::<HashMap<String, &RawValue>>(text);
            let fields = fields.unwrap_or_default();
            let any = |names: &[&str], is: &dyn Fn(&str) -> bool| {
                let mut values = names.iter().filter_map(|name| fields.get(*name));
                values.any(|value| is(value.get()))
            };
            if any(&HEXADECIMAL, &bare) {
                wrong = Some("hex string without 0x prefix");
            } else if any(&NUMBERS, &number) {
                wrong = Some("cannot unmarshal non-string");
            } else if any(&NUMBERS, &padded) {
                wrong = Some("hex number with leading zero digits");
            }
        }
        _ => {}
    }
    match wrong {
        Some(words) => Err(RpcError::Params(format!(
            "invalid argument {index}: {words} ({LENIENT})"
        ))),
        None => Ok(()),
    }
}
