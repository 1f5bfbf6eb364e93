//! The question of an expectation: a function and its arguments.

use super::syntax;
use crate::client::show;
use crate::error::Refusal;
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt};
use alloy::json_abi::Function;
use alloy::primitives::Bytes;
use std::fmt;
use std::str::FromStr;

/// Arguments of a getter, at most.
const ARGUMENTS_MAX: usize = 4;

/// A function whose arguments are words, with these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Getter {
    /// The text as it is written: the signature, then the arguments.
    text: String,
    /// The calldata that it is called with.
    pub calldata: Bytes,
}

impl fmt::Display for Getter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Getter {
    type Err = Refusal;

    /// Reads `balanceOf(address) 0x…`: the signature, then the arguments.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let bad = |reason: String| syntax(text, reason);
        let mut words = text.split(' ');
        let signature = words.next().unwrap_or_default();
        let function = Function::parse(signature).map_err(|_| bad("it has no signature".into()))?;
        if function.signature() != signature {
            return Err(bad(format!("its signature is {}", function.signature())));
        }
        let given: Vec<&str> = words.collect();
        let takes = function.inputs.len();
        if takes != given.len() || takes > ARGUMENTS_MAX {
            let most = ARGUMENTS_MAX.min(takes);
            return Err(bad(format!("it has {} arguments, not {most}", given.len())));
        }
        let mut values = Vec::with_capacity(takes);
        for (input, argument) in function.inputs.iter().zip(given) {
            let value = word(&input.ty, argument);
            values.push(value.ok_or_else(|| bad(format!("{argument:?} is no {}", input.ty)))?);
        }
        let calldata = function.abi_encode_input(&values);
        let calldata = calldata.map_err(|error| bad(error.to_string()))?.into();
        let mut text = signature.to_owned();
        values
            .iter()
            .for_each(|value| text += &format!(" {}", show(value)));
        Ok(Self { text, calldata })
    }
}

impl Getter {
    /// A function without arguments.
    pub fn of(function: &Function) -> Option<Self> {
        function.signature().parse().ok()
    }

    /// The function that is asked: `balanceOf(address)`.
    pub fn signature(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }
}

/// A value of one word.
pub(super) fn word(ty: &str, argument: &str) -> Option<DynSolValue> {
    match DynSolType::parse(ty).ok()? {
        DynSolType::Address => {
            let account = crate::address::parse(argument).ok();
            account.map(DynSolValue::Address)
        }
        ty @ (DynSolType::Bool
        | DynSolType::Int(_)
        | DynSolType::Uint(_)
        | DynSolType::FixedBytes(_)) => ty.coerce_str(argument).ok(),
        _ => None,
    }
}
