//! Positional parameters.

use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::rpc_error::RpcError;

/// Most parameters of one request: no method has as many.
const MAX_PARAMETERS: usize = 64;

/// Most calls of one request.
pub(super) const MAX_CALLS: usize = 5_000;

/// The calls of a bundle or block, counted before they take memory.
#[derive(Deserialize)]
pub(super) struct Calls {
    #[serde(default, alias = "transactions")]
    calls: Vec<IgnoredAny>,
}

impl<const N: usize> AtMost<Calls, N> {
    /// Checks how many calls there are together.
    pub(super) fn check(&self) -> Result<(), RpcError> {
        let calls = self.0.iter().map(|one| one.calls.len()).sum();
        RpcError::at_most("calls", MAX_CALLS, calls).map(drop)
    }
}

/// A list of at most `N` entries. A longer one is refused before it takes memory.
pub(super) struct AtMost<T, const N: usize>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for AtMost<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const N: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for List<T, N> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    if list.len() == N {
                        return Err(A::Error::custom(format!("expected at most {N} of them")));
                    }
                    list.push(entry);
                }
                Ok(list)
            }
        }
        let list = deserializer.deserialize_seq(List::<T, N>(std::marker::PhantomData))?;
        Ok(Self(list))
    }
}

/// The parameters of one request, parsed one by one as the method asks for them.
#[derive(Clone, Debug)]
pub(super) struct Args(Vec<Box<RawValue>>);

impl Args {
    /// # Errors
    /// [`RpcError::Params`] unless the parameters are absent or an array.
    pub(super) fn new(params: &Params<'_>) -> Result<Self, RpcError> {
        match params.as_str() {
            None | Some("null") => Ok(Self(Vec::new())),
            Some(text) => match serde_json::from_str::<AtMost<_, MAX_PARAMETERS>>(text) {
                Ok(AtMost(list)) => Ok(Self(list)),
                Err(error) => Err(RpcError::Params(format!(
                    "expected an array of parameters: {error}"
                ))),
            },
        }
    }

    /// All of them, to be passed on.
    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    /// The parameter at `index`, which must be there.
    pub(super) fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, RpcError> {
        self.opt(index, name)?
            .ok_or_else(|| RpcError::Params(format!("{} is missing", of(index, name))))
    }

    /// The parameter at `index`, unless it is absent or null.
    pub(super) fn opt<T: DeserializeOwned>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        match self.0.get(index).map(|raw| raw.get()) {
            None | Some("null") => Ok(None),
            Some(text) => serde_json::from_str(text)
                .map(Some)
                .map_err(|error| RpcError::Params(format!("{}: {error}", of(index, name)))),
        }
    }

    /// Refuses a parameter that is longer than what is worth parsing.
    pub(super) fn at_most_bytes(
        &self,
        index: usize,
        name: &str,
        most: usize,
    ) -> Result<(), RpcError> {
        let found = self.0.get(index).map_or(0, |raw| raw.get().len());
        RpcError::at_most(&format!("bytes of {}", of(index, name)), most, found).map(drop)
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
}

fn of(index: usize, name: &str) -> String {
    format!("parameter {index} ({name})")
}
