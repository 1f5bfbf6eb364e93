//! What callers of some code can use, as it is kept and compared.

use alloy::json_abi::JsonAbi;
use serde::{Deserialize, Serialize};

/// What callers of some code can use, as its sources show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callable {
    /// Functions, events and errors.
    pub abi: JsonAbi,
    /// The signatures of the initializers and migrations among its functions: nobody but an upgrade
    /// calls them, so they come and go.
    pub steps: Vec<String>,
    /// What the sources did not show, and why.
    pub unseen: Vec<String>,
}
