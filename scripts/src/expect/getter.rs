//! What an expectation asks: a function and its arguments.

use super::{ExpectError, Part};
use crate::client::show;
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
    signature: String,
    arguments: Vec<String>,
    /// What it is called with.
    pub calldata: Bytes,
}

impl fmt::Display for Getter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.signature)?;
        let mut arguments = self.arguments.iter();
        arguments.try_for_each(|argument| write!(f, " {argument}"))
    }
}

impl FromStr for Getter {
    type Err = ExpectError;

    /// Reads `balanceOf(address) 0x…`: the signature, then the arguments.
    fn from_str(text: &str) -> Result<Self, ExpectError> {
        let bad = |reason: String| Part::Getter.refused(text, reason);
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
        Ok(Self {
            signature: signature.into(),
            arguments: values.iter().map(show).collect(),
            calldata: calldata.map_err(|error| bad(error.to_string()))?.into(),
        })
    }
}

impl Getter {
    /// A function without arguments.
    pub fn of(function: &Function) -> Option<Self> {
        function.signature().parse().ok()
    }

    /// The function that is asked: `balanceOf(address)`.
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

/// An argument of one word.
fn word(ty: &str, argument: &str) -> Option<DynSolValue> {
    let ty = DynSolType::parse(ty).ok()?;
    let is_word = matches!(
        ty,
        DynSolType::Address
            | DynSolType::Bool
            | DynSolType::Int(_)
            | DynSolType::Uint(_)
            | DynSolType::FixedBytes(_)
    );
    if ty == DynSolType::Address {
        return crate::address::parse(argument)
            .ok()
            .map(DynSolValue::Address);
    }
    is_word.then(|| ty.coerce_str(argument).ok()).flatten()
}
